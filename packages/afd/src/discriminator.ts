import { expectOption, expectRandom, expectShape, expectShapes } from '@distilljs/core';
import type { FeatureMap, MapShape, NamedVariables, Random } from '@distilljs/core';
import * as tf from '@tensorflow/tfjs-core';
import { convBatchNorm, createBatchNorm, createConvolution } from './conv-batch-norm.js';
import { expectGeometry, expectOneScore } from './discriminator-geometry.js';
import type { DiscriminatorGeometry } from './discriminator-geometry.js';
import { mapShapeCheck } from './options.js';

/** Weights of a discriminator; kernels are `[height, width, in, out]`, the others `[channels]`. */
export interface DiscriminatorWeights {
  readonly kernel1: tf.Tensor4D;
  readonly bias1: tf.Tensor1D;
  readonly gamma: tf.Tensor1D;
  readonly beta: tf.Tensor1D;
  readonly kernel2: tf.Tensor4D;
  readonly bias2: tf.Tensor1D;
}

/** A discriminator for maps of one shape. */
export interface Discriminator {
  readonly weights: DiscriminatorWeights;
  /** The same weights, to be trained and saved. */
  readonly variables: NamedVariables;
  readonly geometry: DiscriminatorGeometry;
  /** Number of weights. */
  readonly parameters: number;
  /** Multiply–accumulate operations per map. */
  readonly macs: number;
}

/**
 * A discriminator with fresh weights; the caller disposes its variables.
 *
 * @param shape of the maps, `[height, width, channels]`
 * @throws DistillError code `option`, or `shape` for maps that do not yield exactly one score
 */
export function createDiscriminator(
  shape: MapShape,
  geometry: DiscriminatorGeometry,
  random: Random,
): Discriminator {
  expectOption('createDiscriminator(shape)', shape, mapShapeCheck);
  expectGeometry('createDiscriminator(geometry)', geometry);
  expectRandom('createDiscriminator(random)', random);
  const [height, width, channels] = shape;
  expectOneScore('createDiscriminator(shape)', [height, width], geometry);
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
 * How much each map of a batch resembles a peer's: `sigmoid(conv(leakyReLU(BN(conv(F)))))`, one score per image.
 *
 * Batch norm always uses the statistics of this batch. Pass own and peer maps in separate calls: then mere differences
 * in a channel's mean or scale are invisible. A single call for both would be a different, stronger discriminator.
 *
 * The bias before batch norm has no effect. It is kept to match PyTorch's convolution, and weight decay applies to it.
 *
 * @param map `[n, h, w, c]`
 * @returns `[n]`, in (0, 1)
 * @throws DistillError code `shape`, or `option` for a value that is not a geometry
 * @see arXiv 2002.01775; the layers are those of the public re-implementation `self_kd`, their sizes are not verified
 */
export function discriminate(
  map: FeatureMap,
  weights: DiscriminatorWeights,
  geometry: DiscriminatorGeometry,
): tf.Tensor1D {
  expectGeometry('discriminate(geometry)', geometry);
  const { hidden, stride1, stride2, slope } = geometry;
  expectShapes('discriminate(weights)', weights, {
    kernel1: [...geometry.kernel1, null, hidden],
    ...{ bias1: [hidden], gamma: [hidden], beta: [hidden] },
    kernel2: [...geometry.kernel2, hidden, 1],
    bias2: [1],
  });
  const { kernel1, bias1, gamma, beta, kernel2, bias2 } = weights;
  expectShape('discriminate(map)', map, [null, null, null, kernel1.shape[2]]);
  expectOneScore('discriminate(map)', [map.shape[1], map.shape[2]], geometry);
  const first = convBatchNorm(map, { kernel: kernel1, bias: bias1, gamma, beta }, stride1);
  const second = tf.conv2d(tf.leakyRelu(first, slope), kernel2, stride2, 'valid');
  return tf.sigmoid(tf.reshape<tf.Rank.R1>(tf.add(second, bias2), [-1]));
}
