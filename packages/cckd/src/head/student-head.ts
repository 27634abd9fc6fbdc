import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor1D, Variable } from '@tensorflow/tfjs-core';
import type { Embedding, Random } from '@distilljs/core';

/** A dense layer beside the student that maps its embedding to a chosen width; it is trained with the student. */
export interface StudentHead {
  /** `[d, width]`. */
  readonly kernel: Variable<tf.Rank.R2>;
  /** `[width]`. */
  readonly bias: Variable<tf.Rank.R1>;
}

/**
 * A new head: kernel uniform in `±√(6 / (d + width))` (Glorot), bias 0.
 *
 * @param inputWidth d, the width of the student's embedding
 * @param width of the head's output
 * @param random initial weights come from here
 * @see Peng et al., ICCV 2019 (arXiv 1904.01802), section 4.1: one fully connected layer, 128 wide on CIFAR-100 and ImageNet
 *
 * Certainty: in the paper the layer is part of both networks, below their classifiers. Here it stands beside the student's
 * classifier, so that any student can have one.
 */
export function createStudentHead(inputWidth: number, width: number, random: Random): StudentHead {
  const limit = Math.sqrt(6 / (inputWidth + width));
  const initial = Float32Array.from({ length: inputWidth * width }, () => limit * (2 * random.uniform() - 1));
  return tf.tidy(() => ({
    kernel: tf.variable<tf.Rank.R2>(tf.tensor2d(initial, [inputWidth, width])),
    bias: tf.variable<tf.Rank.R1>(tf.zeros<tf.Rank.R1>([width])),
  }));
}

/**
 * `f W + b`.
 *
 * @param embedding `[n, d]`
 * @returns `[n, width]`
 */
export function applyStudentHead(embedding: Embedding, head: StudentHead): Embedding {
  return tf.tidy(() =>
    tf.add<Tensor2D>(tf.matMul(embedding, head.kernel as Tensor2D), head.bias as Tensor1D),
  );
}
