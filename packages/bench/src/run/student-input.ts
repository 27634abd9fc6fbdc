import { channelStatistics } from '@distilljs/core';
import type { Dataset, Normalization, TeacherInput } from '@distilljs/core';
import type { RunConfig } from '../config/index.js';
import { foreignStudent } from './foreign-students.js';
import { metadataOf, perChannel } from './teacher-facts.js';

/** What `distill` is told of how students and teacher see the images. */
export interface Inputs {
  readonly normalization?: Normalization;
  readonly teacherInput?: TeacherInput;
}

/**
 * The normalization that a student from outside brings: what the configuration says, else what its module exports, or, of a saved
 * model that keeps its weights, what its metadata say. The teacher then keeps the run's own, where it has none of its own.
 *
 * @param teacher how the teacher sees the images
 */
export async function inputsFor(
  student: RunConfig['student'],
  train: Dataset,
  teacher: TeacherInput | undefined,
): Promise<Inputs> {
  const normalization = await normalizationOf(student, train);
  if (normalization === undefined) return { ...(teacher !== undefined && { teacherInput: teacher }) };
  const own = teacher?.normalization ?? (await channelStatistics(train));
  return { normalization, teacherInput: { ...teacher, normalization: own } };
}

async function normalizationOf(
  { model, path, normalization, weights = 'keep' }: RunConfig['student'],
  { imageShape }: Dataset,
): Promise<Normalization | undefined> {
  if (normalization !== undefined) return perChannel(normalization, imageShape[2]);
  if (path === undefined) return foreignStudent(model)?.normalization;
  return weights === 'keep' ? (await metadataOf(path)).normalization : undefined;
}
