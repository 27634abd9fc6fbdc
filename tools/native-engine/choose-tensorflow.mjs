import { BuildError } from './build-error.mjs';
import {
  DEFAULT_TENSORFLOW_VERSION,
  fetchTensorFlow,
  readFetchedTensorFlow,
  unpackedWheelFolder,
} from './fetch-tensorflow.mjs';
import { findPythonTensorFlow, readTensorFlow } from './find-tensorflow.mjs';
import { runningGlibc, wheelTarget } from './wheel-target.mjs';

/** @typedef {import('./find-tensorflow.mjs').TensorFlow} TensorFlow */

/**
 * The TensorFlow to compile against, without fetching one: that named by path, else python3's, else one fetched before.
 *
 * @param {import('./options.mjs').BuildOptions} options
 * @param {import('./report.mjs').Report} report is told why a source was passed over
 * @returns {Promise<TensorFlow | undefined>}
 * @throws {BuildError} where the folder named is not a TensorFlow
 */
export async function tensorflowAtHand(options, report) {
  if (options.tensorflow !== undefined) return readTensorFlow(options.tensorflow);
  const python = await findPythonTensorFlow();
  if (!('found' in python)) report.fact(python.reason);
  else if (matches(python.found, options.tensorflowVersion)) return python.found;
  else
    report.fact(
      `python3 has ${python.found.version ?? 'an unknown version'}, not ${options.tensorflowVersion ?? ''}`,
    );
  return fetchable(options) ? readFetchedTensorFlow(wheelFolder(options)) : undefined;
}

/** @param {TensorFlow} tensorflow @param {string | undefined} version */
function matches(tensorflow, version) {
  return version === undefined || tensorflow.version === version;
}

/**
 * The TensorFlow to compile against, fetched if there is none at hand.
 *
 * @param {import('./options.mjs').BuildOptions} options
 * @param {import('./report.mjs').Report} report
 * @returns {Promise<TensorFlow>}
 * @throws {BuildError} where none is at hand and none can be fetched
 */
export async function chooseTensorFlow(options, report) {
  const atHand = await tensorflowAtHand(options, report);
  if (atHand !== undefined) return atHand;
  if (!fetchable(options)) {
    throw new BuildError({
      where: 'TensorFlow for tfjs-node-gpu',
      expected: 'one with CUDA that is installed',
      got: 'none (its wheel is of no use without several GB of CUDA libraries beside it, so it is not fetched)',
      hint:
        "Run pip install 'tensorflow[and-cuda]' in a virtual environment, and activate that or name its " +
        'site-packages/tensorflow with --tensorflow.',
    });
  }
  const { cache, tensorflowSha256: sha256 } = options;
  return fetchTensorFlow({ cache, target: target(), version: version(options), sha256, report });
}

/** @param {import('./options.mjs').BuildOptions} options */
function fetchable(options) {
  return options.package === 'tfjs-node';
}

/** @param {import('./options.mjs').BuildOptions} options */
function version(options) {
  return options.tensorflowVersion ?? DEFAULT_TENSORFLOW_VERSION;
}

/** @param {import('./options.mjs').BuildOptions} options */
function wheelFolder(options) {
  return unpackedWheelFolder(options.cache, target(), version(options));
}

function target() {
  return wheelTarget({ platform: process.platform, architecture: process.arch, glibc: runningGlibc() });
}
