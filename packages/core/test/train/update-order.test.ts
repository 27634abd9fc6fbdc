import * as tf from '@tensorflow/tfjs-core';
import { clipByGlobalNorm, distill } from '@distilljs/core';
import type { Phase, Scalar, Update } from '@distilljs/core';
import { tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import { expect, it } from 'vitest';
import { describeOn, REPRODUCIBLE } from '../on-engines.js';
import { subtract, twoNumbers } from './toy-methods.js';

type Numbers = Parameters<Parameters<typeof twoNumbers>[0]>[0];

/** Both updates minimize a · b, whose gradients are b for a and a for b. */
const product = ({ a, b }: Numbers): readonly Update[] => [
  {
    name: 'first',
    variables: { a },
    optimizer: subtract,
    terms: () => ({ ab: { value: tf.mul(a, b), weight: 1 } }),
  },
  {
    name: 'second',
    variables: { b },
    optimizer: subtract,
    terms: () => ({ ab: { value: tf.mul(a, b), weight: 1 } }),
  },
];

/** a and b after one step from 2 and 3. */
async function afterOneStep(
  updates = product,
  phase: Partial<Phase> = {},
): Promise<readonly [number, number]> {
  const method = twoNumbers(updates, phase);
  const student = tinyNetwork(1);
  const result = await distill({
    students: [student],
    method,
    train: tinyDataset(4, 1),
    epochs: 1,
    batchSize: 4,
    seed: 1,
  });
  const values = method.now();
  result.dispose();
  student.dispose();
  return values;
}

describeOn(REPRODUCIBLE, 'the updates of a step', () => {
  it('take all gradients at the same parameters, then apply them in order', async () => {
    // a = 2 − 3, and b = 3 − 2: the old a.
    expect(await afterOneStep()).toEqual([-1, 1]);
    expect(await afterOneStep(product, { order: 'snapshot' })).toEqual([-1, 1]);
  });

  it('see what the one before left where the phase is sequential', async () => {
    // a = 2 − 3, and b = 3 − (−1): the new a.
    expect(await afterOneStep(product, { order: 'sequential' })).toEqual([-1, 4]);
  });

  it('move exactly their own variables', async () => {
    expect(await afterOneStep((numbers) => product(numbers).slice(1))).toEqual([2, 1]);
  });

  it('weigh their terms', async () => {
    const weighted = ({ a, b }: Numbers): readonly Update[] => [
      {
        name: 'both',
        variables: { a, b },
        optimizer: subtract,
        terms: () => ({
          sum: { value: tf.add(a, b), weight: 0.5 },
          product: { value: tf.mul(a, b), weight: 2 },
          nothing: { value: tf.square(a) as Scalar, weight: 0 },
        }),
      },
    ];
    // da = 0.5 + 2 b = 6.5, db = 0.5 + 2 a = 4.5
    expect(await afterOneStep(weighted)).toEqual([-4.5, -1.5]);
  });

  it('combine their terms by their own policy', async () => {
    const clipped = (numbers: Numbers): readonly Update[] =>
      product(numbers).map((update) => ({ ...update, combine: clipByGlobalNorm(0.5) }));
    expect(await afterOneStep(clipped)).toEqual([1.5, 2.5]);
  });

  it('both move a variable that both have, one after the other', async () => {
    const twice = ({ a, b }: Numbers): readonly Update[] =>
      ['first', 'second'].map((name) => ({
        name,
        variables: { a },
        optimizer: subtract,
        terms: () => ({ ab: { value: tf.mul(a, b), weight: 1 } }),
      }));
    expect(await afterOneStep(twice)).toEqual([-4, 3]);
  });
});
