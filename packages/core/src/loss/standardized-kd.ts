import type * as tf from '@tensorflow/tfjs-core';
import { withoutTape } from '../engine/tape.js';
import type { Logits, Scalar } from '../tensor/index.js';
import { hintonKd } from './hinton-kd.js';
import { standardizeLogits } from './standardize-logits.js';

/**
 * Hinton's loss on standardised logits of both networks, so that the student need not match the teacher's scale.
 *
 * @param temperature the paper's base temperature τ (its scripts use 2, with a weight of 9)
 * @see Sun et al., Logit Standardization in Knowledge Distillation, CVPR 2024
 */
export function standardizedKd(
  teacher: Logits,
  student: Logits,
  temperature: number,
  weights?: tf.Tensor1D,
): Scalar {
  const constant = withoutTape(() => standardizeLogits(teacher));
  return hintonKd(constant, standardizeLogits(student), temperature, weights);
}
