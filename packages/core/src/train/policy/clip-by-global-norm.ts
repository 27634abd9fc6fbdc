import * as tf from '@tensorflow/tfjs-core';
import type { GradientPolicy } from '../../method/contract.js';
import { checkOptions, positive } from '../../option/index.js';
import { sumOfTerms } from './sum-of-terms.js';

/**
 * Scales the whole gradient so that its global norm is at most `maximum`:
 * `g · min(1, maximum / max(‖g‖₂, 1e-6))`, one norm over all variables of the update.
 *
 * @param maximum above 0
 * @param inner policy that makes the gradient first; default the sum of terms
 * @throws DistillError code `option` for a maximum that is not above 0
 */
export function clipByGlobalNorm(maximum: number, inner: GradientPolicy = sumOfTerms()): GradientPolicy {
  checkOptions('clipByGlobalNorm', { maximum }, { maximum }, { maximum: positive });
  return {
    name: `global norm <= ${maximum} of ${inner.name}`,
    combine(backward) {
      const gradients = inner.combine(backward);
      const squares = Object.values(gradients).map((gradient) => tf.sum(tf.square(gradient)));
      if (squares.length === 0) return gradients;
      const norm = tf.sqrt(tf.addN(squares));
      const scale = tf.minimum(tf.div(maximum, tf.maximum(norm, 1e-6)), 1);
      return Object.fromEntries(
        Object.entries(gradients).map(([name, gradient]) => [name, tf.mul(gradient, scale)]),
      );
    },
  };
}
