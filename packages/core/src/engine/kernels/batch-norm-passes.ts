import type * as tf from '@tensorflow/tfjs-core';

/**
 * An implementation of training batch norm: a forward and a backward pass. See batchNormTraining for the
 * formulas.
 */
export interface BatchNormPasses {
  forward(
    x: tf.Tensor,
    gamma: tf.Tensor1D,
    beta: tf.Tensor1D,
    epsilon: number,
  ): { y: tf.Tensor; mean: tf.Tensor1D; variance: tf.Tensor1D; saved: tf.Tensor[] };
  /** `saved` is the field of that name from the forward pass. */
  backward(dy: tf.Tensor, saved: tf.Tensor[]): { dx: tf.Tensor; dGamma: tf.Tensor; dBeta: tf.Tensor };
}
