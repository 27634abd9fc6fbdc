import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { batchNormTraining } from '../engine/kernels/batch-norm-training.js';
import { stopGradient, withoutTape } from '../engine/tape.js';
import { adaptiveAveragePool, expectSameShape, expectShape, expectShapes } from '../tensor/index.js';
import type { FeatureMap, Scalar } from '../tensor/index.js';
import { unitRows } from './unit-rows.js';
import { expectWeights, weightedMean } from './cross-entropy.js';

/*
 * Losses between feature maps, from simple to complex. If two maps differ in height or width, the larger one is
 * averaged down to the smaller grid. The teacher is a constant in all of them.
 */

/**
 * Attention transfer for one pair of maps: `mean_p (a_S − a_T)²`, mean over the batch. The vector a holds the
 * channel mean of squares at each position p, scaled to unit length.
 *
 * @param teacher `[n, h, w, c]`
 * @param student `[n, h′, w′, c′]`
 * @param weights `[n]`, factors of the images (`step.weights`); default 1
 * @throws DistillError code `shape`
 * @see Zagoruyko and Komodakis, Paying More Attention to Attention, ICLR 2017, Eq. 2; mean of squares as in the authors' code
 */
export function attentionTransfer(teacher: FeatureMap, student: FeatureMap, weights?: Tensor1D): Scalar {
  expectMaps('attentionTransfer', teacher, student);
  expectWeights(weights, teacher.shape[0]);
  const grid = smallerGrid(teacher, student);
  const attention = (map: FeatureMap): Tensor2D => {
    const energy = tf.mean<Tensor4D>(tf.square(map), 3, true);
    const [images] = map.shape;
    return unitRows(tf.reshape(adaptiveAveragePool(energy, grid), [images, grid.height * grid.width]));
  };
  return tf.tidy(() => {
    const constant = withoutTape(() => attention(teacher));
    return weightedMean(tf.mean(tf.square(tf.sub(attention(student), constant)), 1), weights);
  });
}

/** Weights of a projector: a 1×1 convolution, then batch norm. */
export interface Projector {
  /** `[1, 1, c′, c]` */
  readonly kernel: tf.Tensor4D;
  /** `[c]` */
  readonly gamma: Tensor1D;
  /** `[c]` */
  readonly beta: Tensor1D;
}

/**
 * FitNet's hint: `mean (r(F_S) − F_T)²` with the projector `r(F) = ReLU(BN(W * F))`. The mean is over
 * positions, channels and the batch. Batch norm uses this batch's statistics (ε 1e-5).
 *
 * @param teacher `[n, h, w, c]`
 * @param student `[n, h′, w′, c′]`
 * @param weights `[n]`, factors of the images (`step.weights`); default 1
 * @throws DistillError code `shape`
 * @see Romero et al., FitNets: Hints for Thin Deep Nets, ICLR 2015, Eq. 3. The projector with batch norm and
 *   ReLU, and the mean, follow the toolkits RepDistiller and mdistiller; the paper uses a convolution and half
 *   the sum
 */
export function hint(
  teacher: FeatureMap,
  student: FeatureMap,
  projector: Projector,
  weights?: Tensor1D,
): Scalar {
  expectMaps('hint', teacher, student);
  const [from, to] = [student.shape[3], teacher.shape[3]];
  expectShapes('hint(projector)', projector, { kernel: [1, 1, from, to], gamma: [to], beta: [to] });
  expectWeights(weights, teacher.shape[0]);
  const grid = smallerGrid(teacher, student);
  return tf.tidy(() => {
    const constant = adaptiveAveragePool(stopGradient(teacher), grid);
    const mixed = tf.conv2d(adaptiveAveragePool(student, grid), projector.kernel, 1, 'same');
    const guided = tf.relu(batchNormTraining(mixed, projector.gamma, projector.beta, 1e-5).y);
    expectSameShape('hint(teacher)', constant, 'hint(projected student)', guided);
    return weightedMean(tf.mean(tf.square(tf.sub(guided, constant)), [1, 2, 3]), weights);
  });
}

/** With different numbers of images, one image's map would broadcast over the batch. */
function expectMaps(loss: string, teacher: FeatureMap, student: FeatureMap): void {
  expectShape(`${loss}(teacher)`, teacher, [null, null, null, null]);
  expectShape(`${loss}(student)`, student, [teacher.shape[0], null, null, null]);
}

/** The smaller height and the smaller width of two maps. */
function smallerGrid(
  { shape: [, height, width] }: FeatureMap,
  { shape: [, otherHeight, otherWidth] }: FeatureMap,
): { readonly height: number; readonly width: number } {
  return { height: Math.min(height, otherHeight), width: Math.min(width, otherWidth) };
}
