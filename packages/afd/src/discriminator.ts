import type { FeatureMap, MapShape, NamedVariables, Random } from '@distilljs/core';
import * as tf from '@tensorflow/tfjs-core';
import { convBatchNorm, createBatchNorm, createConvolution } from './conv-batch-norm.js';
import type { DiscriminatorGeometry } from './discriminator-geometry.js';

/** Weights of a discriminator; kernels are `[height, width, in, out]`, the others `[channels]`. */
export interface DiscriminatorWeights {
  readonly kernel1: tf.Tensor4D;
  readonly bias1: tf.Tensor1D;
  readonly gamma: tf.Tensor1D;
  readonly beta: tf.Tensor1D;
  readonly kernel2: tf.Tensor4D;
  readonly bias2: tf.Tensor1D;
}

/** A discriminator of maps of one shape. */
export interface Discriminator {
  readonly weights: DiscriminatorWeights;
  /** The same weights, to be trained and saved. */
  readonly variables: NamedVariables;
  readonly geometry: DiscriminatorGeometry;
  readonly parameters: number;
  /** Multiply–accumulate operations per map. */
  readonly macs: number;
}

/** A discriminator with fresh weights; the caller disposes its variables. */
export function createDiscriminator(
  [, , channels]: MapShape,
  geometry: DiscriminatorGeometry,
  random: Random,
): Discriminator {
  const { kernel1, kernel2, hidden, middle } = geometry;
  const forks = (layer: 1 | 2): { readonly kernel: Random; readonly bias: Random } => ({
    kernel: random.fork(`kernel${layer}`),
    bias: random.fork(`bias${layer}`),
  });
  const first = createConvolution([...kernel1, channels, hidden], forks(1));
  const second = createConvolution([...kernel2, hidden, 1], forks(2));
  const weights = {
    kernel1: first.kernel,
    bias1: first.bias,
    ...createBatchNorm(hidden),
    kernel2: second.kernel,
    bias2: second.bias,
  };
  return {
    weights,
    variables: weights,
    geometry,
    parameters: Object.values(weights).reduce((sum, variable) => sum + variable.size, 0),
    macs: middle[0] * middle[1] * weights.kernel1.size + weights.kernel2.size,
  };
}

/**
 * How much each map of a batch looks like a peer's: `sigmoid(conv(leakyReLU(BN(conv(F)))))`, one score per image.
 *
 * Batch norm uses the statistics of this batch, always: own and peer's maps are to be given in separate calls, so a mere
 * difference of a channel's mean or scale is not seen. (One call for both is another, stronger discriminator.)
 *
 * The bias before batch norm acts on nothing; it is there as in PyTorch's convolution, and weight decay acts on it.
 * @param map `[n, h, w, c]`
 * @returns `[n]`, in (0, 1)
 * @see arXiv 2002.01775; the stack is the public re-implementation's, `self_kd`, its sizes are not verified
 */
export function discriminate(
  map: FeatureMap,
  { kernel1, bias1, gamma, beta, kernel2, bias2 }: DiscriminatorWeights,
  { stride1, stride2, slope }: DiscriminatorGeometry,
): tf.Tensor1D {
  const first = convBatchNorm(map, { kernel: kernel1, bias: bias1, gamma, beta }, stride1);
  const second = tf.conv2d(tf.leakyRelu(first, slope), kernel2, stride2, 'valid');
  return tf.sigmoid(tf.reshape<tf.Rank.R1>(tf.add(second, bias2), [-1]));
}
