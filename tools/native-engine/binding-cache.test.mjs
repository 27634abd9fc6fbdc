import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  bindingInputs,
  bindingKey,
  cachedBinding,
  cachedKeys,
  isCachedBinding,
  keepBinding,
} from './binding-cache.mjs';

/** @type {string} */
let root;

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'distilljs-cache-'));
});

afterEach(() => fs.rmSync(root, { recursive: true }));

/** @returns {import('./binding-cache.mjs').BindingInputs} */
function inputs() {
  return {
    packageName: '@tensorflow/tfjs-node',
    packageVersion: '4.22.0',
    sourcesSha256: 'aa',
    tensorflowVersion: '2.21.0',
    tensorflowLibraries: ['/tf/libtensorflow_cc.so.2 1 2'],
    platform: 'linux-x64',
    nodeAbi: '115',
    compiler: 'g++: g++ 12.2.0',
    flags: ['-O2'],
  };
}

describe('bindingKey', () => {
  it('reads as what it is and ends in a hash', () => {
    expect(bindingKey(inputs())).toMatch(
      /^tfjs-node-4\.22\.0_tensorflow-2\.21\.0_linux-x64_napi8_abi115_[0-9a-f]{12}$/,
    );
    expect(bindingKey(inputs())).toBe(bindingKey(inputs()));
  });

  it.each([
    { packageName: '@tensorflow/tfjs-node-gpu' },
    { packageVersion: '4.21.0' },
    { sourcesSha256: 'bb' },
    { tensorflowVersion: '2.20.0' },
    { tensorflowLibraries: ['/other/libtensorflow_cc.so.2 1 2'] },
    { platform: 'linux-arm64' },
    { nodeAbi: '127' },
    { compiler: 'g++: g++ 13.1.0' },
    { flags: ['-O3'] },
  ])('changes with %o', (change) => {
    expect(bindingKey({ ...inputs(), ...change })).not.toBe(bindingKey(inputs()));
  });
});

it('bindingInputs reads sources and libraries', () => {
  const folder = path.join(root, 'tensorflow');
  const packageFolder = path.join(root, 'tfjs-node');
  fs.mkdirSync(folder);
  fs.mkdirSync(path.join(packageFolder, 'binding'), { recursive: true });
  fs.writeFileSync(path.join(folder, 'libtensorflow_cc.so.2'), '12345');
  fs.writeFileSync(path.join(folder, 'libtensorflow_framework.so.2'), '123');
  fs.writeFileSync(path.join(packageFolder, 'binding', 'utils.h'), '// one');
  const build = {
    bindingPackage: {
      name: '@tensorflow/tfjs-node',
      version: '4.22.0',
      folder: packageFolder,
      sources: [],
      binding: '',
    },
    nodeHeaders: '/node',
    tensorflow: { folder, include: path.join(folder, 'include'), version: undefined },
    compiler: { program: 'g++', version: 'g++ 12.2.0' },
  };
  const before = bindingInputs(build);
  expect(before.tensorflowVersion).toBe('unknown');
  expect(before.tensorflowLibraries[0]).toMatch(/libtensorflow_cc\.so\.2 5 \d+$/);
  expect(before.flags).toContain(`-I${path.join(folder, 'include')}`);
  fs.writeFileSync(path.join(packageFolder, 'binding', 'utils.h'), '// two');
  expect(bindingInputs(build).sourcesSha256).not.toBe(before.sourcesSha256);
});

it('keeps a binding with what it was made of, and knows it again', () => {
  expect(cachedKeys(root)).toEqual([]);
  const built = path.join(root, 'built.node');
  fs.writeFileSync(built, 'binding');
  const kept = cachedBinding(root, bindingKey(inputs()));
  keepBinding(built, kept, inputs());
  expect(cachedKeys(root)).toEqual([bindingKey(inputs())]);
  expect(fs.readFileSync(kept, 'utf8')).toBe('binding');
  expect(JSON.parse(fs.readFileSync(path.join(path.dirname(kept), 'inputs.json'), 'utf8'))).toEqual(inputs());
  expect(isCachedBinding(root, built)).toBe(true);
  fs.writeFileSync(built, 'another');
  expect(isCachedBinding(root, built)).toBe(false);
});
