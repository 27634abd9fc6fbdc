import * as tf from '@tensorflow/tfjs-core';
import { createRandom, distill, resolveEngine } from '@distilljs/core';
import { beforeAll, expect, test } from 'vitest';
import { cckd, paperPreset } from '../src/index.js';
import type { CckdOptions } from '../src/index.js';
import { inputs, matrix } from './golden.js';
import { dataset, network, planContext, stepOf, withPlan } from './planned.js';

beforeAll(async () => {
  await resolveEngine('cpu');
});

test.each([
  [{}, ['ce', 'kd', 'cc'], ['embedding'], ['embedding']],
  [{ ceWeight: 0 }, ['kd', 'cc'], ['embedding'], ['embedding']],
  [{ ceWeight: 1, kdWeight: 0 }, ['ce', 'cc'], ['embedding'], ['embedding']],
  [{ beta: 0 }, ['ce', 'kd'], [], []],
  [{ ceWeight: 1, kdWeight: 0, beta: 0 }, ['ce'], [], undefined],
  [{ ceWeight: 0, beta: 0, instance: 'mimic', embeddingWidth: 5 }, ['mimic'], ['embedding'], ['embedding']],
  [{ instance: 'kd-reverse', studentTap: 'map', teacherTap: 'map' }, ['ce', 'kd', 'cc'], ['map'], ['map']],
] as const)('%o has the terms %o and reads the taps %o and %o', async (options, names, student, teacher) => {
  await withPlan(options, (plan) => {
    // Labels are for the cross-entropy alone, and for the sampler that goes by classes.
    const labels = names.some((name) => name === 'ce');
    expect(plan.phases[0]?.reads).toEqual({ students: [student], teacher, labels, weights: true });
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
  await withPlan({ ceWeight: 0 }, (plan) => {
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

test('without embeddingWidth there is no variable; with it a head and, for another width, a projection; both matrices cost', async () => {
  // 12 images a batch, embeddings of 3 and 5.
  await withPlan({}, (plan) => {
    expect(plan.auxiliary).toEqual({});
    expect(plan.cost).toMatchObject({ trainParameters: 0, trainMacs: 12 * (3 + 5) });
  });
  for (const options of [{ beta: 0 }, { kernel: 'mmd-mean' }] as const) {
    await withPlan(options, (plan) => {
      expect(plan.cost).toMatchObject({ trainParameters: 0, trainMacs: 0 });
    });
  }
  await withPlan({ embeddingWidth: 4 }, (plan) => {
    expect(Object.keys(plan.auxiliary)).toEqual(['head/kernel', 'head/bias']);
    expect(plan.phases[0]?.updates[0]?.variables).toHaveProperty(['head/kernel']);
    expect(plan.cost).toEqual({
      trainParameters: 3 * 4 + 4,
      trainMacs: 3 * 4 + 5 * 4 + 12 * (4 + 4),
      inferenceParameters: 0,
      inferenceMacs: 0,
    });
  });
  await withPlan({ embeddingWidth: 5 }, (plan) => {
    expect(plan.cost.trainMacs).toBe(3 * 5 + 12 * (5 + 5));
  });
});

test('mimic with embeddings of two widths is refused when it is planned, and says what to set', async () => {
  await expect(withPlan({ instance: 'mimic' }, () => undefined)).rejects.toThrow(
    /cckd\.instance: expected embeddings of one width for mimic, got student 3, teacher 5\. Set embeddingWidth: 5/,
  );
});

test('a tap that does not exist is refused when it is planned', async () => {
  await expect(withPlan({ studentTap: 'embeding' }, () => undefined)).rejects.toThrow(
    /Did you mean 'embedding'/,
  );
});

test.each<[string, Partial<CckdOptions>, RegExp]>([
  [
    'more superclasses than images',
    { superclasses: 61 },
    /cckd\.superclasses: expected at most the number of training images \(60\), got 61\. Ask for fewer/,
  ],
  ['a tap that does not exist', { studentTap: 'embeding' }, /Did you mean 'embedding'/],
  ["a teacher's tap that does not exist", { beta: 0, teacherTap: 'embeding' }, /Did you mean 'embedding'/],
  ['mimic with two widths', { instance: 'mimic' }, /cckd\.instance: expected embeddings of one width/],
  [
    'batches of one class',
    { perClass: 12 },
    /cckd\.perClass: expected a divisor of the batch size 12 that leaves 2 to .*got 12, i\.e\. 1 \(super\)class\./,
  ],
  [
    'a batch that cannot be split',
    { perClass: 5 },
    /cckd\.perClass: expected a divisor of the batch size 12/,
  ],
])('%s: refused with sur before the teacher runs or anything is made', async (_what, options, message) => {
  const context = planContext();
  const before = tf.memory().numTensors;
  let passes = 0;
  const images = (positions: ArrayLike<number>): ReturnType<typeof context.images> => {
    passes++;
    return context.images(positions);
  };
  await expect(
    (async () => cckd({ sampler: 'sur', embeddingWidth: 'none', ...options }).plan({ ...context, images }))(),
  ).rejects.toThrow(message);
  expect([passes, tf.memory().numTensors]).toEqual([0, before]);
  context.dispose();
});

test('the paper preset over 10 classes and a batch of 64 says what to set; the default runs', async () => {
  const tenClasses = { train: dataset(200, 10), batchSize: 64 };
  await expect(withPlan({ perClass: 4 }, () => undefined, tenClasses)).rejects.toThrow(
    /cckd\.perClass: expected a divisor of the batch size 64 that leaves 2 to 10 .*'auto' or one of 8, 16, 32/,
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
      const rows = tf.tidy(() =>
        tf.reshape<tf.Rank.R4>(tf.cast(classRows(positions), 'float32'), [positions.length, 1, 1, 3]),
      );
      return Promise.resolve(rows);
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

test('sur with a teacher that fails leaves no tensor', async () => {
  const context = planContext({});
  const before = tf.memory().numTensors;
  const ask = (): Promise<never> => Promise.reject(new Error('gone'));
  const images = (): Promise<tf.Tensor4D> => Promise.resolve(tf.zeros<tf.Rank.R4>([1, 1, 1, 1]));
  const method = cckd({ sampler: 'sur' });
  const teacher = { ...context.teacher, ask };
  await expect(Promise.resolve(method.plan({ ...context, images, teacher }))).rejects.toThrow('gone');
  expect(tf.memory().numTensors).toBe(before);
  context.dispose();
});

test('the head gets a gradient from the correlation term', async () => {
  await withPlan({ ceWeight: 0, embeddingWidth: 4 }, (plan) => {
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
