import * as tf from '@tensorflow/tfjs-core';
import { DistillError } from '../../error/index.js';
import type { GradientPolicy } from '../../method/contract.js';
import type { NamedTensors } from '../../tensor/index.js';

export interface ClipToTermOptions {
  /** Name of the term whose gradient is clipped. */
  readonly clip: string;
  /** Name of the term whose gradient sets the limit. */
  readonly reference: string;
  /** Multiplies the limit; a function of the fractional epoch. Default 1. */
  readonly factor?: number | ((epoch: number) => number) | undefined;
}

/**
 * Adds one term's gradient to the others', clipped per variable to the size of a reference term's gradient:
 * `g = g_rest + g_clip · min(1, f ‖g_ref‖₂ / ‖g_clip‖₂)`, norms per variable. `g_rest` is the gradient of all terms but
 * the clipped one; weights of terms are included everywhere.
 *
 * A variable that the reference does not reach has limit 0: the clipped term does not move it.
 * @throws DistillError code `option` when both terms are one; when it runs, code `contract` when the update lacks one
 * @see Lee and Song, Graph-based Knowledge Distillation by Multi-head Attention Network, BMVC 2019 (factor: sigmoid(epoch))
 */
export function clipToTerm({ clip, reference, factor = 1 }: ClipToTermOptions): GradientPolicy {
  if (clip === reference) {
    throw new DistillError({
      code: 'option',
      where: 'clipToTerm.reference',
      expected: 'another term than the clipped one',
      got: `'${reference}'`,
    });
  }
  return {
    name: `clip ${clip} to ${reference}`,
    combine(backward) {
      for (const name of [clip, reference]) {
        if (backward.terms.includes(name)) continue;
        throw new DistillError({
          code: 'contract',
          where: `clipToTerm('${name}')`,
          expected: `one of the terms ${backward.terms.join(', ')}`,
          got: `'${name}'`,
        });
      }
      const scale = typeof factor === 'number' ? factor : factor(backward.epoch);
      const rest = backward.gradient(backward.terms.filter((term) => term !== clip));
      const limit = backward.terms.length === 2 ? rest : backward.gradient([reference]);
      const clipped = backward.gradient([clip]);
      const combined: Record<string, tf.Tensor> = { ...rest };
      for (const [name, gradient] of Object.entries(clipped)) {
        const within = clipTo(gradient, limit[name], scale);
        const other = rest[name];
        combined[name] = other === undefined ? within : tf.add(other, within);
      }
      return combined satisfies NamedTensors;
    },
  };
}

function clipTo(gradient: tf.Tensor, reference: tf.Tensor | undefined, factor: number): tf.Tensor {
  if (reference === undefined) return tf.zerosLike(gradient);
  const norm = (x: tf.Tensor): tf.Tensor => tf.sqrt(tf.sum(tf.square(x)));
  const ratio = tf.div(tf.mul(norm(reference), factor), tf.maximum(norm(gradient), 1e-30));
  return tf.mul(gradient, tf.minimum(ratio, 1));
}
