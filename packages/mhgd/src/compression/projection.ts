import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Variable } from '@tensorflow/tfjs-core';
import { batchNormTraining } from '@distilljs/core';
import type { NamedVariables, Random } from '@distilljs/core';
import { fanOutNormal } from '../attention/index.js';
import type { PositionRows } from './gram.js';

/** A learned map from C_S student channels to C_T teacher channels: dense without bias, batch norm, ReLU. */
export interface Projection {
  /** `[C_S, C_T]`. */
  readonly kernel: Variable<tf.Rank.R2>;
  readonly gamma: Variable<tf.Rank.R1>;
  readonly beta: Variable<tf.Rank.R1>;
}

/** A new projection: kernel from {@link fanOutNormal}, scale 1, offset 0. */
export function createProjection(student: number, teacher: number, random: Random): Projection {
  return tf.tidy(() => ({
    kernel: fanOutNormal([student, teacher], random),
    gamma: tf.variable<tf.Rank.R1>(tf.ones([teacher])),
    beta: tf.variable<tf.Rank.R1>(tf.zeros([teacher])),
  }));
}

export function projectionWeights(name: string, { kernel, gamma, beta }: Projection): NamedVariables {
  return { [`${name}/kernel`]: kernel, [`${name}/gamma`]: gamma, [`${name}/beta`]: beta };
}

/**
 * `ReLU(BN(X W))` at every position. Always with the batch's statistics: the projection is never part of the exported
 * student.
 *
 * The ReLU is ours. The teacher's maps follow a ReLU, so their first vectors have no negative entry; those of maps
 * centred by batch norm would lie far from them.
 *
 * @param rows student's maps, `[n, positions, C_S]`
 * @returns `[n, positions, C_T]`
 * @see the authors' later code (TF2); the paper requires equal channel counts
 */
export function project(rows: PositionRows, { kernel, gamma, beta }: Projection): PositionRows {
  const [n, positions, channels] = rows.shape;
  const linear = tf.matMul(tf.reshape<tf.Rank.R2>(rows, [n * positions, channels]), kernel);
  const { y } = batchNormTraining(linear, gamma as Tensor1D, beta as Tensor1D, 1e-5);
  return tf.reshape(tf.relu(y), [n, positions, kernel.shape[1]]);
}
