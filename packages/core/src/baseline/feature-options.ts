import { DistillError } from '../error/index.js';
import type { AuxiliaryCost, PlanContext } from '../method/contract.js';
import { withTeacher } from '../method/define-method.js';
import { stagePairs } from '../network/stages.js';
import { nonNegative, temperatureRange } from '../option/index.js';

/** What all baselines that compare features have: cross-entropy, and KD beside them where it is asked for. */
export interface FeatureOptions {
  /** Weight of the cross-entropy with the labels, at least 0. Default 1. */
  readonly ceWeight: number;
  /** Weight of Hinton's divergence, at least 0. Default 0: the technique alone. */
  readonly kdWeight: number;
  /** T of Hinton's divergence, above 0. Default 4. */
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
 * The taps of a method that compares one pair. `auto` of a side is the stage that `choose` picks from the last stages that both
 * networks have.
 *
 * @param choose position in a list of so many stages
 * @throws DistillError code `tap` for `auto` of a network without stages; `option` in a run without a teacher
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

/** @throws DistillError code `option`: one image has no relation to another, and no statistics */
export function expectSeveralImages(name: string, batchSize: number): void {
  if (batchSize > 1) return;
  throw new DistillError({
    code: 'option',
    where: `method '${name}'`,
    expected: 'batches of at least 2 images',
    got: `a batch size of ${batchSize}`,
  });
}

/** The cost of what only training needs. */
export const trainingCost = (trainParameters: number, trainMacs: number): AuxiliaryCost => ({
  trainParameters,
  trainMacs,
  inferenceParameters: 0,
  inferenceMacs: 0,
});
