import { channelStatistics, createRandom, distill } from '@distilljs/core';
import type { RunConfig } from '../config/index.js';
import { stagesText } from './automatic-taps.js';
import { buildCohort, buildNetwork, planMethod } from './cohort.js';
import type { LoadedTeacher } from './load-teacher.js';
import type { RunData } from './datasets.js';
import { inputsFor } from './student-input.js';
import { allVariants } from './tuning.js';

/**
 * Plans every method of a run on networks like those that it will get, and trains nothing: a tap or a shape that does not fit
 * the last method is found before the first one costs hours.
 *
 * @param teacher left out where it is to be trained: an untrained one has the same taps and shapes
 * @returns what to say of the students
 * @throws DistillError as {@link distill} throws before training
 */
export async function checkMethods(
  config: RunConfig,
  data: RunData,
  teacher?: Pick<LoadedTeacher, 'network' | 'input'>,
): Promise<readonly string[]> {
  const untrained =
    teacher === undefined
      ? await buildNetwork(config.teacher.model ?? '', data.train, createRandom(0))
      : undefined;
  const normalization = await channelStatistics(data.train);
  const said = new Set<string>();
  try {
    for (const configured of allVariants(config)) {
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
          signal: AbortSignal.abort(),
        });
        result.dispose();
        if (change === undefined && students[0] !== undefined)
          for (const line of stagesText(students[0], 'student')) said.add(line);
      } finally {
        for (const student of students) student.dispose();
      }
    }
    return [...said];
  } finally {
    untrained?.dispose();
  }
}
