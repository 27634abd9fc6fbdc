import type { Dataset } from '../data/index.js';
import { DistillError } from '../error/index.js';
import type { Method } from '../method/index.js';
import { asNetwork, expectTrainable } from '../network/index.js';
import type { FrozenNetwork, Network, NetworkLike } from '../network/index.js';
import { wholeNumber } from '../option/index.js';

/** @throws DistillError code `contract` for a method of another version */
export function expectContract(method: Method): void {
  if ((method.spec as string) === 'v1' && typeof method.plan === 'function') return;
  throw new DistillError({
    code: 'contract',
    where: `method '${method.name}'`,
    expected: 'a method of contract v1',
    got: `contract ${method.spec}`,
    hint: 'Update the older of the two packages: the technique or @distilljs/core.',
  });
}

/** @throws DistillError code `option` unless it is a whole number of at least 1 */
export function expectCount(where: string, value: number): void {
  const expected = wholeNumber({ min: 1 })(value);
  if (expected !== undefined) throw new DistillError({ code: 'option', where, expected, got: String(value) });
}

/** @throws DistillError code `shape` for images of another size or other classes */
export function expectSameData(train: Dataset, validation: Dataset): void {
  const shapeOf = (data: Dataset): string => `[${data.imageShape.join(', ')}], ${data.classes} classes`;
  if (shapeOf(train) === shapeOf(validation)) return;
  throw new DistillError({
    code: 'shape',
    where: 'validation',
    expected: shapeOf(train),
    got: shapeOf(validation),
  });
}

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
    expectTrainable(student);
  });
  return students;
}

/** @throws DistillError code `shape` unless a network takes the data's images and has a logit per class */
export function expectFit(where: string, network: Network | FrozenNetwork, data: Dataset): void {
  const fits = network.inputShape.every((axis, index) => axis === -1 || axis === data.imageShape[index]);
  if (!fits) {
    throw new DistillError({
      code: 'shape',
      where: `${where} '${network.name}'`,
      expected: `input [${data.imageShape.join(', ')}] as dataset '${data.name}' has`,
      got: `[${network.inputShape.join(', ')}]`,
    });
  }
  if (network.classes !== data.classes) {
    throw new DistillError({
      code: 'shape',
      where: `${where} '${network.name}'`,
      expected: `${data.classes} logits, one per class of dataset '${data.name}'`,
      got: String(network.classes),
    });
  }
}
