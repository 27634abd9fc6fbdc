import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { cacheParts } from './cache-folder.mjs';
import { compileArguments, KERNELS_FOLDER, linkArguments } from './compile.mjs';
import { NODE_API_VERSION } from './find-package.mjs';
import { TENSORFLOW_LIBRARIES } from './find-tensorflow.mjs';

/**
 * Everything that determines a compiled binding: two builds with equal inputs may share one.
 *
 * @typedef {object} BindingInputs
 * @property {string} packageName
 * @property {string} packageVersion
 * @property {string} sourcesSha256
 * @property {string} tensorflowVersion
 * @property {readonly string[]} tensorflowLibraries path, size in bytes and modification time of each
 * @property {string} platform e.g. `linux-x64`
 * @property {string} nodeAbi `process.versions.modules`
 * @property {string} compiler
 * @property {readonly string[]} flags
 */

/**
 * The inputs of a build on this machine.
 *
 * @param {{ bindingPackage: import('./find-package.mjs').BindingPackage, nodeHeaders: string,
 *   tensorflow: import('./find-tensorflow.mjs').TensorFlow, compiler: import('./compile.mjs').Compiler }} build
 * @returns {BindingInputs}
 */
export function bindingInputs({ bindingPackage, nodeHeaders, tensorflow, compiler }) {
  return {
    packageName: bindingPackage.name,
    packageVersion: bindingPackage.version,
    sourcesSha256: sha256Of([path.join(bindingPackage.folder, 'binding'), KERNELS_FOLDER]),
    tensorflowVersion: tensorflow.version ?? 'unknown',
    tensorflowLibraries: TENSORFLOW_LIBRARIES.map((name) => {
      const file = path.join(tensorflow.folder, name);
      const { size, mtimeMs } = fs.statSync(file);
      return `${file} ${size} ${Math.trunc(mtimeMs)}`;
    }),
    platform: `${process.platform}-${process.arch}`,
    nodeAbi: process.versions.modules,
    compiler: `${compiler.program}: ${compiler.version}`,
    flags: [...compileArguments({ nodeHeaders, tensorflow }), ...linkArguments(tensorflow)],
  };
}

/** @param {readonly string[]} folders */
function sha256Of(folders) {
  const hash = createHash('sha256');
  for (const folder of folders) {
    for (const name of fs.readdirSync(folder).sort()) {
      hash.update(`${name}\0`).update(fs.readFileSync(path.join(folder, name)));
    }
  }
  return hash.digest('hex');
}

/**
 * The folder name of a binding in the cache: its main inputs in readable form, and a hash over all of them.
 *
 * @param {BindingInputs} inputs
 */
export function bindingKey(inputs) {
  const hash = createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 12);
  const name = inputs.packageName.replace('@tensorflow/', '');
  return [
    `${name}-${inputs.packageVersion}`,
    `tensorflow-${inputs.tensorflowVersion}`,
    inputs.platform,
    `napi${NODE_API_VERSION}`,
    `abi${inputs.nodeAbi}`,
    hash,
  ].join('_');
}

/**
 * The cache path for a key's binding, whether it exists or not.
 *
 * @param {string} cache
 * @param {string} key
 */
export function cachedBinding(cache, key) {
  return path.join(cacheParts(cache).bindings, key, 'tfjs_binding.node');
}

/**
 * Puts a working binding into the cache, with its inputs beside it in `inputs.json`.
 *
 * @param {string} binding
 * @param {string} kept as by {@link cachedBinding}
 * @param {BindingInputs} inputs
 */
export function keepBinding(binding, kept, inputs) {
  const folder = path.dirname(kept);
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'inputs.json'), `${JSON.stringify(inputs, null, 2)}\n`);
  // Under its name only when it is whole.
  const arriving = `${kept}.${process.pid}`;
  fs.copyFileSync(binding, arriving);
  fs.renameSync(arriving, kept);
}

/**
 * The keys in the cache.
 *
 * @param {string} cache
 */
export function cachedKeys(cache) {
  const folder = cacheParts(cache).bindings;
  return fs.existsSync(folder) ? fs.readdirSync(folder).sort() : [];
}

/**
 * True when the file is a copy of a binding that the cache holds, and so can be had again.
 *
 * @param {string} cache
 * @param {string} file
 */
export function isCachedBinding(cache, file) {
  const content = fs.readFileSync(file);
  return cachedKeys(cache)
    .map((key) => cachedBinding(cache, key))
    .some((binding) => fs.existsSync(binding) && fs.readFileSync(binding).equals(content));
}
