import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { createRandom, distill, resolveEngine } from '@distilljs/core';
import type { Plan } from '@distilljs/core';
import { beforeAll, expect, test } from 'vitest';
import { cckd, paperPreset, practicalPreset } from '../src/index.js';
import type { CckdOptions } from '../src/index.js';
import { describeOnEngines } from './engines.js';
import { golden, inputs, largestGap, matrix } from './golden.js';
import { dataset, network, planContext, stepOf, totalOf } from './planned.js';

beforeAll(async () => {
  await resolveEngine('cpu');
});

/** Plans with the tiny networks and gives the plan to `use`; everything is freed. */
async function withPlan(
  options: Partial<CckdOptions>,
  use: (plan: Plan) => void,
  changes: Parameters<typeof planContext>[0] = {},
): Promise<void> {
  const context = planContext(changes);
  try {
    const plan = await cckd(options).plan(context);
    use(plan);
    plan.dispose();
  } finally {
    context.dispose();
  }
}

describeOnEngines('total loss', () => {
  test.each(golden.total)('alpha $alpha, beta $beta, $ccReduction', async (expected) => {
    const { alpha, beta, tau, gamma, order, ccReduction } = expected;
    const reduction = ccReduction as 'mean' | 'sum';
    await withPlan({ alpha, beta, temperature: tau, gamma, order, reduction }, (plan) => {
      const update = plan.phases[0]?.updates[0];
      tf.tidy(() => {
        const oneHot = tf.cast(
          tf.oneHot(tf.tensor1d(golden.inputs.labels, 'int32'), 5) as Tensor2D,
          'float32',
        );
        const [teacherLogits, teacher] = [matrix(inputs.zt), matrix(inputs.Ft)];
        const total = (studentLogits: Tensor2D, student: Tensor2D): tf.Scalar =>
          totalOf(update?.terms(stepOf({ studentLogits, student, teacherLogits, teacher, oneHot })) ?? {});
        const { value, grads } = tf.valueAndGrads((...at: tf.Tensor[]) =>
          total(at[0] as Tensor2D, at[1] as Tensor2D),
        )([matrix(inputs.zs), matrix(inputs.Fs)]);
        // The KD term is core's; see instance.test.ts for its rounding.
        expect(Math.abs(value.arraySync() - expected.loss)).toBeLessThan(4e-6);
        const [gradZs, gradFs] = grads as [Tensor2D, Tensor2D];
        expect(largestGap(gradZs.arraySync(), expected.gradZs)).toBeLessThan(1e-5);
        expect(largestGap(gradFs.arraySync(), expected.gradFs)).toBeLessThan(1e-5);
      });
    });
  });
});

test('defaults are the practical preset; both presets are frozen; options are plain data', () => {
  expect(cckd().options).toEqual(practicalPreset);
  expect(cckd.defaults).toEqual(practicalPreset);
  expect(cckd(paperPreset).options).toEqual(paperPreset);
  expect(Object.isFrozen(practicalPreset) && Object.isFrozen(paperPreset)).toBe(true);
  expect(JSON.parse(JSON.stringify(cckd().options))).toStrictEqual(cckd().options);
  expect(paperPreset).toMatchObject({
    alpha: 0,
    beta: 0.003,
    gamma: 0.4,
    order: 2,
    perClass: 4,
    reduction: 'sum',
  });
});

test.each([
  [{ bta: 1 }, /cckd: expected options that exist, got 'bta'\. Did you mean 'beta'\?/],
  [{ alpha: 1.5 }, /cckd\.alpha: expected a number from 0 to 1, got 1\.5/],
  [{ beta: -1 }, /cckd\.beta: expected a number of at least 0/],
  [{ kernel: 'rbf' }, /cckd\.kernel: expected one of "rbf-taylor"/],
  [{ order: 1.5 }, /cckd\.order: expected a whole number, at least 0/],
  [{ gamma: 0 }, /cckd\.gamma: expected a number above 0/],
  [{ perClass: 'all' }, /cckd\.perClass: expected one of "auto", or a whole number, at least 1, got "all"/],
  [
    { embeddingWidth: 0 },
    /cckd\.embeddingWidth: expected one of "none", or a whole number, at least 1, got 0/,
  ],
  [{ superclasses: 1 }, /cckd\.superclasses/],
])('%o is refused', (options, message) => {
  expect(() => cckd(options as Partial<CckdOptions>)).toThrow(message);
});

test.each([
  [{}, ['ce', 'kd', 'cc'], ['embedding'], ['embedding']],
  [{ alpha: 0 }, ['kd', 'cc'], ['embedding'], ['embedding']],
  [{ alpha: 1 }, ['ce', 'cc'], ['embedding'], ['embedding']],
  [{ beta: 0 }, ['ce', 'kd'], [], []],
  [{ alpha: 1, beta: 0 }, ['ce'], [], undefined],
  [{ alpha: 0, beta: 0, instance: 'mimic', embeddingWidth: 5 }, ['mimic'], ['embedding'], ['embedding']],
  [{ instance: 'kd-reverse', studentTap: 'map', teacherTap: 'map' }, ['ce', 'kd', 'cc'], ['map'], ['map']],
] as const)('%o has the terms %o and reads the taps %o and %o', async (options, names, student, teacher) => {
  await withPlan(options, (plan) => {
    expect(plan.phases[0]?.reads).toEqual({ students: [student], teacher });
    tf.tidy(() => {
      const rows = tf.randomNormal<tf.Rank.R2>([4, 3], 0, 1, 'float32', 1);
      const step = stepOf({
        studentLogits: rows,
        teacherLogits: rows,
        student: rows,
        teacher: matrix(inputs.FtWide),
        oneHot: rows,
      });
      expect(Object.keys(plan.phases[0]?.updates[0]?.terms(step) ?? {})).toEqual(names);
    });
  });
});

test('a feature map tap gives the terms of its average', async () => {
  await withPlan({ alpha: 0 }, (plan) => {
    tf.tidy(() => {
      const map = tf.randomNormal([4, 2, 2, 3], 0, 1, 'float32', 1);
      const logits = matrix(inputs.zs);
      const valueFor = (student: tf.Tensor): number => {
        const step = stepOf({
          studentLogits: logits,
          teacherLogits: logits,
          student,
          teacher: matrix(inputs.Ft),
          oneHot: logits,
        });
        return (plan.phases[0]?.updates[0]?.terms(step).cc?.value as tf.Scalar).arraySync();
      };
      expect(valueFor(map)).toBeCloseTo(valueFor(tf.mean(map, [1, 2])), 6);
    });
  });
});

test('without embeddingWidth there is no variable and no cost; with it a head and, for another width, a projection', async () => {
  await withPlan({}, (plan) => {
    expect(plan.auxiliary).toEqual({});
    expect(plan.cost.trainParameters).toBe(0);
  });
  await withPlan({ embeddingWidth: 4 }, (plan) => {
    expect(Object.keys(plan.auxiliary)).toEqual(['head/kernel', 'head/bias']);
    expect(plan.phases[0]?.updates[0]?.variables).toHaveProperty(['head/kernel']);
    expect(plan.cost).toEqual({
      trainParameters: 3 * 4 + 4,
      trainMacs: 3 * 4 + 5 * 4,
      inferenceParameters: 0,
      inferenceMacs: 0,
    });
  });
  await withPlan({ embeddingWidth: 5 }, (plan) => {
    expect(plan.cost.trainMacs).toBe(3 * 5);
  });
});

test('mimic with embeddings of two widths is refused when it is planned', async () => {
  await expect(withPlan({ instance: 'mimic' }, () => undefined)).rejects.toThrow(
    /cckd\.instance: expected embeddings of one width for mimic, got student 3, teacher 5\. Set embeddingWidth: 5/,
  );
});

test('a tap that does not exist is refused when it is planned', async () => {
  await expect(withPlan({ studentTap: 'embeding' }, () => undefined)).rejects.toThrow(
    /Did you mean 'embedding'/,
  );
});

test('the paper preset over 10 classes and a batch of 64 says what to set; the default runs', async () => {
  const tenClasses = { train: dataset(200, 10), batchSize: 64 };
  await expect(withPlan({ perClass: 4 }, () => undefined, tenClasses)).rejects.toThrow(
    /cckd\.perClass: expected a divisor of the batch size 64 that leaves at most 10 .*'auto' or one of 8, 16, 32/,
  );
  await withPlan(
    {},
    (plan) => {
      const [batch = new Int32Array()] = plan.phases[0]?.sampler?.batches(createRandom(1)) ?? [];
      expect(new Set(Array.from(batch, (image) => tenClasses.train.labels[image])).size).toBe(8);
    },
    tenClasses,
  );
});

test('uniform leaves the sampler to the trainer', async () => {
  await withPlan({ sampler: 'uniform' }, (plan) => {
    expect(plan.phases[0]?.sampler).toBeUndefined();
  });
});

test('sur draws from clusters of what the teacher sees, whatever the labels, and frees what it made', async () => {
  const train = dataset(60);
  // The sampler gets no labels; the teacher's feature of an image is its true class as a row of 0 and 1.
  const context = planContext({ train: { ...train, labels: new Int32Array(60) } });
  const before = tf.memory().numTensors;
  const classRows = (positions: ArrayLike<number>): tf.Tensor =>
    tf.oneHot(
      tf.tensor1d(
        Array.from(positions, (position) => train.labels[position] ?? 0),
        'int32',
      ),
      3,
    );
  let asked: number[] = [];
  const plan = await cckd({ sampler: 'sur', superclasses: 3, perClass: 4 }).plan({
    ...context,
    images: (positions) => {
      asked = [...asked, ...Array.from(positions)];
      return tf.reshape(tf.cast(classRows(positions), 'float32'), [positions.length, 1, 1, 3]);
    },
    teacher: {
      ...context.teacher,
      tapShape: () => [3],
      forward: (images) => ({ logits: matrix(inputs.zt), tap: () => tf.reshape(images, [-1, 3]) }),
    },
  });
  expect(asked).toEqual(Array.from({ length: 60 }, (_, index) => index));
  const sampler = plan.phases[0]?.sampler;
  expect(sampler?.name).toBe('sur');
  for (const batch of sampler?.batches(createRandom(1)) ?? []) {
    const counts = [0, 1, 2].map(
      (label) => Array.from(batch).filter((image) => train.labels[image] === label).length,
    );
    expect(counts).toEqual([4, 4, 4]);
  }
  expect(tf.memory().numTensors).toBe(before);
  plan.dispose();
  context.dispose();
});

test('the head gets a gradient from the correlation term', async () => {
  await withPlan({ alpha: 0, embeddingWidth: 4 }, (plan) => {
    tf.tidy(() => {
      const logits = matrix(inputs.zs);
      const step = stepOf({
        studentLogits: logits,
        teacherLogits: logits,
        student: matrix(inputs.Fs),
        teacher: matrix(inputs.FtWide),
        oneHot: logits,
      });
      const head = Object.values(plan.auxiliary);
      const { grads } = tf.variableGrads(
        () => plan.phases[0]?.updates[0]?.terms(step).cc?.value ?? tf.scalar(0),
        head,
      );
      for (const variable of head) {
        expect((tf.norm(grads[variable.name] ?? tf.zeros([1])) as tf.Scalar).arraySync()).toBeGreaterThan(
          1e-4,
        );
      }
    });
  });
});

test('disposing a plan frees its head and projection', async () => {
  const context = planContext();
  const before = tf.memory().numTensors;
  const plan = await cckd({ embeddingWidth: 4, sampler: 'sur' }).plan(context);
  expect(tf.memory().numTensors).toBe(before + 3);
  plan.dispose();
  expect(tf.memory().numTensors).toBe(before);
  context.dispose();
});

test.each<[string, Partial<CckdOptions>]>([
  ['the defaults', {}],
  ['the paper preset', { ...paperPreset }],
  ['heads, mimic and sur', { instance: 'mimic', embeddingWidth: 4, sampler: 'sur', kernel: 'rbf-exact' }],
])('a run with %s trains the student', async (_what, options) => {
  const [student, teacher] = [network(1, 3), network(2, 5)];
  const before = (student.variables['map/kernel'] as tf.Variable).arraySync();
  const run = { students: [student], teacher, train: dataset(60), epochs: 2, batchSize: 12, seed: 1 };
  const result = await distill({ ...run, method: cckd(options) });
  expect(result.history).toHaveLength(2);
  expect((student.variables['map/kernel'] as tf.Variable).arraySync()).not.toEqual(before);
  result.dispose();
  student.dispose();
  teacher.dispose();
});
