import { DistillError } from '../error/index.js';
import type { AuxiliaryCost, PlanContext } from '../method/contract.js';
import { withTeacher } from '../method/define-method.js';
import { stagePairs } from '../network/stages.js';
import { nonNegative, temperatureRange } from '../option/index.js';

/** Common options of the baselines that compare features: cross-entropy, and optionally KD. */
export interface FeatureOptions {
  /** Weight of the cross-entropy with the labels, at least 0. Default 1. */
  readonly ceWeight: number;
  /** Weight of Hinton's divergence, at least 0. Default 0: the technique alone. */
  readonly kdWeight: number;
  /** T of Hinton's divergence, 0.01 to 1000. Default 4. Without effect while `kdWeight` is 0. */
  readonly temperature: number;
}

export const featureDefaults = { ceWeight: 1, kdWeight: 0, temperature: 4 } as const;

export const featureChecks = {
  ceWeight: nonNegative,
  kdWeight: nonNegative,
  temperature: temperatureRange,
} as const;

/** One tap of each network. */
export interface TapPair {
  readonly studentTap: string;
  readonly teacherTap: string;
}

/**
 * The taps of a method that compares one pair. For `auto`, `choose` picks one of the last stages that both
 * networks have.
 *
 * @param choose returns a position in a list of the given number of stages
 * @throws DistillError code `tap` for `auto` with a network without stages; `option` in a run without a teacher
 */
export function tapPair(
  name: string,
  context: PlanContext,
  { studentTap, teacherTap }: TapPair,
  choose: (stages: number) => number,
): TapPair {
  const { students, teacher } = withTeacher(name, context);
  if (studentTap !== 'auto' && teacherTap !== 'auto') return { studentTap, teacherTap };
  const pairs = stagePairs(name, { student: students[0], teacher });
  const [student, taught] = pairs[choose(pairs.length)] ?? ['', ''];
  return {
    studentTap: studentTap === 'auto' ? student : studentTap,
    teacherTap: teacherTap === 'auto' ? taught : teacherTap,
  };
}

/** @throws DistillError code `option` for batches of one image, which have no relations and no statistics */
export function expectSeveralImages(name: string, batchSize: number): void {
  if (batchSize > 1) return;
  throw new DistillError({
    code: 'option',
    where: `method '${name}'`,
    expected: 'batches of at least 2 images',
    got: `a batch size of ${batchSize}`,
  });
}

/** The cost of parts that only training needs. */
export const trainingCost = (trainParameters: number, trainMacs: number): AuxiliaryCost => ({
  trainParameters,
  trainMacs,
  inferenceParameters: 0,
  inferenceMacs: 0,
});
