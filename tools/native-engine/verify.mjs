import { fileURLToPath } from 'node:url';
import { describeEnd, lastLines, runCommand } from './run-command.mjs';

/** @typedef {import('./train-once.mjs').Trained} Trained */

const TRAIN_ONCE = fileURLToPath(new URL('./train-once.mjs', import.meta.url));

/** The first load of the libraries from a cold disk, and CUDA's start, can take a minute. */
const TIMEOUT_MS = 300_000;

/**
 * Trains a small convolutional net with batch norm on the package's binding, in a separate process.
 *
 * @param {string} packageFolder
 * @returns {Promise<{ trained: Trained } | { problem: string }>} `problem` says what went wrong; a crash is one
 */
export async function verifyTraining(packageFolder) {
  const ran = await runCommand(process.execPath, [TRAIN_ONCE, packageFolder], {
    // TensorFlow's startup messages go to stderr and would bury the reason of a failure.
    environment: { TF_CPP_MIN_LOG_LEVEL: '2' },
    timeoutMs: TIMEOUT_MS,
  });
  if (ran.status !== 0) {
    return {
      problem: `training a small net ended with ${describeEnd(ran)}\n${lastLines(ran.output, 8)}`.trimEnd(),
    };
  }
  const trained = /** @type {Trained} */ (JSON.parse(lastLines(ran.stdout, 1)));
  const problem = problemOf(trained);
  return problem === undefined ? { trained } : { problem };
}

/**
 * Why a training run does not count as working; undefined when it does: right backend, loss halved, right product.
 *
 * @param {Trained} trained
 */
export function problemOf({ backend, losses, product }) {
  if (backend !== 'tensorflow') return `the backend is ${backend}, not tensorflow`;
  const first = losses[0] ?? Number.NaN;
  const last = losses.at(-1) ?? Number.NaN;
  // Written so that NaN fails.
  if (!(last < first / 2))
    return `the loss went from ${first} to ${last} in ${losses.length} steps, and should halve`;
  if (product !== 1024) return `an element of a product of 1024x1024 ones is ${product}, not 1024`;
  return undefined;
}

/**
 * A line on a run that worked; a second one where the package is for a GPU and there was none.
 *
 * @param {Trained} trained
 * @param {string} packageName
 */
export function describeTraining({ tensorflowVersion, gpu, losses, matmulMs }, packageName) {
  const first = losses[0]?.toFixed(2) ?? '';
  const last = losses.at(-1)?.toFixed(3) ?? '';
  const device = gpu ? 'GPU' : 'CPU';
  const warning =
    packageName.endsWith('-gpu') && !gpu
      ? '\nbut it saw no GPU: this TensorFlow has no CUDA, or did not find its libraries or the driver'
      : '';
  return (
    `works: TensorFlow ${tensorflowVersion} on the ${device}; loss ${first} to ${last} in ${losses.length} steps; ` +
    `1024x1024 matmul ${matmulMs.toFixed(1)} ms (${((2 * 1024 ** 3) / matmulMs / 1e6).toFixed(0)} GFLOP/s)${warning}`
  );
}
