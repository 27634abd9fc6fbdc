import { channelStatistics, createRandom, distill, uniformSampler } from '@distilljs/core';
import type { PlannedPhase } from '@distilljs/core';
import type { MethodConfig, RunConfig } from '../config/index.js';
import { stagesText } from './automatic-taps.js';
import { buildCohort, buildNetwork, planMethod } from './cohort.js';
import type { LoadedTeacher } from './load-teacher.js';
import type { RunData } from './datasets.js';
import { inputsFor } from './student-input.js';
import { withOptions } from './tuning.js';

/** What a check of methods found. */
export interface CheckedMethods {
  /** Messages about the students. */
  readonly lines: readonly string[];
  readonly plans: Plans;
}

/** The phases of each training by {@link workName}, and of the teacher where it is to be trained. */
export type Plans = ReadonlyMap<string, readonly PlannedPhase[]>;

/** Training steps over all phases; 0 for work outside the plans. */
export const stepsOf = (plans: Plans, work: string): number =>
  (plans.get(work) ?? []).reduce((sum, { epochs, stepsPerEpoch }) => sum + epochs * stepsPerEpoch, 0);

/**
 * Plans every method of a run on networks like those that it will train, without training. A tap or shape that does not fit the last
 * method is thus found before the first one takes hours.
 *
 * @param teacher omitted where it is to be trained: an untrained one has the same taps and shapes
 * @throws DistillError as {@link distill} throws before training
 */
export async function checkMethods(
  config: RunConfig,
  data: RunData,
  teacher?: Pick<LoadedTeacher, 'network' | 'input'>,
): Promise<CheckedMethods> {
  const untrained =
    teacher === undefined
      ? await buildNetwork(config.teacher.model ?? '', data.train, createRandom(0))
      : undefined;
  const normalization = await channelStatistics(data.train);
  const said = new Set<string>();
  const plans = new Map<string, readonly PlannedPhase[]>();
  if (teacher === undefined) {
    const { stepsPerEpoch } = uniformSampler(data.train.size, config.batchSize);
    const macsPerStep = 3 * config.batchSize * (untrained?.macs ?? 0);
    plans.set('', [{ name: 'train', epochs: config.teacher.epochs, stepsPerEpoch, macsPerStep }]);
  }
  try {
    for (const [name, configured] of allVariants(config)) {
      const { method, models, change } = planMethod(configured, config.student.model);
      const students = await buildCohort(models, data.train, 0, change);
      try {
        const result = await distill({
          teacher: teacher?.network ?? untrained,
          students,
          method,
          train: data.train,
          epochs: config.epochs,
          batchSize: config.batchSize,
          seed: 0,
          normalization,
          ...(await inputsFor(config.student, data.train, teacher?.input)),
          callbacks: [{ name: 'plan', start: ({ phases }) => void plans.set(name, phases) }],
          signal: AbortSignal.abort(),
        });
        result.dispose();
        if (change === undefined && students[0] !== undefined)
          for (const line of stagesText(students[0], 'student')) said.add(line);
      } finally {
        for (const student of students) student.dispose();
      }
    }
    return { lines: [...said], plans };
  } finally {
    untrained?.dispose();
  }
}

/** Every method, and every variant that tuning tries, by {@link workName}. */
const allVariants = ({ methods, tune = {} }: RunConfig): ReadonlyMap<string, MethodConfig> =>
  new Map(
    methods.flatMap((method) => [
      [method.as, method] as const,
      ...(tune[method.as] ?? []).map(
        (options, trial) => [`${method.as}/${trial}`, withOptions(method, options)] as const,
      ),
    ]),
  );
