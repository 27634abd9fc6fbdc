import { Command, InvalidArgumentError, Option } from 'commander';
import { availableParallelism } from 'node:os';

/** Parts that can be measured separately; `webgpu` needs a GPU, and PyTorch with CUDA. */
export const PARTS = /** @type {const} */ (['node', 'small', 'wasm', 'memory', 'webgpu']);

/**
 * Options of the measurement; see `--help` for each.
 *
 * @typedef {object} PeerOptions
 * @property {readonly (typeof PARTS)[number][]} parts
 * @property {boolean} quick
 * @property {number} threads
 * @property {number} memorySteps
 * @property {string} python
 * @property {string} [bench]
 * @property {boolean} json
 */

/**
 * @param {readonly string[]} args without `node` and the script
 * @returns {PeerOptions}
 */
export function parseOptions(args) {
  return new Command('speed:peers')
    .description(
      'Times training steps of distilljs and of PyTorch by turns, and compares them with the targets.',
    )
    .allowExcessArguments(false)
    .addOption(
      new Option('--parts <names>', `only some of ${PARTS.join(', ')}, comma-separated`)
        .argParser(partsOf)
        .default(
          PARTS.filter((part) => part !== 'webgpu'),
          'all but webgpu',
        ),
    )
    .option('--quick', 'one round of few steps: minutes less, and less certain', false)
    .option('--threads <number>', 'threads of both sides', wholeOf, availableParallelism())
    .option('--memory-steps <number>', 'steps of the look at memory, per method and engine', wholeOf, 10_000)
    .option('--python <program>', 'a Python that has PyTorch', 'python3')
    .option('--bench <script>', "another distill-bench than this checkout's, which is built first")
    .option('--json', 'print the ratios as JSON', false)
    .parse([...args], { from: 'user' })
    .opts();
}

/** @param {string} text */
function partsOf(text) {
  const names = text.split(',').map((name) => name.trim());
  return names.map((name) => {
    const part = PARTS.find((known) => known === name);
    if (part === undefined) throw new InvalidArgumentError(`Available: ${PARTS.join(', ')}.`);
    return part;
  });
}

/** @param {string} text */
function wholeOf(text) {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('A whole number, at least 1.');
}
