import * as tf from '@tensorflow/tfjs-core';
import { expectOption, nonNegative } from '../../option/index.js';
import { expectShape } from '../../tensor/index.js';
import { batchNormWasm } from '../wasm/batch-norm.js';
import { wasmKernels } from '../wasm/kernels.js';
import { batchNormWebGpu } from '../webgpu/batch-norm.js';
import { batchNormComposed } from './batch-norm-composed.js';
import type { BatchNormPasses } from './batch-norm-passes.js';
import { batchNormTensorFlow } from './batch-norm-tensorflow.js';
import { tensorFlowBackend } from './tensorflow-backend.js';

/** The result of {@link batchNormTraining}: the normalized batch and its statistics. */
export interface BatchNormTraining<T extends tf.Tensor> {
  /** The normalized, scaled and shifted batch, of the shape of the input. */
  readonly y: T;
  /** Mean per channel, [channels]; no gradient flows through it. */
  readonly mean: tf.Tensor1D;
  /** Biased variance per channel (sum of squares / count), [channels]; no gradient flows through it. */
  readonly variance: tf.Tensor1D;
}

/**
 * Batch normalization with the statistics of the batch itself, and its gradient in closed form.
 *
 * Over the N values of each channel (every axis but the last):
 * xhat = (x - mean) * rstd with rstd = 1 / sqrt(variance + epsilon), and y = gamma * xhat + beta;
 * dbeta = sum(dy), dgamma = sum(dy * xhat), dx = gamma * rstd / N * (N * dy - dbeta - xhat * dgamma).
 *
 * `x` is [n, ..., channels] of rank 2 or more, `gamma` and `beta` are [channels], or null for 1 and 0.
 * Throws a `shape` error for anything else. The gradient is of first order only.
 *
 * Source: Ioffe and Szegedy, "Batch Normalization", 2015, section 3.
 */
export function batchNormTraining<T extends tf.Tensor>(
  x: T,
  gamma: tf.Tensor1D | null,
  beta: tf.Tensor1D | null,
  epsilon: number,
): BatchNormTraining<T> {
  const channels = checkChannels(x, { gamma, beta });
  expectOption('batchNormTraining(epsilon)', epsilon, nonNegative);
  const passes = passesOf(epsilon);
  const statistics: tf.Tensor1D[] = [];

  const normalize = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const save = args.at(-1) as tf.GradSaveFunc;
    const { y, mean, variance, saved } = passes.forward(
      x,
      gamma ?? tf.ones([channels]),
      beta ?? tf.zeros([channels]),
      epsilon,
    );
    statistics.push(tf.keep(mean), tf.keep(variance));
    save(saved);
    const gradFunc = (dy: tf.Tensor, kept: tf.Tensor[]): tf.Tensor[] =>
      tf.tidy(() => {
        const { dx, dGamma, dBeta } = passes.backward(dy, kept);
        return [dx, ...(gamma ? [dGamma] : []), ...(beta ? [dBeta] : [])];
      });
    return { value: y, gradFunc };
  });
  const y = normalize(x, ...[gamma, beta].filter((parameter) => parameter !== null)) as T;

  // customGrad returns one tensor and disposes the rest: the statistics are kept there and tracked in the
  // caller's scope here.
  const [mean, variance] = statistics.map((kept) => {
    const owned = tf.clone(kept);
    kept.dispose();
    return owned;
  }) as [tf.Tensor1D, tf.Tensor1D];
  return { y, mean, variance };
}

function passesOf(epsilon: number): BatchNormPasses {
  const native = tensorFlowBackend();
  if (native !== null) return batchNormTensorFlow(native, epsilon);
  if (wasmKernels() !== null) return batchNormWasm;
  return batchNormWebGpu(epsilon) ?? batchNormComposed;
}

function checkChannels(x: tf.Tensor, parameters: Record<'gamma' | 'beta', tf.Tensor1D | null>): number {
  // Untyped callers may pass anything.
  const rank = (x as Partial<tf.Tensor> | null | undefined)?.shape?.length ?? 0;
  expectShape('batchNormTraining(x)', x, Array<null>(Math.max(2, rank)).fill(null));
  const channels = x.shape.at(-1) ?? 0;
  for (const [name, parameter] of Object.entries(parameters))
    if (parameter !== null) expectShape(`batchNormTraining(${name})`, parameter, [channels]);
  return channels;
}
