import type { Dataset } from '../data/index.js';
import { DistillError } from '../error/index.js';
import { asNetwork } from '../network/index.js';
import type { Network, NetworkLike } from '../network/index.js';
import { expectFit } from './expect-fit.js';

/**
 * The students of a run, as networks: at least one, each with a model of its own, each fit for the data.
 *
 * @throws DistillError codes `option`, `network`, `shape`
 */
export function expectStudents(given: readonly NetworkLike[], train: Dataset): readonly Network[] {
  if (given.length === 0) {
    throw new DistillError({
      code: 'option',
      where: 'students',
      expected: 'at least one network',
      got: 'none',
    });
  }
  const students = given.map((each, index) => asNetwork(each, `students[${index}]`));
  students.forEach((student, index) => {
    const first = students.findIndex(({ model }) => model === student.model);
    // It would be trained twice a step, and learn from itself: every divergence would be 0.
    if (first < index) {
      throw new DistillError({
        code: 'option',
        where: `students[${index}] '${student.name}'`,
        expected: 'a network of its own',
        got: `the model of students[${first}]`,
        hint: 'Build one model per student.',
      });
    }
    expectFit(`students[${index}]`, student, train);
  });
  return students;
}
