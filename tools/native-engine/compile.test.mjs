import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compileArguments, compileBinding, findCompiler, KERNELS_FOLDER, linkArguments } from './compile.mjs';

const TENSORFLOW = { folder: '/tf, here', include: '/tf, here/include', version: '2.21.0' };

/** @type {string} */
let root;

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'distilljs-compile-'));
});

afterEach(() => fs.rmSync(root, { recursive: true }));

describe('arguments', () => {
  it('compile for Node-API 8 against the headers of Node and TensorFlow', () => {
    const args = compileArguments({ nodeHeaders: '/node/include', tensorflow: TENSORFLOW });
    expect(args).toContain('-DNAPI_VERSION=8');
    expect(args.slice(-2)).toEqual(['-I/node/include', '-I/tf, here/include']);
  });

  it('link both libraries, by a path that may hold commas and spaces', () => {
    expect(linkArguments(TENSORFLOW).slice(2)).toEqual([
      '-L/tf, here',
      '-l:libtensorflow_cc.so.2',
      '-l:libtensorflow_framework.so.2',
      '-Xlinker',
      '-rpath',
      '-Xlinker',
      '/tf, here',
    ]);
  });
});

/** A stand-in for a compiler. @param {string} script @returns {string} */
function standIn(script) {
  const file = path.join(root, 'cxx');
  fs.writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return file;
}

describe('findCompiler', () => {
  it('asks the program that CXX names for its version', async () => {
    const program = standIn('echo "stand-in 1.2"; echo more');
    expect(await findCompiler({ CXX: program })).toEqual({ program, version: 'stand-in 1.2' });
  });

  it('says how to get one', async () => {
    await expect(findCompiler({ CXX: 'distilljs-no-such-compiler' })).rejects.toThrow(
      /expected distilljs-no-such-compiler with C\+\+17, got no such program\. Install it \(Debian and Ubuntu: apt install g\+\+/,
    );
  });
});

describe('compileBinding', () => {
  /** @param {string} program */
  function request(program) {
    const sources = ['a.cc', 'b.cc'].map((name) => path.join(root, name));
    return {
      compiler: { program, version: '1' },
      bindingPackage: {
        name: '@tensorflow/tfjs-node',
        version: '4.22.0',
        folder: root,
        sources,
        binding: '',
      },
      nodeHeaders: '/node/include',
      tensorflow: TENSORFLOW,
      target: path.join(root, 'made', 'tfjs_binding.node'),
    };
  }

  it('compiles each source, and the operations of this repository, and links the objects', async () => {
    const program = standIn(
      `echo "$*" >> '${root}/log'; while [ "$1" != -o ]; do shift; done; echo made > "$2"`,
    );
    const wanted = request(program);
    await compileBinding(wanted);
    const log = fs.readFileSync(path.join(root, 'log'), 'utf8').trim().split('\n');
    expect(log).toHaveLength(4);
    expect(
      log
        .slice(0, 3)
        .map((line) => /-c \S+\/([\w-]+\.cc)/.exec(line)?.[1])
        .sort(),
    ).toEqual(['a.cc', 'b.cc', 'convolution-ops.cc']);
    expect(log[3]).toMatch(/a\.o \S+b\.o \S+convolution-ops\.o -o \S+tfjs_binding\.node -shared /);
    expect(fs.readFileSync(wanted.target, 'utf8')).toBe('made\n');
  });

  it('ends its error with what the compiler said', async () => {
    const program = standIn('echo "a.cc:1: error: no" >&2; exit 1');
    await expect(compileBinding(request(program))).rejects.toThrow(
      /cxx .*: expected success, got exit status 1\. Try .*\n\na\.cc:1: error: no$/,
    );
  });
});

const compiler = await findCompiler({ ...process.env }).catch(() => undefined);

describe.skipIf(compiler === undefined)('convolutions by Winograd', () => {
  it('obey the limit of instructions that oneDNN obeys', { timeout: 60_000 }, () => {
    const source = path.join(root, 'limit.cc');
    const program = path.join(root, 'limit');
    fs.writeFileSync(
      source,
      `#include <cstdio>
#include "processor-limit.h"
int main() { std::printf("%d %d", winograd::isAllowed(winograd::Level::avx2), winograd::isAllowed(winograd::Level::avx512)); }`,
    );
    execFileSync(compiler?.program ?? '', ['-std=c++17', `-I${KERNELS_FOLDER}`, source, '-o', program]);
    const env = { ...process.env };
    delete env['ONEDNN_MAX_CPU_ISA'];
    /** @param {string} limit */
    const allowed = (limit) =>
      execFileSync(program, { env: { ...env, ONEDNN_MAX_CPU_ISA: limit }, encoding: 'utf8' });
    expect(execFileSync(program, { env, encoding: 'utf8' })).toBe('1 1');
    for (const limit of ['', 'ALL', 'DEFAULT', 'AVX512_CORE', 'avx512_core_amx'])
      expect(allowed(limit), limit).toBe('1 1');
    for (const limit of ['AVX2', 'avx2', 'AVX2_VNNI', 'AVX2_VNNI_2'])
      expect(allowed(limit), limit).toBe('1 0');
    for (const limit of ['AVX', 'sse41']) expect(allowed(limit), limit).toBe('0 0');
  });
});
