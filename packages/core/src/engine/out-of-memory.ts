import * as tf from '@tensorflow/tfjs-core';
import { firstLine } from '../error/first-line.js';
import { DistillError, isDistillError } from '../error/index.js';

/** An engine out of memory says so in its own way. */
const OUT_OF_MEMORY = /\boom\b|out of memory|resource ?exhausted|allocation failed/i;
/** So does JavaScript, of a size beyond any memory; a layer that computes a negative size has the same words. */
const NO_SUCH_LENGTH = /invalid (?:typed )?array length/i;

/** True for what an engine, or JavaScript itself, throws when no memory is left. */
export const isOutOfMemory = (error: unknown): boolean =>
  !isDistillError(error) && OUT_OF_MEMORY.test(firstLine(error));

/**
 * An error as it is told: one that is the engine's says what was under way; any other is as it was thrown.
 *
 * @param place what was under way, e.g. `epoch 3, step 4, a batch of 64 images of 32×32×3`
 * @param more what else to say of it
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
