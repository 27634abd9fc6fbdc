import { isDistillError } from '@distilljs/core';
import type { DistillError } from '@distilljs/core';
import type { Conflict, WrittenMethod } from '../config/index.js';
import { planMethod } from './cohort.js';

/** Most wrong options reported per method: finding each costs another check of all others. */
const MOST_OPTIONS = 50;

/**
 * Everything that a method's checks refuse in its configured entry. They stop at the first wrong option, so each one found is
 * removed and the rest is checked again.
 *
 * @param student model of the run's student
 */
export function methodProblems(written: WrittenMethod, student: string): readonly Conflict[] {
  const options = { ...written.options };
  const found: Conflict[] = [];
  while (found.length < MOST_OPTIONS) {
    const error = refusalOf({ ...written, options }, student);
    if (error === undefined) return found;
    const { expected, got, hint } = error;
    const wrong = Object.keys(options).find((key) => error.where.endsWith(`.${key}`) || got === `'${key}'`);
    if (error.where.startsWith('given ')) return [...found, { path: ['method'], expected, got, hint }];
    if (error.where.startsWith('module ')) {
      const path = [expected.startsWith('the name of one') ? 'name' : 'from'];
      return [...found, { path, expected, got, hint }];
    }
    if (wrong === undefined) {
      // The default of an option that was refused and removed does not suit the others either.
      if (found.some(({ expected: before }) => before === expected)) return found;
      return [
        ...found,
        { path: [error.where.endsWith('cohort') ? 'cohort' : 'options'], expected, got, hint },
      ];
    }
    const isKey = got === `'${wrong}'` && !error.where.endsWith(`.${wrong}`);
    const path = ['options', wrong];
    found.push({ path, expected: isKey ? 'a known option' : expected, got, hint, isKey });
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
    delete options[wrong];
  }
  return found;
}

function refusalOf(written: WrittenMethod, student: string): DistillError | undefined {
  try {
    planMethod(written, student);
    return undefined;
  } catch (error) {
    if (isDistillError(error)) return error;
    throw error;
  }
}
