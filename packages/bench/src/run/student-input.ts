import { channelStatistics } from '@distilljs/core';
import type { Dataset, Normalization, TeacherInput } from '@distilljs/core';
import type { RunConfig } from '../config/index.js';
import { foreignStudent } from './foreign-students.js';
import { perChannel } from './teacher-facts.js';

/** The input preparation of students and teacher, for `distill`. */
export interface Inputs {
  readonly normalization?: Normalization;
  readonly teacherInput?: TeacherInput;
}

/**
 * The normalization of a student from outside: the configured one, else its module's export, or for a saved model that keeps its weights
 * the one in its metadata. A teacher without its own normalization then keeps the run's.
 *
 * @param teacher the teacher's input preparation
 */
export async function inputsFor(
  student: RunConfig['student'],
  train: Dataset,
  teacher: TeacherInput | undefined,
): Promise<Inputs> {
  const normalization = normalizationOf(student, train);
  if (normalization === undefined) return { ...(teacher !== undefined && { teacherInput: teacher }) };
  const own = teacher?.normalization ?? (await channelStatistics(train));
  return { normalization, teacherInput: { ...teacher, normalization: own } };
}

function normalizationOf(
  { model, normalization }: RunConfig['student'],
  { imageShape }: Dataset,
): Normalization | undefined {
  const own = normalization ?? foreignStudent(model)?.normalization;
  return own && perChannel(own, imageShape[2]);
}
