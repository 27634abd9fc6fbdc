import * as tf from '@tensorflow/tfjs-core';
import { firstLine } from '../error/first-line.js';
import { DistillError, isDistillError } from '../error/index.js';

/** How engines report exhausted memory. */
const OUT_OF_MEMORY = /\boom\b|out of memory|resource ?exhausted|allocation failed/i;
/** How JavaScript reports a size beyond any memory, but also a negative size computed by a layer. */
const NO_SUCH_LENGTH = /invalid (?:typed )?array length/i;

/** True for an error of an engine whose memory is exhausted. */
export const isOutOfMemory = (error: unknown): boolean =>
  !isDistillError(error) && OUT_OF_MEMORY.test(firstLine(error));

/**
 * Adds to an engine's error what was running; any other error is returned unchanged.
 *
 * @param place what was running, e.g. `epoch 3, step 4, a batch of 64 images of 32×32×3`
 * @param more text to append to the hint
 */
export function engineError(error: unknown, place: string, more?: string): unknown {
  const isEngines = isDistillError(error)
    ? error.code === 'engine'
    : isOutOfMemory(error) || NO_SUCH_LENGTH.test(firstLine(error));
  if (!isEngines) return error;
  const fields = isDistillError(error)
    ? error
    : {
        where: `engine '${tf.getBackend()}'`,
        expected: 'memory for this batch',
        got: `"${firstLine(error)}"`,
        hint: 'Use a smaller batch, smaller images or a smaller network.',
      };
  const { where, expected, got, hint } = fields;
  return new DistillError({
    code: 'engine',
    where: `${where}, ${place}`,
    expected,
    got,
    hint: [hint, more].filter((part) => part !== undefined).join(' '),
    cause: error,
  });
}
