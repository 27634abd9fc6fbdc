import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  DEFAULT_TENSORFLOW_VERSION,
  expectSha256,
  readFetchedTensorFlow,
  unpackedWheelFolder,
  wheelSha256,
} from './fetch-tensorflow.mjs';

const UNPACK = fileURLToPath(new URL('./unpack_wheel.py', import.meta.url));
const PYTHON = hasPython();

/** @type {string} */
let cache;

beforeEach(() => {
  cache = fs.mkdtempSync(path.join(os.tmpdir(), 'distilljs-cache-'));
});

afterEach(() => fs.rmSync(cache, { recursive: true }));

function hasPython() {
  try {
    execFileSync('python3', ['--version']);
    return true;
  } catch {
    return false;
  }
}

describe('unpackedWheelFolder', () => {
  it('names distribution, version and machine', () => {
    const target = {
      distribution: 'tensorflow-cpu',
      platforms: ['manylinux_2_36_x86_64', 'manylinux2014_x86_64'],
    };
    expect(unpackedWheelFolder(cache, target, '2.21.0')).toBe(
      path.join(cache, 'tensorflow', 'tensorflow-cpu-2.21.0-x86_64'),
    );
  });
});

describe('the SHA-256 of a wheel', () => {
  const x64 = { distribution: 'tensorflow-cpu', platforms: ['manylinux_2_36_x86_64'] };
  const arm64 = { distribution: 'tensorflow', platforms: ['manylinux_2_36_aarch64'] };

  it('is known for the version that is fetched by default, on both machines', () => {
    for (const target of [x64, arm64]) {
      expect(wheelSha256(target, DEFAULT_TENSORFLOW_VERSION, undefined)).toMatch(/^[0-9a-f]{64}$/);
    }
  });

  it('must be named for another version', () => {
    expect(() => wheelSha256(x64, '2.20.0', undefined)).toThrow(
      'fetch tensorflow-cpu==2.20.0: expected the SHA-256 that its wheel must have, 64 hexadecimal digits, got none',
    );
    expect(() => wheelSha256(x64, '2.20.0', 'abc')).toThrow("got 'abc'");
    expect(wheelSha256(x64, '2.20.0', 'A'.repeat(64))).toBe('a'.repeat(64));
  });

  it('is that of the file, or the file is refused', async () => {
    const wheel = path.join(cache, 'a.whl');
    fs.writeFileSync(wheel, 'abc');
    // Of "abc", as FIPS 180-2 (appendix B.1) has it.
    const right = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    await expectSha256(wheel, right);
    await expect(expectSha256(wheel, '0'.repeat(64))).rejects.toThrow(
      `a.whl: expected a file with SHA-256 ${'0'.repeat(64)}, got one with ${right}.`,
    );
  });
});

describe('readFetchedTensorFlow', () => {
  it('does not accept a TensorFlow that lacks a part', () => {
    fs.mkdirSync(path.join(cache, 'tensorflow'));
    expect(readFetchedTensorFlow(cache)).toBeUndefined();
  });

  it.runIf(PYTHON)('reads what unpack_wheel.py leaves of a wheel', () => {
    const wanted = [
      'tensorflow/libtensorflow_cc.so.2',
      'tensorflow/libtensorflow_framework.so.2',
      'tensorflow/include/tensorflow/c/eager/c_api.h',
      'tensorflow/include/tensorflow/core/platform/ctstring.h',
      'tensorflow/include/tsl/platform/ctstring.h',
      'tensorflow/include/xla/tsl/c/tsl_status.h',
      'tensorflow_cpu-2.21.0.dist-info/METADATA',
    ];
    const unwanted = [
      'tensorflow/python/_pywrap_tfe.so',
      'tensorflow/include/external/llvm-project/llvm.h',
      'tensorflow/include/tensorflow/compiler/jit.h',
      'tensorflow_cpu-2.21.0.dist-info/RECORD',
    ];
    const wheel = path.join(cache, 'a.whl');
    const make =
      'import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1], "w")\n[z.writestr(n, n) for n in sys.argv[2:]]\nz.close()';
    execFileSync('python3', ['-c', make, wheel, ...wanted, ...unwanted]);
    const unpacked = path.join(cache, 'unpacked');
    execFileSync('python3', [UNPACK, wheel, unpacked]);
    const files = fs
      .readdirSync(unpacked, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(unpacked, path.join(entry.parentPath, entry.name)));
    expect(files.sort()).toEqual(wanted.sort());
    expect(readFetchedTensorFlow(unpacked)?.version).toBe('2.21.0');
  });
});
