import * as tf from '@tensorflow/tfjs-core';
import {
  crossEntropy,
  defineMethod,
  distill,
  DistillError,
  nonNegative,
  NO_COST,
  resolveEngine,
  text,
  uniformSampler,
} from '@distilljs/core';
import type { MethodFactory, PlanContext, Prepared, StudentOptions } from '@distilljs/core';
import { tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { caught } from '../caught.js';

beforeAll(async () => {
  await resolveEngine('cpu');
});

interface Options {
  readonly weight: number;
  readonly tap: string;
}

interface State {
  readonly scale: tf.Variable;
}

const cost = { trainParameters: 1, trainMacs: 2, inferenceParameters: 3, inferenceMacs: 4 };

/** A method with everything that the short form can say; it writes down what happens. */
function scaled(events: string[] = []): MethodFactory<Options> {
  return defineMethod<Options, State>({
    name: 'scaled',
    defaults: { weight: 1, tap: 'pool' },
    check: { weight: nonNegative, tap: text },
    validate: ({ weight, tap }) => {
      if (weight > 10 && tap === 'pool') {
        throw new DistillError({
          code: 'option',
          where: 'scaled.weight',
          expected: 'at most 10 with pool',
          got: String(weight),
        });
      }
    },
    reads: ({ tap }) => ({ student: [tap] }),
    prepare: ({ train, batchSize }: PlanContext): Prepared<State> => {
      events.push('prepare');
      const scale = tf.tidy(() => tf.variable(tf.scalar(1)));
      return {
        state: { scale },
        variables: { scale },
        sampler: { ...uniformSampler(train.size, batchSize), name: 'mine' },
        cost,
        finish: () => void events.push('finish'),
        dispose: () => {
          events.push('dispose');
          scale.dispose();
        },
      };
    },
    loss: (step, { weight, tap }, { scale }) => ({
      ce: { value: crossEntropy(step.oneHot, step.student.logits), weight: 1 },
      size: { value: tf.mean(tf.square(tf.mul(step.student.tap(tap), scale))), weight },
    }),
  });
}

const run = { train: tinyDataset(8, 1), epochs: 2, batchSize: 4, seed: 1 };

describe('defineMethod', () => {
  it('makes a factory with a name and defaults, and methods that are plain data', () => {
    const factory = scaled();
    expect(factory.methodName).toBe('scaled');
    expect(factory.defaults).toEqual({ weight: 1, tap: 'pool' });
    const method = factory({ weight: 3 });
    expect(method).toMatchObject({ spec: 'v1', name: 'scaled', options: { weight: 3, tap: 'pool' } });
    expect(JSON.parse(JSON.stringify(method))).toEqual({
      spec: 'v1',
      name: 'scaled',
      options: { weight: 3, tap: 'pool' },
    });
  });

  it('refuses fields that it does not know, which would have no effect', async () => {
    const plain = { name: 'plain', defaults: {}, check: {}, loss: () => ({}) };
    const make = (more: object): Promise<{ message: string }> =>
      caught(() => defineMethod({ ...plain, reads: () => ({ student: [] }), ...more }));
    expect((await make({ validates: () => undefined })).message).toContain(
      "defineMethod: expected a known option, got 'validates'. Did you mean 'validate'?",
    );
    const method = defineMethod({ ...plain, reads: () => ({ student: [], label: false }) as never })();
    const error = await caught(() => distill({ ...run, students: [tinyNetwork(2)], method }));
    expect(error.message).toContain(
      "method 'plain', reads: expected a known option, got 'label'. Did you mean 'labels'?",
    );
  });

  it('checks options one by one and together, when the method is made', async () => {
    expect((await caught(() => scaled()({ weight: -1 }))).message).toMatch(
      /^scaled\.weight: expected a number of at least 0/,
    );
    expect((await caught(() => scaled()({ wight: 1 } as object))).message).toMatch(/Did you mean 'weight'/);
    expect((await caught(() => scaled()({ weight: 11 }))).message).toMatch(/at most 10 with pool/);
  });

  it('trains the variables that it prepares with the student, and tells its cost', async () => {
    const events: string[] = [];
    const result = await distill({ ...run, students: [tinyNetwork(2)], method: scaled(events)() });
    expect(Object.keys(result.history[0]?.terms ?? {})).toEqual(['ce', 'size']);
    expect(result.cost).toEqual(cost);
    expect(events).toEqual(['prepare', 'finish']);
    result.dispose();
    expect(events).toEqual(['prepare', 'finish', 'dispose']);
  });

  it('frees what it prepared when a run cannot start', async () => {
    const events: string[] = [];
    const options = {
      ...run,
      students: [tinyNetwork(2)],
      method: scaled(events)(),
      callbacks: [
        {
          name: 'broken',
          start: () => {
            throw new Error('no');
          },
        },
      ],
    };
    const before = tf.memory().numTensors;
    await expect(distill(options)).rejects.toThrow('no');
    expect(events).toEqual(['prepare', 'dispose']);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('finds wrong taps before anything is prepared', async () => {
    const events: string[] = [];
    const error = await caught(() =>
      distill({ ...run, students: [tinyNetwork(2)], method: scaled(events)({ tap: 'pol' }) }),
    );
    expect(error.code).toBe('tap');
    expect(events).toEqual([]);
  });

  it.each([
    ['student', { student: 'pool' }, '"pool"'],
    ['student', {}, 'nothing'],
    ['teacher', { student: [], teacher: 'pool' }, '"pool"'],
    ['teacher', { student: [], teacher: [['pool']] }, '[["pool"]]'],
  ])('refuses taps of the %s that are no list of names: %o', async (whose, reads, got) => {
    const method = defineMethod<StudentOptions>({
      name: 'odd',
      defaults: {},
      check: {},
      reads: () => reads as never,
      loss: () => ({}),
    });
    const error = await caught(() => distill({ ...run, students: [tinyNetwork(2)], method: method() }));
    expect(error.message).toBe(
      `method 'odd', reads.${whose}: expected a list, each entry a non-empty string, got ${got}.`,
    );
  });

  it('costs nothing unless it says so', async () => {
    const plain = defineMethod<StudentOptions>({
      name: 'plain',
      defaults: {},
      check: {},
      reads: () => ({ student: [] }),
      loss: (step) => ({ ce: { value: crossEntropy(step.oneHot, step.student.logits), weight: 1 } }),
    });
    const result = await distill({ ...run, students: [tinyNetwork(2)], method: plain() });
    expect(result.cost).toEqual(NO_COST);
    result.dispose();
  });
});
