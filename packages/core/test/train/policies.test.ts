import * as tf from '@tensorflow/tfjs-core';
import { clipByGlobalNorm, clipToTerm, resolveEngine, sumOfTerms } from '@distilljs/core';
import type { NamedTensors } from '@distilljs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backward, GradientPolicy } from '../../src/method/contract.js';
import { caught } from '../caught.js';
import { expectClose } from '../numbers.js';

beforeAll(async () => {
  await resolveEngine('cpu');
  tf.engine().startScope();
});
afterAll(() => {
  tf.engine().endScope();
});

type Gradients = Readonly<Record<string, readonly number[]>>;

/** Backward passes whose results are given by term; the gradient of several terms is their sum, as it must be. */
function backwardOf(
  terms: Readonly<Record<string, Gradients>>,
  epoch = 0,
): Backward & { readonly passes: string[][] } {
  const passes: string[][] = [];
  return {
    passes,
    terms: Object.keys(terms),
    epoch,
    numberAt: (of) => of(epoch),
    gradient(selected = Object.keys(terms)) {
      passes.push([...selected]);
      const sums: Record<string, tf.Tensor> = {};
      for (const [name, values] of selected.flatMap((term) => Object.entries(terms[term] ?? {}))) {
        const found = sums[name];
        const gradient = tf.tensor1d([...values]);
        sums[name] = found === undefined ? gradient : tf.add(found, gradient);
      }
      return sums;
    },
  };
}

function expectGradients(found: NamedTensors, expected: Gradients): void {
  expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, values] of Object.entries(expected))
    expectClose(found[name] as tf.Tensor, values, 1e-6, name);
}

const combined = (
  policy: GradientPolicy,
  terms: Readonly<Record<string, Gradients>>,
  epoch = 0,
): NamedTensors => policy.combine(backwardOf(terms, epoch));

describe('sumOfTerms', () => {
  it('is one backward pass over all terms', () => {
    const backward = backwardOf({ ce: { w: [1, 2] }, kd: { w: [3, -1], v: [5] } });
    expectGradients(sumOfTerms().combine(backward), { w: [4, 1], v: [5] });
    expect(backward.passes).toEqual([['ce', 'kd']]);
  });
});

describe('clipToTerm', () => {
  const policy = clipToTerm({ clip: 'transfer', reference: 'ce' });

  it('shortens the clipped gradient to the length of the reference, per variable', () => {
    // w: |ce| = 5, |transfer| = 10, so that (6, 8) becomes (3, 4). v: |transfer| = 1 is within |ce| = 2.
    const terms = { ce: { w: [3, -4], v: [2] }, transfer: { w: [6, 8], v: [-1] } };
    expectGradients(combined(policy, terms), { w: [6, 0], v: [1] });
  });

  it('multiplies the limit by its factor, which may depend on the epoch', () => {
    const terms = { ce: { w: [3, -4] }, transfer: { w: [6, 8] } };
    expectGradients(combined(clipToTerm({ clip: 'transfer', reference: 'ce', factor: 0.5 }), terms), {
      w: [4.5, -2],
    });
    const growing = clipToTerm({ clip: 'transfer', reference: 'ce', factor: (epoch) => epoch / 4 });
    expectGradients(combined(growing, terms, 1), { w: [3.75, -3] });
    expectGradients(combined(growing, terms, 100), { w: [9, 4] });
  });

  it('takes a third term as it is, and does not let it raise the limit', () => {
    const terms = { ce: { w: [3, 4] }, l2: { w: [100, 0] }, transfer: { w: [0, 10] } };
    expectGradients(combined(policy, terms), { w: [103, 9] });
  });

  it('keeps variables that only one of the terms reaches: limit 0 without a reference', () => {
    const terms = { ce: { a: [1] }, transfer: { b: [7, 7] } };
    expectGradients(combined(policy, terms), { a: [1], b: [0, 0] });
  });

  it('without a reference takes all other terms for one, in two backward passes', () => {
    const terms = { ce: { w: [3, 0] }, kd: { w: [0, 4] }, transfer: { w: [0, 10] } };
    const backward = backwardOf(terms);
    expectGradients(clipToTerm({ clip: 'transfer' }).combine(backward), { w: [3, 9] });
    expect(backward.passes).toEqual([['ce', 'kd'], ['transfer']]);
  });

  it('gives variables that the reference does not reach a limit of their own, where asked to', () => {
    const terms = { ce: { a: [1] }, transfer: { a: [5], b: [3, 4], c: [0.3] } };
    const limited = clipToTerm({ clip: 'transfer', factor: 0.5, unreached: 1 });
    expectGradients(combined(limited, terms), { a: [1.5], b: [0.6, 0.8], c: [0.3] });
  });

  it('makes no NaN of gradients of 0', () => {
    expectGradients(combined(policy, { ce: { w: [0, 0] }, transfer: { w: [0, 0] } }), { w: [0, 0] });
    expectGradients(combined(policy, { ce: { w: [1, 0] }, transfer: { w: [0, 0] } }), { w: [1, 0] });
    expectGradients(combined(policy, { ce: { w: [0, 0] }, transfer: { w: [1, 0] } }), { w: [0, 0] });
  });

  it.each([
    ['transfre', 'ce'],
    ['transfer', 'kd'],
  ])('refuses terms that the update does not have: %s, %s', async (clip, reference) => {
    const error = await caught(() => combined(clipToTerm({ clip, reference }), { ce: {}, transfer: {} }));
    expect(error.code).toBe('contract');
    expect(error.message).toMatch(/expected one of the terms ce, transfer, got '(transfre|kd)'/);
  });

  it.each<[object, string]>([
    [{ clip: 'ce', factr: 2 }, "clipToTerm: expected a known option, got 'factr'. Did you mean 'factor'?"],
    [{}, 'clipToTerm.clip: expected a non-empty string, got ""'],
    [
      { clip: 'ce', factor: NaN },
      'clipToTerm.factor: expected a number of at least 0, or a function of the epoch, got NaN',
    ],
    [
      { clip: 'ce', factor: '1' },
      'clipToTerm.factor: expected a number of at least 0, or a function of the epoch, got "1"',
    ],
    [{ clip: 'ce', unreached: -1 }, 'clipToTerm.unreached: expected a number of at least 0, got -1'],
    [{ clip: 'ce', reference: 3 }, 'clipToTerm.reference: expected a non-empty string, got 3'],
  ])('refuses %j', async (options, message) => {
    expect((await caught(() => clipToTerm(options as never))).message).toContain(message);
  });

  it.each([NaN, -1, Infinity])('names the epoch in which its factor is %s', async (factor) => {
    const policy = clipToTerm({ clip: 'transfer', factor: (epoch) => (epoch < 1 ? 1 : factor) });
    const terms = { ce: { w: [1, 0] }, transfer: { w: [0, 1] } };
    combined(policy, terms, 0.5);
    const error = await caught(() => combined(policy, terms, 1));
    expect(error.message).toBe(`clipToTerm.factor(1): expected a number of at least 0, got ${factor}.`);
  });

  it('refuses to clip a term to itself', async () => {
    const error = await caught(() => clipToTerm({ clip: 'ce', reference: 'ce' }));
    expect(error.message).toBe("clipToTerm.reference: expected another term than the clipped one, got 'ce'.");
  });
});

describe('clipByGlobalNorm', () => {
  const terms = { ce: { w: [3, 0], v: [4] } };

  it('shortens the whole gradient to the maximum', () => {
    // One norm over both variables: 5.
    expectGradients(combined(clipByGlobalNorm(1), terms), { w: [0.6, 0], v: [0.8] });
  });

  it('leaves a shorter one alone, and 0 too', () => {
    expectGradients(combined(clipByGlobalNorm(5.001), terms), { w: [3, 0], v: [4] });
    expectGradients(combined(clipByGlobalNorm(1), { ce: { w: [0] } }), { w: [0] });
    expectGradients(combined(clipByGlobalNorm(1), { ce: {} }), {});
  });

  it('works on what another policy makes', () => {
    const inner = clipToTerm({ clip: 'transfer', reference: 'ce' });
    const two = { ce: { w: [3, -4] }, transfer: { w: [6, 8] } };
    expectGradients(combined(clipByGlobalNorm(3, inner), two), { w: [3, 0] });
  });

  it.each([0, -1, NaN, Infinity])('refuses the maximum %s', async (maximum) => {
    const error = await caught(() => clipByGlobalNorm(maximum));
    expect(error.message).toBe(`clipByGlobalNorm.maximum: expected a number above 0, got ${maximum}.`);
  });
});
