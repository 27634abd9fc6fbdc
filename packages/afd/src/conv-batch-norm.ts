import { asFloats, batchNormTraining } from '@distilljs/core';
import type { FeatureMap, Random } from '@distilljs/core';
import * as tf from '@tensorflow/tfjs-core';

/** ε of batch norm, as in PyTorch (1e-3 in tfjs). */
const EPSILON = 1e-5;

/** Kernel and bias of a convolution, kernel `[height, width, in, out]`. */
interface Convolution {
  readonly kernel: tf.Variable<tf.Rank.R4>;
  readonly bias: tf.Variable<tf.Rank.R1>;
}

/**
 * A convolution's weights, uniform in ±1/√fanIn: PyTorch's default for both kernels and biases, which the public
 * re-implementation uses. Scores start near 0.5; with He initialization's larger weights they would start saturated.
 *
 * @param shape `[height, width, in, out]`
 */
export function createConvolution(
  shape: [number, number, number, number],
  forks: { readonly kernel: Random; readonly bias: Random },
): Convolution {
  const [height, width, inputs, outputs] = shape;
  const limit = 1 / Math.sqrt(height * width * inputs);
  const draw = (size: number, random: Random): Float32Array =>
    Float32Array.from({ length: size }, () => limit * (2 * random.uniform() - 1));
  return tf.tidy(() => ({
    kernel: tf.variable(tf.tensor4d(draw(height * width * inputs * outputs, forks.kernel), shape)),
    bias: tf.variable(tf.tensor1d(draw(outputs, forks.bias))),
  }));
}

/** Weights of a batch norm: scale 1, offset 0. */
export function createBatchNorm(channels: number): {
  readonly gamma: tf.Variable<tf.Rank.R1>;
  readonly beta: tf.Variable<tf.Rank.R1>;
} {
  return tf.tidy(() => ({
    gamma: tf.variable(tf.ones<tf.Rank.R1>([channels])),
    beta: tf.variable(tf.zeros<tf.Rank.R1>([channels])),
  }));
}

/** `BN(conv(F) + b)` without padding. Batch norm always uses the statistics of this batch. */
export function convBatchNorm(
  map: FeatureMap,
  {
    kernel,
    bias,
    gamma,
    beta,
  }: Readonly<Record<'bias' | 'gamma' | 'beta', tf.Tensor1D>> & {
    readonly kernel: tf.Tensor4D;
  },
  stride: number,
): FeatureMap {
  const mixed = tf.add<FeatureMap>(tf.conv2d(asFloats(map), kernel, stride, 'valid'), bias);
  return batchNormTraining(mixed, gamma, beta, EPSILON).y;
}
