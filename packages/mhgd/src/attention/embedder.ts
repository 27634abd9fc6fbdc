import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Variable } from '@tensorflow/tfjs-core';
import { batchNormTraining, expectShapes, withoutTape } from '@distilljs/core';
import type { Embedding, NamedVariables, Random } from '@distilljs/core';

/**
 * A kernel drawn from a normal distribution with standard deviation `√(1.3 · 2 / fan_out)`, truncated at two standard
 * deviations.
 *
 * @param shape `[inputs, outputs]`; fan_out is the number of outputs
 * @see the authors' code (Lee and Song, TF1, `op_util.py`); the paper does not say
 */
export function fanOutNormal(shape: [inputs: number, outputs: number], random: Random): Variable<tf.Rank.R2> {
  const [inputs, outputs] = shape;
  const deviation = Math.sqrt(2.6 / outputs);
  const values = Float32Array.from({ length: inputs * outputs }, () => {
    let draw = random.normal();
    while (Math.abs(draw) > 2) draw = random.normal();
    return deviation * draw;
  });
  return tf.variable(tf.tensor2d(values, shape));
}

/**
 * ε of every batch norm here. The rows of a batch are nearly parallel unit vectors, so a dense layer's outputs have a
 * variance of about 3.5e-5. An ε of 1e-3 would shrink the scores about twentyfold.
 */
export const EPSILON = 1e-5;
/** Share of a moving average that each step keeps. */
const DECAY = 0.9;

/** A dense layer without bias, then batch norm: θ or φ for all heads at once. Column `d·A + a` is entry d of head a. */
export interface Embedder {
  /** `[c, D·A]`. */
  readonly kernel: Variable<tf.Rank.R2>;
  readonly gamma: Variable<tf.Rank.R1>;
  readonly beta: Variable<tf.Rank.R1>;
  /** Moving averages that start at 0; dividing by {@link averaged} removes that bias. */
  readonly mean: Variable<tf.Rank.R1>;
  readonly variance: Variable<tf.Rank.R1>;
  /** `1 − 0.9^t` after t steps, `[]`. */
  readonly averaged: Variable<tf.Rank.R0>;
}

/** A new embedder: kernel from {@link fanOutNormal}, scale 1, offset 0, moving averages 0. */
export function createEmbedder(channels: number, columns: number, random: Random): Embedder {
  return tf.tidy(() => ({
    kernel: fanOutNormal([channels, columns], random),
    gamma: tf.variable<tf.Rank.R1>(tf.ones([columns])),
    beta: tf.variable<tf.Rank.R1>(tf.zeros([columns])),
    mean: tf.variable<tf.Rank.R1>(tf.zeros([columns]), false),
    variance: tf.variable<tf.Rank.R1>(tf.zeros([columns]), false),
    averaged: tf.variable<tf.Rank.R0>(tf.scalar(0), false),
  }));
}

/**
 * @param columns D·A; null for any number of them
 * @throws DistillError code `option` or `shape` for anything that {@link createEmbedder} would not make
 */
export function expectEmbedder(where: string, embedder: Embedder, columns: number | null): void {
  const [all, one] = [[columns], []];
  const vectors = { gamma: all, beta: all, mean: all, variance: all, averaged: one };
  expectShapes(where, embedder, { kernel: [null, columns], ...vectors });
}

/** An embedder's trained variables, by name. */
export function embedderWeights(name: string, { kernel, gamma, beta }: Embedder): NamedVariables {
  return { [`${name}/kernel`]: kernel, [`${name}/gamma`]: gamma, [`${name}/beta`]: beta };
}

/** An embedder's moving averages, which {@link embedBatch} updates, by name. */
export function embedderAverages(name: string, { mean, variance, averaged }: Embedder): NamedVariables {
  return { [`${name}/mean`]: mean, [`${name}/variance`]: variance, [`${name}/averaged`]: averaged };
}

/** `BN(V W)` with the batch's statistics, which enter the moving averages with a share of 0.1. */
export function embedBatch(vectors: Embedding, embedder: Embedder): Embedding {
  const { kernel, gamma, beta } = embedder;
  const { y, mean, variance } = batchNormTraining(
    tf.matMul<Tensor2D>(vectors, kernel as Tensor2D),
    gamma as Tensor1D,
    beta as Tensor1D,
    EPSILON,
  );
  withoutTape(() => {
    tf.tidy(() => {
      move(embedder.mean, mean);
      move(embedder.variance, variance);
      move(embedder.averaged, 1);
    });
  });
  return y;
}

/** `BN(V W)` with the moving averages. The embedder is a constant: only the vectors get a gradient. */
export function embedFrozen(vectors: Embedding, embedder: Embedder): Embedding {
  const { kernel, offset } = withoutTape(() => tf.tidy(() => folded(embedder)));
  return tf.add<Embedding>(tf.matMul(vectors, kernel), offset);
}

/** Dense layer and batch norm as one linear map. */
function folded({ kernel, gamma, beta, mean, variance, averaged }: Embedder): {
  kernel: Tensor2D;
  offset: Tensor1D;
} {
  const share = tf.maximum(averaged, EPSILON);
  const scale = tf.div(gamma, tf.sqrt(tf.add(tf.div(variance, share), EPSILON)));
  return {
    kernel: tf.mul<Tensor2D>(kernel, scale),
    offset: tf.sub(beta, tf.mul(tf.div(mean, share), scale)),
  };
}

function move(average: Variable, batch: tf.Tensor | number): void {
  average.assign(tf.add(tf.mul(average, DECAY), tf.mul(batch, 1 - DECAY)));
}
