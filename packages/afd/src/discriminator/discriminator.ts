import { batchNormTraining } from '@distilljs/core';
import type { FeatureMap, NamedVariables, Random } from '@distilljs/core';
import * as tf from '@tensorflow/tfjs-core';
import type { MapShape } from '../feature-map-shape.js';
import { uniformVariable } from '../uniform-variable.js';
import type { DiscriminatorGeometry } from './geometry.js';

/** ε of batch norm, PyTorch's (tfjs has 1e-3). */
const BATCH_NORM_EPSILON = 1e-5;

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
  const fanIn1 = kernel1[0] * kernel1[1] * channels;
  const fanIn2 = kernel2[0] * kernel2[1] * hidden;
  const weights = {
    kernel1: uniformVariable<tf.Rank.R4>([...kernel1, channels, hidden], fanIn1, random.fork('kernel1')),
    bias1: uniformVariable<tf.Rank.R1>([hidden], fanIn1, random.fork('bias1')),
    gamma: tf.tidy(() => tf.variable(tf.ones<tf.Rank.R1>([hidden]))),
    beta: tf.tidy(() => tf.variable(tf.zeros<tf.Rank.R1>([hidden]))),
    kernel2: uniformVariable<tf.Rank.R4>([...kernel2, hidden, 1], fanIn2, random.fork('kernel2')),
    bias2: uniformVariable<tf.Rank.R1>([1], fanIn2, random.fork('bias2')),
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
  weights: DiscriminatorWeights,
  { stride1, stride2, slope }: DiscriminatorGeometry,
): tf.Tensor1D {
  const first = tf.add<tf.Tensor4D>(tf.conv2d(map, weights.kernel1, stride1, 'valid'), weights.bias1);
  const { y } = batchNormTraining(first, weights.gamma, weights.beta, BATCH_NORM_EPSILON);
  const second = tf.conv2d(tf.leakyRelu(y, slope), weights.kernel2, stride2, 'valid');
  return tf.sigmoid(tf.reshape<tf.Rank.R1>(tf.add(second, weights.bias2), [-1]));
}
