import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import {
  probabilisticTransfer,
  relationalAngle,
  relationalDistance,
  similarityPreserving,
} from '../loss/index.js';
import type { LossTerms, PlanContext } from '../method/contract.js';
import { defineMethod, withTeacher } from '../method/define-method.js';
import type { MethodFactory } from '../method/define-method.js';
import { taskReads, taskTerms } from '../method/task-terms.js';
import { pooledEmbedding, pooledWidth } from '../network/pooled-embedding.js';
import { nonNegative, text } from '../option/index.js';
import type { OptionCheck, OptionChecks } from '../option/index.js';
import type { Tensor } from '../tensor/index.js';
import {
  expectSeveralImages,
  featureChecks,
  featureDefaults,
  tapPair,
  trainingCost,
} from './feature-options.js';
import type { FeatureOptions, TapPair } from './feature-options.js';

/*
 * Baselines that relate the images of a batch to each other, from simple to complex.
 */

export interface SpOptions extends FeatureOptions, TapPair {
  /** γ, weight of the similarity-preserving loss, at least 0. Default 3000, the paper's. */
  readonly weight: number;
  /** Layer of the student; any shape. Default `auto`: its last stage. */
  readonly studentTap: string;
  /** Layer of the teacher; any shape. Default `auto`: its last stage. */
  readonly teacherTap: string;
}

/**
 * Similarity-preserving knowledge distillation: images with similar activations in the teacher should have
 * similar activations in the student.
 *
 * `L = ceWeight · L_CE + kdWeight · L_KD + weight · L_SP`, logged as `ce`, `kd` and `sp`.
 *
 * @see Tung and Mori, Similarity-Preserving Knowledge Distillation, ICCV 2019 (arXiv 1907.09682), Eq. 5
 *
 * Certainty: equation and weight follow the paper; the last stage is RepDistiller's choice.
 */
export const sp = relation<SpOptions>({
  name: 'sp',
  defaults: { weight: 3000, studentTap: 'auto', teacherTap: 'auto' },
  check: { weight: nonNegative },
  reads: 'any',
  terms: (teacher, student, { weight }) => ({
    sp: { value: similarityPreserving(teacher, student), weight },
  }),
});

export interface PktOptions extends FeatureOptions, TapPair {
  /**
   * Weight of the divergence, at least 0. Default 30,000, as in RepDistiller: the loss is a mean over n² pairs of
   * probabilities near 1/n, hence small.
   */
  readonly weight: number;
  /** Layer of the student that gives one row per image, or a feature map, which is averaged. Default `embedding`. */
  readonly studentTap: string;
  /** The same of the teacher; its width may be another. Default `embedding`. */
  readonly teacherTap: string;
}

/**
 * Probabilistic knowledge transfer: the probability of picking image j as a neighbour of image i, based on the
 * cosine similarity of their embeddings, should be the same in both networks.
 *
 * `L = ceWeight · L_CE + kdWeight · L_KD + weight · L_PKT`, logged as `ce`, `kd` and `pkt`.
 *
 * @see Passalis and Tefas, Learning Deep Representations with Probabilistic Knowledge Transfer, ECCV 2018 (arXiv 1803.10837)
 *
 * Certainty: the loss follows the authors' code. The paper trains embeddings with it alone; its combination with
 * cross-entropy, and the weight, are those of RepDistiller and mdistiller.
 */
export const pkt = relation<PktOptions>({
  name: 'pkt',
  defaults: { weight: 30_000, studentTap: 'embedding', teacherTap: 'embedding' },
  check: { weight: nonNegative },
  reads: 'embedding',
  terms: (teacher, student, { weight }) => ({
    pkt: { value: probabilisticTransfer(teacher, student), weight },
  }),
});

export interface RkdOptions extends FeatureOptions, TapPair {
  /** λ of the distances, at least 0; 0 leaves them out. Default 25, the authors' for classification. */
  readonly distanceWeight: number;
  /** λ of the angles, at least 0; 0 leaves them out. Default 50, the authors' for classification. */
  readonly angleWeight: number;
  /** Layer of the student that gives one row per image, or a feature map, which is averaged. Default `embedding`. */
  readonly studentTap: string;
  /** The same of the teacher; its width may be another. Default `embedding`. */
  readonly teacherTap: string;
}

/**
 * Relational knowledge distillation: distances between two images and angles between three images should be the
 * same in both networks.
 *
 * `L = ceWeight · L_CE + kdWeight · L_KD + distanceWeight · L_RKD-D + angleWeight · L_RKD-A`, logged as `ce`, `kd`, `distance` and
 * `angle`.
 *
 * @see Park et al., Relational Knowledge Distillation, CVPR 2019 (arXiv 1904.05068), Eq. 11
 *
 * Certainty: the equations follow the paper; the weights are those of RepDistiller and mdistiller, with the
 * authors' ratio of 1 to 2.
 */
export const rkd = relation<RkdOptions>({
  name: 'rkd',
  defaults: { distanceWeight: 25, angleWeight: 50, studentTap: 'embedding', teacherTap: 'embedding' },
  check: { distanceWeight: nonNegative, angleWeight: nonNegative },
  reads: 'embedding',
  terms: (teacher, student, { distanceWeight, angleWeight }) => ({
    ...(distanceWeight > 0 && {
      distance: { value: relationalDistance(teacher, student), weight: distanceWeight },
    }),
    ...(angleWeight > 0 && { angle: { value: relationalAngle(teacher, student), weight: angleWeight } }),
  }),
});

/** What a baseline of this kind adds to the common options. */
interface Relation<Options extends FeatureOptions & TapPair> {
  readonly name: string;
  readonly defaults: Omit<Options, keyof FeatureOptions>;
  /** Of its weights. */
  readonly check: Readonly<Record<Exclude<keyof Options, keyof (FeatureOptions & TapPair)>, OptionCheck>>;
  /**
   * What the taps may be: any tensor with images along the first axis, or embeddings `[n, d]` and maps to be
   * pooled.
   */
  readonly reads: 'any' | 'embedding';
  readonly terms: (teacher: Tensor2D, student: Tensor2D, options: Readonly<Options>) => LossTerms;
}

/** A method that compares the relations between a batch's images in one tap of each network. */
function relation<Options extends FeatureOptions & TapPair>(
  given: Relation<Options>,
): MethodFactory<Options> {
  const { name, reads, terms } = given;
  const tapsOf = (context: PlanContext, options: TapPair): TapPair =>
    tapPair(name, context, options, (stages) => stages - 1);
  const rows = (where: string, output: Tensor): Tensor2D =>
    reads === 'embedding' ? pooledEmbedding(where, output) : flat(output);
  const width = (where: string, shape: readonly number[]): number =>
    reads === 'embedding' ? pooledWidth(where, shape) : shape.reduce((size, axis) => size * axis, 1);

  return defineMethod<Options, TapPair>({
    name,
    repeatable: true,
    defaults: { ...featureDefaults, ...given.defaults } as unknown as Options,
    check: { ...featureChecks, studentTap: text, teacherTap: text, ...given.check } as OptionChecks<Options>,
    weights: ['ceWeight', 'kdWeight', ...(Object.keys(given.check) as (keyof Options & string)[])],
    reads: (options, context) => {
      const { studentTap, teacherTap } = tapsOf(context, options);
      return { student: [studentTap], teacher: [teacherTap], ...taskReads(options) };
    },
    prepare: (context, options) => {
      const taps = tapsOf(context, options);
      const { students, teacher } = withTeacher(name, context);
      expectSeveralImages(name, context.batchSize);
      const widths =
        width(`${name}.studentTap '${taps.studentTap}'`, students[0].tapShape(taps.studentTap)) +
        width(`${name}.teacherTap '${taps.teacherTap}'`, teacher.tapShape(taps.teacherTap));
      return { state: taps, cost: trainingCost(0, context.batchSize * widths) };
    },
    loss: ({ teacher, student, ...step }, options, { studentTap, teacherTap }) => ({
      ...taskTerms({ ...step, teacher, student }, options),
      ...terms(
        rows(`teacher tap '${teacherTap}'`, teacher.tap(teacherTap)),
        rows(`student tap '${studentTap}'`, student.tap(studentTap)),
        options,
      ),
    }),
  });
}

function flat(output: Tensor): Tensor2D {
  const [images = 0] = output.shape;
  return tf.reshape(output, [images, -1]);
}
