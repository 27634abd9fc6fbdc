import * as tf from '@tensorflow/tfjs-core';
import type { Variable } from '@tensorflow/tfjs-core';
import type { Attention, Embedder, Estimator } from '../src/index.js';
import type { golden } from './golden.js';

type Parameters = typeof golden.head.params;
type Norm = Parameters['bn_theta'];

const vector = (values: readonly number[], trainable = true): Variable<tf.Rank.R1> =>
  tf.variable(tf.tensor1d([...values]), trainable);
const matrix = (values: readonly (readonly number[])[]): Variable<tf.Rank.R2> =>
  tf.variable(tf.tensor2d(values.map((row) => [...row])));

function embedder(kernel: number[][], { gamma, beta, mean, var: variance }: Norm): Embedder {
  return {
    kernel: matrix(kernel),
    gamma: vector(gamma),
    beta: vector(beta),
    mean: vector(mean, false),
    variance: vector(variance, false),
    // The reference's averages have forgotten their start.
    averaged: tf.variable<tf.Rank.R0>(tf.scalar(1), false),
  };
}

/** A module of the golden file. */
export function goldenModule(
  heads: number,
  params: Parameters,
): { attention: Attention; estimator: Estimator } {
  return {
    attention: {
      heads,
      theta: embedder(params.Wtheta, params.bn_theta),
      phi: embedder(params.Wphi, params.bn_phi),
    },
    estimator: {
      hidden: matrix(params.W1),
      gamma: vector(params.bn1.gamma),
      beta: vector(params.bn1.beta),
      kernel: matrix(params.W2),
      bias: vector(params.b2),
    },
  };
}

/** A golden `[A][n]` mask as `[A, n, 1]`. */
export function goldenMask(rows: readonly (readonly number[])[]): tf.Tensor3D {
  return tf.expandDims(tf.tensor2d(rows.map((row) => [...row])), 2);
}
