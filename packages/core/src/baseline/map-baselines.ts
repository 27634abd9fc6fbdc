import * as tf from '@tensorflow/tfjs-core';
import { DistillError } from '../error/index.js';
import { attentionTransfer, hint } from '../loss/index.js';
import type { Projector } from '../loss/index.js';
import { defineMethod, withTeacher } from '../method/define-method.js';
import type { PlanContext } from '../method/contract.js';
import { taskReads, taskTerms } from '../method/task-terms.js';
import { mapShape } from '../network/map-shape.js';
import { stagePairs } from '../network/stages.js';
import { eitherOf, listOf, nonNegative, oneOf, text } from '../option/index.js';
import type { FeatureMap } from '../tensor/index.js';
import {
  expectSeveralImages,
  featureChecks,
  featureDefaults,
  tapPair,
  trainingCost,
} from './feature-options.js';
import type { FeatureOptions, TapPair } from './feature-options.js';

/*
 * Baselines that compare feature maps of one image, from simple to complex. Maps of different height or width are
 * compared on the smaller grid.
 */

/** Taps of feature maps, from front to back; `auto`: the outputs of the last stages that both networks have. */
type MapTaps = 'auto' | readonly string[];

export interface AtOptions extends FeatureOptions {
  /**
   * Weight of the sum over pairs of maps, at least 0. Default 1000: the authors' β/2, as in RepDistiller and
   * mdistiller.
   */
  readonly weight: number;
  /** The student's maps: `auto` or tap names. Channels may differ from the teacher's. Default `auto`. */
  readonly studentTaps: MapTaps;
  /** The teacher's maps, paired with the student's in order. Default `auto`. */
  readonly teacherTaps: MapTaps;
}

/**
 * Attention transfer: at the end of every stage, both networks should be active in the same places.
 *
 * `L = ceWeight · L_CE + kdWeight · L_KD + weight · Σ_stages L_AT`, logged as `ce`, `kd` and `at`.
 *
 * @see Zagoruyko and Komodakis, Paying More Attention to Attention, ICLR 2017 (arXiv 1612.03928), activation-based
 *
 * Certainty: the loss follows the authors' code. Their runs with KD use `ceWeight` 0.1, `kdWeight` 0.9 and T 4.
 */
export const at = defineMethod<AtOptions, readonly (readonly [student: string, teacher: string])[]>({
  name: 'at',
  repeatable: true,
  defaults: { ...featureDefaults, weight: 1000, studentTaps: 'auto', teacherTaps: 'auto' },
  check: {
    ...featureChecks,
    weight: nonNegative,
    studentTaps: eitherOf(oneOf('auto'), listOf(text)),
    teacherTaps: eitherOf(oneOf('auto'), listOf(text)),
  },
  weights: ['ceWeight', 'kdWeight', 'weight'],
  reads: (options, context) => {
    const pairs = mapPairs(context, options);
    return {
      student: pairs.map(([student]) => student),
      teacher: pairs.map(([, teacher]) => teacher),
      labels: taskReads(options).labels,
      weights: true,
    };
  },
  prepare: (context, options) => {
    const pairs = mapPairs(context, options);
    const { students, teacher } = withTeacher('at', context);
    const values = pairs.map(([studentTap, teacherTap]) => {
      const own = mapShape('at.studentTaps', students[0], studentTap);
      const other = mapShape('at.teacherTaps', teacher, teacherTap);
      return own[0] * own[1] * own[2] + other[0] * other[1] * other[2];
    });
    return {
      state: pairs,
      cost: trainingCost(
        0,
        values.reduce((sum, value) => sum + value, 0),
      ),
    };
  },
  loss: (step, options, pairs) => {
    const losses = pairs.map(([student, teacher]) =>
      attentionTransfer(
        step.teacher.tap(teacher) as FeatureMap,
        step.student.tap(student) as FeatureMap,
        step.weights,
      ),
    );
    return { ...taskTerms(step, options), at: { value: tf.addN(losses), weight: options.weight } };
  },
});

function mapPairs(
  context: PlanContext,
  { studentTaps, teacherTaps }: Pick<AtOptions, 'studentTaps' | 'teacherTaps'>,
): readonly (readonly [student: string, teacher: string])[] {
  const { students, teacher } = withTeacher('at', context);
  if (studentTaps === 'auto' && teacherTaps === 'auto')
    return stagePairs('at', { student: students[0], teacher });
  const isPaired = studentTaps.length === teacherTaps.length && studentTaps.length > 0;
  if (studentTaps !== 'auto' && teacherTaps !== 'auto' && isPaired)
    return studentTaps.map((tap, place) => [tap, teacherTaps[place] ?? tap]);
  const shown = (taps: MapTaps): string => (taps === 'auto' ? "'auto'" : String(taps.length));
  throw new DistillError({
    code: 'option',
    where: 'at.studentTaps, at.teacherTaps',
    expected: "as many taps of the student as of the teacher, or 'auto' for both",
    got: `${shown(studentTaps)} and ${shown(teacherTaps)}`,
  });
}

export interface FitnetOptions extends FeatureOptions, TapPair {
  /** Weight of the hint, at least 0. Default 100, as in RepDistiller and mdistiller. */
  readonly weight: number;
  /** The guided layer. Default `auto`: the middle stage, i.e. the second of three or four. */
  readonly studentTap: string;
  /** The hint layer. Default `auto`: the teacher's stage at the same position. */
  readonly teacherTap: string;
}

/**
 * FitNet: in the middle of the network, a learned projection of the student's map should equal the teacher's
 * map. The projector is not part of the exported student.
 *
 * `L = ceWeight · L_CE + kdWeight · L_KD + weight · L_hint`, logged as `ce`, `kd` and `hint`.
 *
 * @see Romero et al., FitNets: Hints for Thin Deep Nets, ICLR 2015 (arXiv 1412.6550)
 *
 * Certainty: the paper first trains the student's front half with the hint, then all of it with KD. Here, as in
 * RepDistiller and mdistiller, both losses train together; projector, weight and hint layer are theirs.
 */
export const fitnet = defineMethod<FitnetOptions, { readonly taps: TapPair; readonly projector: Projector }>({
  name: 'fitnet',
  repeatable: true,
  defaults: { ...featureDefaults, weight: 100, studentTap: 'auto', teacherTap: 'auto' },
  check: { ...featureChecks, weight: nonNegative, studentTap: text, teacherTap: text },
  weights: ['ceWeight', 'kdWeight', 'weight'],
  reads: (options, context) => {
    const { studentTap, teacherTap } = tapPair('fitnet', context, options, middle);
    const { labels } = taskReads(options);
    return { student: [studentTap], teacher: [teacherTap], labels, weights: true };
  },
  prepare: (context, options) => {
    const taps = tapPair('fitnet', context, options, middle);
    const { students, teacher, batchSize, random } = withTeacher('fitnet', context);
    expectSeveralImages('fitnet', batchSize);
    const [height, width, inputs] = mapShape('fitnet.studentTap', students[0], taps.studentTap);
    const [taught, across, outputs] = mapShape('fitnet.teacherTap', teacher, taps.teacherTap);
    // PyTorch's default for a convolution, as in the toolkits: uniform in ±1/√fanIn.
    const limit = 1 / Math.sqrt(inputs);
    const draws = random.fork('projector');
    const initial = Float32Array.from({ length: inputs * outputs }, () => limit * (2 * draws.uniform() - 1));
    const projector = tf.tidy(() => ({
      kernel: tf.variable(tf.tensor4d(initial, [1, 1, inputs, outputs])),
      gamma: tf.variable(tf.ones<tf.Rank.R1>([outputs])),
      beta: tf.variable(tf.zeros<tf.Rank.R1>([outputs])),
    }));
    const pixels = Math.min(height, taught) * Math.min(width, across);
    return {
      state: { taps, projector },
      variables: {
        'projector/kernel': projector.kernel,
        'projector/gamma': projector.gamma,
        'projector/beta': projector.beta,
      },
      cost: trainingCost((inputs + 2) * outputs, pixels * inputs * outputs),
      dispose: () => {
        tf.dispose(Object.values(projector));
      },
    };
  },
  loss: (step, options, { taps, projector }) => ({
    ...taskTerms(step, options),
    hint: {
      value: hint(
        step.teacher.tap(taps.teacherTap) as FeatureMap,
        step.student.tap(taps.studentTap) as FeatureMap,
        projector,
        step.weights,
      ),
      weight: options.weight,
    },
  }),
});

const middle = (stages: number): number => Math.floor((stages - 1) / 2);
