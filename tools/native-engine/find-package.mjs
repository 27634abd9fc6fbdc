import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { BuildError } from './build-error.mjs';

/** Supported by every Node from 12.22 on, and the newest version that tfjs-node 4.22.0 looks for. */
export const NODE_API_VERSION = 8;

/**
 * The npm package that receives the binding.
 *
 * @typedef {object} BindingPackage
 * @property {string} name
 * @property {string} version
 * @property {string} folder
 * @property {readonly string[]} sources the C++ files to compile
 * @property {string} binding where the package looks for its binding
 */

/**
 * Finds `@tensorflow/tfjs-node` or `@tensorflow/tfjs-node-gpu` as a file in `project` would.
 *
 * @param {string} project a folder with `package.json` and `node_modules`
 * @param {'tfjs-node' | 'tfjs-node-gpu'} shortName
 * @returns {BindingPackage}
 * @throws {BuildError} where it is not installed, or carries no sources
 */
export function findBindingPackage(project, shortName) {
  const name = `@tensorflow/${shortName}`;
  const manifest = resolveManifest(project, name);
  const folder = path.dirname(manifest);
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => path.join(folder, 'binding', file));
  const missing = sources.filter((file) => !fs.existsSync(file));
  if (missing.length > 0) {
    throw new BuildError({
      where: name,
      expected: `the binding's C++ sources in ${path.join(folder, 'binding')}`,
      got: `no ${missing.map((file) => path.basename(file)).join(', ')}`,
      hint: `Install ${name}@4.22.0.`,
    });
  }
  const { version } = /** @type {{ version: string }} */ (JSON.parse(fs.readFileSync(manifest, 'utf8')));
  const binding = path.join(folder, 'lib', `napi-v${NODE_API_VERSION}`, 'tfjs_binding.node');
  return { name, version, folder, sources, binding };
}

/** @param {string} project @param {string} name */
function resolveManifest(project, name) {
  try {
    return createRequire(path.join(path.resolve(project), 'package.json')).resolve(`${name}/package.json`);
  } catch (cause) {
    throw new BuildError({
      where: `${name} in ${path.resolve(project)}`,
      expected: 'it installed',
      got: 'no such package in node_modules',
      hint:
        `Run npm ci (or npm install ${name}) with its install script denied ("allowScripts": {"${name}": false} in ` +
        'package.json, or --ignore-scripts): a script that fails removes the package again.',
      cause,
    });
  }
}
