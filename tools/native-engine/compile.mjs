import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { BuildError } from './build-error.mjs';
import { NODE_API_VERSION } from './find-package.mjs';
import { TENSORFLOW_LIBRARIES } from './find-tensorflow.mjs';
import { describeEnd, lastLines, runCommand } from './run-command.mjs';

/** @typedef {{ program: string, version: string }} Compiler */

/** Operations of this repository's own, which become part of the binding. */
export const KERNELS_FOLDER = fileURLToPath(new URL('./kernels', import.meta.url));
const OWN_SOURCES = [path.join(KERNELS_FOLDER, 'convolution-ops.cc')];

const FLAGS = [
  '-std=c++17',
  '-O2',
  '-fPIC',
  `-DNAPI_VERSION=${NODE_API_VERSION}`,
  '-DNODE_GYP_MODULE_NAME=tfjs_binding',
  '-DBUILDING_NODE_EXTENSION',
];

/**
 * The C++ compiler: `$CXX`, else `g++`.
 *
 * @param {NodeJS.ProcessEnv} environment
 * @returns {Promise<Compiler>}
 * @throws {BuildError} where it cannot be run
 */
export async function findCompiler(environment) {
  const named = environment['CXX'];
  const program = named === undefined || named === '' ? 'g++' : named;
  const asked = await runCommand(program, ['--version']);
  const version = asked.stdout.split('\n')[0]?.trim() ?? '';
  if (asked.status === 0 && version !== '') return { program, version };
  throw new BuildError({
    where: 'C++ compiler',
    expected: `${program} with C++17`,
    got: describeEnd(asked),
    hint: 'Install it (Debian and Ubuntu: apt install g++; Fedora: dnf install gcc-c++), or name another in CXX.',
  });
}

/**
 * The arguments that compile one source, without the files: they are part of a binding's cache key.
 *
 * @param {{ nodeHeaders: string, tensorflow: import('./find-tensorflow.mjs').TensorFlow }} paths
 */
export function compileArguments({ nodeHeaders, tensorflow }) {
  return [...FLAGS, `-I${nodeHeaders}`, `-I${tensorflow.include}`];
}

/**
 * Arguments that link the objects to TensorFlow, which the binding finds again by its absolute path.
 *
 * @param {import('./find-tensorflow.mjs').TensorFlow} tensorflow
 */
export function linkArguments({ folder }) {
  const libraries = TENSORFLOW_LIBRARIES.map((name) => `-l:${name}`);
  // Not -Wl,-rpath,…: that form splits a path at its commas.
  return ['-shared', '-pthread', `-L${folder}`, ...libraries, '-Xlinker', '-rpath', '-Xlinker', folder];
}

/**
 * Compiles the sources side by side and links them into the file `target`.
 *
 * @param {{ compiler: Compiler, bindingPackage: import('./find-package.mjs').BindingPackage, nodeHeaders: string,
 *   tensorflow: import('./find-tensorflow.mjs').TensorFlow, target: string }} request
 * @throws {BuildError} with the end of what the compiler said
 */
export async function compileBinding({ compiler, bindingPackage, nodeHeaders, tensorflow, target }) {
  const objects = fs.mkdtempSync(path.join(os.tmpdir(), 'distilljs-binding-'));
  const flags = compileArguments({ nodeHeaders, tensorflow });
  try {
    const units = [...bindingPackage.sources, ...OWN_SOURCES].map((source) => ({
      source,
      object: path.join(objects, `${path.basename(source, '.cc')}.o`),
    }));
    const compilations = units.map(({ source, object }) => [...flags, '-c', source, '-o', object]);
    const results = await Promise.all(compilations.map((args) => runCommand(compiler.program, args)));
    results.forEach((result, i) => requireSuccess(compiler, compilations[i] ?? [], result));
    const link = [...units.map(({ object }) => object), '-o', target, ...linkArguments(tensorflow)];
    fs.mkdirSync(path.dirname(target), { recursive: true });
    requireSuccess(compiler, link, await runCommand(compiler.program, link));
  } finally {
    fs.rmSync(objects, { recursive: true, force: true });
  }
}

/**
 * @param {Compiler} compiler
 * @param {readonly string[]} args
 * @param {import('./run-command.mjs').CommandResult} result
 */
function requireSuccess(compiler, args, result) {
  if (result.status === 0) return;
  throw new BuildError({
    where: [compiler.program, ...args].join(' '),
    expected: 'success',
    got: describeEnd(result),
    hint: 'Try another TensorFlow (--tensorflow-version), or a compiler that knows C++17 (CXX).',
    output: lastLines(result.output, 30),
  });
}
