import * as tf from '@tensorflow/tfjs-core';
import { distill, NO_COST, resolveEngine, sgd } from '@distilljs/core';
import type { DistillOptions, Method, Phase, Plan, Step, Update } from '@distilljs/core';
import { tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { caught } from '../caught.js';

beforeAll(async () => {
  await resolveEngine('cpu');
});

const options = (change: Partial<DistillOptions> & Pick<DistillOptions, 'method'>): DistillOptions => ({
  students: [tinyNetwork(2)],
  train: tinyDataset(8, 1),
  epochs: 1,
  batchSize: 4,
  seed: 1,
  ...change,
});

/** A method of one phase with one update; each test breaks one thing. */
function methodOf(
  phase: Partial<Phase>,
  update: Partial<Update> = {},
): Method & { readonly disposed: () => boolean } {
  let disposed = false;
  const plan: Method['plan'] = ({ students: [network] }): Plan => {
    const whole: Update = {
      name: 'student',
      variables: network.variables,
      optimizer: sgd(),
      terms: (step) => ({ term: { value: tf.mean(step.student.logits), weight: 1 } }),
      ...update,
    };
    return {
      auxiliary: {},
      cost: NO_COST,
      phases: [{ name: 'train', epochs: 1, reads: { students: [[]] }, updates: [whole], ...phase }],
      dispose: () => {
        disposed = true;
      },
    };
  };
  return { spec: 'v1', name: 'toy', options: {}, plan, disposed: () => disposed };
}

const termOf = (make: (step: Step) => tf.Tensor): Partial<Update> => ({
  terms: (step) => ({ term: { value: make(step) as tf.Scalar, weight: 1 } }),
});

describe('a method that breaks the contract', () => {
  it.each<[string, Partial<Phase>, Partial<Update>, string]>([
    [
      'no update',
      { updates: [] },
      {},
      "method 'toy', phase 'train': expected at least one update, got none.",
    ],
    [
      'no epoch',
      { epochs: 0 },
      {},
      "method 'toy', phase 'train', epochs: expected a whole number, at least 1, got 0.",
    ],
    [
      'too many students',
      { reads: { students: [[], []] } },
      {},
      "method 'toy', phase 'train': expected at most 1 students, got 2.",
    ],
    [
      'a teacher that is not there',
      { reads: { students: [[]], teacher: [] } },
      {},
      "method 'toy': expected a teacher, got none.",
    ],
    [
      'a term that is no scalar',
      {},
      termOf((step) => step.student.logits),
      "update 'student', term 'term': expected a scalar, got shape [4, 3]. Reduce it with tf.mean or tf.sum.",
    ],
    [
      'a term that is no tensor',
      {},
      termOf(() => 5 as never),
      "update 'student', term 'term', value: expected a scalar float32 tensor, got 5.",
    ],
    [
      'a term without a weight',
      {},
      { terms: (step) => ({ ce: { value: tf.mean(step.student.logits) } }) as never },
      "update 'student', term 'ce', weight: expected a finite number, got nothing.",
    ],
    [
      'a loss in the place of terms',
      {},
      { terms: ((step: Step) => tf.mean(step.student.logits)) as never },
      "update 'student', terms: expected an object of terms, { name: { value, weight } }, got a tensor of shape [].",
    ],
    [
      'a forgotten return',
      {},
      { terms: () => undefined as never },
      "update 'student', terms: expected an object of terms, { name: { value, weight } }, got nothing.",
    ],
    [
      'promised terms',
      {},
      { terms: () => Promise.resolve({}) as never },
      'terms: expected an object of terms, { name: { value, weight } }, got a promise.',
    ],
    [
      'terms that throw',
      {},
      {
        terms: () => {
          throw new TypeError('x is not a function');
        },
      },
      "method 'toy', phase 'train', epoch 0, step 0: expected a step that does not throw, got x is not a function.",
    ],
    [
      'a teacher that is not read',
      {},
      termOf((step) => step.teacher.logits),
      "phase 'train', step.teacher: expected teacher among the networks that the phase reads",
    ],
    [
      'a student that is not read',
      { reads: {} },
      {},
      "phase 'train', step.students[0]: expected students[0] among the networks that the phase reads",
    ],
    [
      'a tap that is not read',
      {},
      termOf((step) => tf.mean(step.student.tap('pool'))),
      "network 'tiny4', tap 'pool': expected a tap that the phase declared in `reads`, got no declared taps.",
    ],
    [
      'a tap that does not exist',
      { reads: { students: [['pol']] } },
      {},
      "network 'tiny4': expected the name of a layer, got 'pol'. Did you mean 'pool'?",
    ],
    [
      'a weight of NaN',
      {},
      { terms: (step) => ({ term: { value: tf.mean(step.student.logits), weight: NaN } }) },
      "update 'student', term 'term', weight: expected a finite number, got NaN.",
    ],
    [
      'a term of whole numbers',
      {},
      termOf((step) => tf.cast(tf.mean(step.student.logits), 'int32')),
      "update 'student', term 'term', value: expected a scalar float32 tensor, got \"int32\".",
    ],
  ])('is told where: %s', async (_, phase, update, message) => {
    const method = methodOf(phase, update);
    const before = options({ method });
    const tensors = tf.memory().numTensors;
    const error = await caught(() => distill(before));
    expect(error.message).toContain(message);
    expect(method.disposed()).toBe(true);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it.each<[unknown, string]>([
    [new TypeError('x is not a function'), 'x is not a function'],
    ['text', 'text'],
    [Symbol('x'), 'a symbol'],
    [undefined, 'nothing'],
  ])('reports a plan that throws: %o', async (thrown, got) => {
    const plan: Method['plan'] = () => {
      throw thrown;
    };
    const error = await caught(() => distill(options({ method: { ...methodOf({}), plan } })));
    expect(error.message).toBe(`method 'toy', plan: expected a plan, got ${got}.`);
    expect(error.cause).toBe(thrown);
  });

  it('reports options that no checkpoint can hold', async () => {
    const circle: Record<string, unknown> = {};
    circle['itself'] = circle;
    for (const mine of [{ big: 10n }, circle]) {
      const error = await caught(() => distill(options({ method: { ...methodOf({}), options: mine } })));
      expect(error.message).toMatch(/^method 'toy', options: expected plain data, got \w/);
    }
  });

  it('reports two updates with one name', async () => {
    const update: Update = { name: 'a', variables: {}, optimizer: sgd(), terms: () => ({}) };
    const error = await caught(() => distill(options({ method: methodOf({ updates: [update, update] }) })));
    expect(error.message).toContain("phase 'train': expected updates of different names, got a, a");
  });

  it('reports a variable that no checkpoint would hold', async () => {
    const forgotten = tf.tidy(() => tf.variable(tf.scalar(1)));
    const error = await caught(() =>
      distill(options({ method: methodOf({}, { variables: { forgotten } }) })),
    );
    expect(error.code).toBe('contract');
    expect(error.message).toContain(
      "phase 'train', update 'student': expected variables of a student or of `auxiliary`, which checkpoints hold, got 'forgotten'.",
    );
    forgotten.dispose();
  });

  it('reports an update without variables before the first step, also one of a later phase', async () => {
    const method = methodOf({});
    const late: Method['plan'] = async (context) => {
      const { phases, ...rest } = await method.plan(context);
      const [phase] = phases as readonly [Plan['phases'][number]];
      const updates = phase.updates.map((update) => ({ ...update, variables: {} }));
      return { ...rest, phases: [phase, { ...phase, name: 'late', updates }] };
    };
    let steps = 0;
    const callbacks = [{ name: 'count', step: () => void (steps += 1) }];
    const error = await caught(() => distill(options({ method: { ...method, plan: late }, callbacks })));
    expect(error.message).toContain(
      "phase 'late', update 'student': expected at least one variable to train, got none.",
    );
    expect(steps).toBe(0);
  });

  it('reports a wrong tap before the first step, also one of a later phase', async () => {
    const method = methodOf({});
    const late: Method['plan'] = async (context) => {
      const { phases, ...rest } = await method.plan(context);
      return {
        ...rest,
        phases: [...phases, ...phases.map((phase) => ({ ...phase, reads: { students: [['pol']] } }))],
      };
    };
    let steps = 0;
    const callbacks = [{ name: 'count', step: () => void (steps += 1) }];
    const error = await caught(() => distill(options({ method: { ...method, plan: late }, callbacks })));
    expect(error.code).toBe('tap');
    expect(steps).toBe(0);
  });
});

describe('finish and dispose of a plan', () => {
  it('run once after the last phase, and again for other weights', async () => {
    let finished = 0;
    const method = methodOf({});
    const plan: Method['plan'] = async (context) => ({
      ...(await method.plan(context)),
      finish: () => (finished += 1),
    });
    const result = await distill(options({ method: { ...method, plan }, validation: tinyDataset(6, 2) }));
    expect(finished).toBe(1);
    result.restoreBest();
    result.restoreLast();
    expect(finished).toBe(3);
    expect(method.disposed()).toBe(false);
    result.dispose();
    expect(method.disposed()).toBe(true);
  });
});
