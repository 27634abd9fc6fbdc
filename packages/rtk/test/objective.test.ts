import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { createRandom, distill, freeze, sgd, stepRate } from '@distilljs/core';
import type { NetworkOutput, PlanContext, Step, Term } from '@distilljs/core';
import { describeOnEngines, tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import { expect, test } from 'vitest';
import { attentionLoss, attentionMatching, layerMaps, rtk } from '../src/index.js';
import { baseParams, golden, goldenMatch, largestGap, matching, tensor } from './golden.js';

const { objective } = golden;

/** The weights and values of the terms of one step with the file's logits; the maps are the tiny network's. */
async function termsOf(
  method: ReturnType<typeof rtk>,
  studentLogits: Tensor2D,
): Promise<Readonly<Record<string, Term>>> {
  const [teacherNetwork, student] = [tinyNetwork(1, { width: 6 }), tinyNetwork(2)];
  const teacher = freeze(teacherNetwork);
  const taps = ['stage1', 'stage2', 'stage3'];
  const context = {
    student,
    students: [student],
    teacher,
    hasTeacher: true,
    epochs: 1,
    optimizer: sgd(),
    random: createRandom(1),
  };
  const plan = await method.plan(context as unknown as PlanContext);
  const images = tf.randomUniform<tf.Rank.R4>([4, 6, 6, 2], 0, 1, 'float32', 1);
  const maps: NetworkOutput[] = [teacher.forward(images, taps), student.forward(images, { taps })];
  const output = (at: number, logits: Tensor2D): NetworkOutput => ({
    logits,
    tap: (name) => (maps[at] as NetworkOutput).tap(name),
  });
  const step = {
    oneHot: tf.cast(tf.oneHot(tf.tensor1d(objective.labels, 'int32'), 5), 'float32'),
    teacher: output(0, tensor(objective.teacherLogits) as Tensor2D),
    student: output(1, studentLogits),
  } as unknown as Step;
  const terms = plan.phases[0]?.updates[0]?.terms(step) ?? {};
  for (const each of [plan, teacher, teacherNetwork, student]) each.dispose();
  return terms;
}

await describeOnEngines('objective', () => {
  test('is CE + α KD + β attention, by value and by gradient of the logits', async () => {
    const logits = tensor(objective.studentLogits) as Tensor2D;
    const { alpha, beta, temperature } = objective;
    const { ce, kd, attention } = await termsOf(attentionMatching(), logits);
    expect([ce?.weight, kd?.weight, attention?.weight]).toEqual([1, alpha, beta]);
    expect(attentionMatching().options.temperature).toBe(temperature);
    tf.tidy(() => {
      expect(largestGap(ce?.value as tf.Tensor, objective.ce)).toBeLessThan(1e-5);
      expect(largestGap(kd?.value as tf.Tensor, objective.kl)).toBeLessThan(1e-5);
      const loss = attentionLoss(
        goldenMatch(baseParams, matching({ direction: 'teacher-query' })),
      ).arraySync();
      const total = objective.ce + alpha * objective.kl + beta * loss;
      expect(Math.abs(total - objective.total)).toBeLessThan(2e-6 * beta);
    });
  });

  test('leaves KD out for α 0', async () => {
    const terms = await termsOf(rtk({ alpha: 0 }), tensor(objective.studentLogits) as Tensor2D);
    expect(Object.keys(terms)).toEqual(['ce', 'attention']);
  });

  test('never makes a tensor of pairs times pixels', async () => {
    const maps = (layers: number): tf.Tensor4D[] =>
      Array.from({ length: layers }, () => tf.relu(tf.randomNormal<tf.Rank.R4>([2, 16, 16, 2])));
    const { kernels } = await tf.profile(() =>
      tf.tidy(() => {
        const [teacher, student] = [layerMaps(maps(9), true), layerMaps(maps(6), false)];
        const units = student.groups.map((group) =>
          tf.sum(tf.matMul(student.ofGroup(group).units, teacher.onGrid(group).units, false, true)),
        );
        return tf.addN(units);
      }),
    );
    const largest = Math.max(
      ...kernels.flatMap(({ outputShapes }) => outputShapes.map((shape) => tf.util.sizeFromShape(shape))),
    );
    expect(largest).toBeLessThan((2 * 9 * 6 * 16 * 16) / 2);
  });
});

test('steps of the optimizer are those of the reference', () => {
  const { lr, momentum, weightDecay, w0, grads, steps } = golden.sgd;
  const w = tf.variable(tf.tensor1d(w0));
  const optimizer = sgd({ learningRate: lr, momentum, weightDecay }).create({ w });
  steps.forEach(({ weights }, index) => {
    tf.tidy(() => {
      optimizer.apply({ w: tf.tensor1d(grads[index] ?? []) }, { epoch: 0, epochs: 1 });
    });
    expect(largestGap(w, weights)).toBeLessThan(1e-6);
  });
  optimizer.dispose();
  w.dispose();
});

test("the base method's schedule falls at the start of its epochs 150, 180 and 210", () => {
  const schedule = stepRate(0.05, { milestones: [149, 179, 209] });
  for (const [epoch, rate] of Object.entries(golden.lrByEpochOneBased)) {
    // Epochs are counted from 1 there, from 0 here.
    expect(schedule.rate({ epoch: Number(epoch) - 1, epochs: 240 })).toBeCloseTo(rate, 9);
  }
});

test('the attention loss falls when it is all there is', async () => {
  const [teacher, student] = [tinyNetwork(1, { width: 6 }), tinyNetwork(2)];
  const result = await distill({
    teacher,
    students: [student],
    method: rtk({ alpha: 0, beta: 200, width: 16 }),
    train: tinyDataset(48, 1),
    epochs: 8,
    batchSize: 12,
    seed: 1,
    optimizer: sgd({ learningRate: 0.05 }),
  });
  const [first, last] = [result.history[0], result.history.at(-1)].map((epoch) =>
    JSON.stringify(epoch?.terms),
  );
  const value = (terms: string | undefined): number =>
    (JSON.parse(terms ?? '{}') as { attention: { value: number } }).attention.value;
  expect(value(last)).toBeLessThan(0.8 * value(first));
  result.dispose();
  for (const network of [teacher, student]) network.dispose();
});
