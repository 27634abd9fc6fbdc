import fs from 'node:fs';
import path from 'node:path';
import { BuildError } from './build-error.mjs';
import { runCommand } from './run-command.mjs';

/**
 * A TensorFlow that a binding can be compiled against, in the layout of its Python wheels: the two libraries and
 * `include/` in one folder.
 *
 * @typedef {object} TensorFlow
 * @property {string} folder
 * @property {string} include
 * @property {string | undefined} version undefined where neither package metadata nor headers tell it
 */

/** The libraries that the binding links: the C API with the kernels, and the framework library. */
export const TENSORFLOW_LIBRARIES = /** @type {const} */ ([
  'libtensorflow_cc.so.2',
  'libtensorflow_framework.so.2',
]);

const NEEDED = [...TENSORFLOW_LIBRARIES, path.join('include', 'tensorflow', 'c', 'eager', 'c_api.h')];

/** What `site-packages` calls a TensorFlow: `tensorflow_cpu-2.21.0.dist-info`, not `tensorflow_hub-…`. */
const DISTRIBUTION = /^(?:tensorflow|tf_nightly)(?:_cpu|_gpu|_rocm|_cpu_aws)?-(.+)\.dist-info$/;

/**
 * The files that `folder` lacks to be a {@link TensorFlow}; empty when it is one.
 *
 * @param {string} folder
 */
export function missingFromTensorFlow(folder) {
  return NEEDED.filter((file) => !fs.existsSync(path.join(folder, file)));
}

/**
 * The TensorFlow in `folder`.
 *
 * @param {string} folder
 * @returns {TensorFlow}
 * @throws {BuildError} naming the files that are missing
 */
export function readTensorFlow(folder) {
  const absolute = path.resolve(folder);
  const missing = missingFromTensorFlow(absolute);
  if (missing.length > 0) {
    throw new BuildError({
      where: `TensorFlow in ${absolute}`,
      expected: `a folder that holds ${NEEDED.join(', ')}`,
      got: fs.existsSync(absolute) ? `one without ${missing.join(', ')}` : 'no such folder',
      hint: 'Name the tensorflow folder inside site-packages, of TensorFlow 2.12 or newer.',
    });
  }
  return { folder: absolute, include: path.join(absolute, 'include'), version: versionOf(absolute) };
}

/** @param {string} folder */
function versionOf(folder) {
  const versions = fs
    .readdirSync(path.dirname(folder))
    .flatMap((name) => DISTRIBUTION.exec(name)?.[1] ?? [])
    .sort();
  // Two side by side are leftovers of an upgrade; only the headers tell which one the libraries belong to.
  return versions.length === 1 ? versions[0] : versionInHeaders(folder);
}

/** The version macros of the headers, which TensorFlow 2.20 and newer no longer carry. @param {string} folder */
function versionInHeaders(folder) {
  const header = path.join(folder, 'include', 'tensorflow', 'core', 'public', 'version.h');
  const text = fs.existsSync(header) ? fs.readFileSync(header, 'utf8') : '';
  const parts = ['MAJOR', 'MINOR', 'PATCH'].map(
    (part) => new RegExp(`^#define TF_${part}_VERSION (\\d+)`, 'm').exec(text)?.[1],
  );
  return parts.includes(undefined) ? undefined : parts.join('.');
}

const ASK_PYTHON = [
  'import importlib.util',
  'found = importlib.util.find_spec("tensorflow")',
  'print((found.submodule_search_locations or [""])[0] if found else "")',
].join('\n');

/**
 * The TensorFlow of the `python3` first in PATH (an active virtual environment included), without importing it.
 *
 * @returns {Promise<{ found: TensorFlow } | { reason: string }>} `reason` says why there is none to use
 */
export async function findPythonTensorFlow() {
  const asked = await runCommand('python3', ['-c', ASK_PYTHON]);
  if (asked.missing) return { reason: 'there is no python3 to ask' };
  const folder = asked.stdout.trim();
  if (asked.status !== 0 || folder === '') return { reason: 'python3 has no tensorflow' };
  const missing = missingFromTensorFlow(folder);
  if (missing.length > 0) return { reason: `${folder} (python3's) lacks ${missing.join(', ')}` };
  return { found: readTensorFlow(folder) };
}
