import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findBindingPackage } from './find-package.mjs';

/** @type {string} */
let project;
/** @type {string} */
let folder;

beforeEach(() => {
  project = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'distilljs-project-')));
  folder = path.join(project, 'node_modules', '@tensorflow', 'tfjs-node');
});

afterEach(() => fs.rmSync(project, { recursive: true }));

function putPackage() {
  fs.mkdirSync(path.join(folder, 'binding'), { recursive: true });
  fs.writeFileSync(
    path.join(folder, 'package.json'),
    '{"name": "@tensorflow/tfjs-node", "version": "4.22.0"}',
  );
}

it('finds the package, its sources and the place of its binding', () => {
  putPackage();
  fs.writeFileSync(path.join(folder, 'binding', 'tfjs_backend.cc'), '');
  fs.writeFileSync(path.join(folder, 'binding', 'tfjs_binding.cc'), '');
  expect(findBindingPackage(project, 'tfjs-node')).toEqual({
    name: '@tensorflow/tfjs-node',
    version: '4.22.0',
    folder,
    sources: [
      path.join(folder, 'binding', 'tfjs_backend.cc'),
      path.join(folder, 'binding', 'tfjs_binding.cc'),
    ],
    binding: path.join(folder, 'lib', 'napi-v8', 'tfjs_binding.node'),
  });
});

it('names the sources that a package lacks', () => {
  putPackage();
  expect(() => findBindingPackage(project, 'tfjs-node')).toThrow(
    /got no tfjs_backend\.cc, tfjs_binding\.cc\./,
  );
});

it('says how to get a package that is not installed', () => {
  expect(() => findBindingPackage(project, 'tfjs-node-gpu')).toThrow(
    /^@tensorflow\/tfjs-node-gpu in .*: expected it installed, got no such package .* npm install @tensorflow\/tfjs-node-gpu/,
  );
});
