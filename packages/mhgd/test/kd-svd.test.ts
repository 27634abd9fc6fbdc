import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import { describeMethod, describeOnEngines, testEngines } from '@distilljs/core/testing';
import { expect, test } from 'vitest';
import { kdSvd, relation, relationLoss } from '../src/index.js';
import { golden, largestGap } from './golden.js';
import { planned } from './planned.js';

const { kd_svd_rank1: rank1 } = golden;
const row = (values: readonly number[]): Tensor3D => tf.tensor3d([[[...values]]]);

await describeOnEngines('relations of singular vectors', () => {
  test('relation and rank-1 loss are the reference', () => {
    tf.tidy(() => {
      const [front, back] = [row(rank1.teacher_front), row(rank1.teacher_back)];
      expect(largestGap(relation(front, back, 8), rank1['teacher_rbf[back][front]'])).toBeLessThan(1e-6);
      const teacher = [front, back].map((vectors) => ({ vectors, singularValues: tf.tensor2d([[2]]) }));
      const student = [row(rank1.student_front), row(rank1.student_back)];
      const loss = relationLoss(student, teacher, { form: 'rank-1', beta: 8 }).dataSync()[0] ?? NaN;
      expect(Math.abs(loss - rank1.loss_sum_sq)).toBeLessThan(1e-7);
      // One vector has weight 1: the first paper's form is half of it.
      const half = relationLoss(student, teacher, { form: 'eccv', beta: 8 }).dataSync()[0] ?? NaN;
      expect(Math.abs(half - rank1.loss_sum_sq / 2)).toBeLessThan(1e-7);
      expect(relationLoss([front, back], teacher, { form: 'rank-1', beta: 8 }).dataSync()[0]).toBe(0);
    });
  });

  test('both forms weight each vector by its share of the singular values, both sides alike', () => {
    tf.tidy(() => {
      // σ = (3, 4) at both taps: weights 0.6 and 0.8. Vectors e₁, e₂ and, for the student, e₁ twice.
      const units = tf.tensor3d([
        [
          [1, 0],
          [0, 1],
        ],
      ]);
      const twice = tf.tensor3d([
        [
          [1, 0],
          [1, 0],
        ],
      ]);
      const teacher = { vectors: units, singularValues: tf.tensor2d([[3, 4]]) };
      const lossOf = (form: 'eccv' | 'rank-1'): number =>
        relationLoss([units, twice], [teacher, teacher], { form, beta: 8 }).dataSync()[0] ?? NaN;
      // Second vector only: entries f = (0, .8); b = (0, .8) of the teacher and (.8, 0) of the student.
      const apart = 1 - Math.exp(-0.64 / 8);
      expect(lossOf('rank-1')).toBeCloseTo(4 * apart ** 2, 6);
      expect(lossOf('eccv')).toBeCloseTo((Math.SQRT2 / 2) * 4 * apart ** 2, 6);
    });
  });
});

const engines = await testEngines();

describeMethod('kd-svd', {
  engines,
  method: () => kdSvd(),
  needsTeacher: true,
  refused: [
    { make: () => kdSvd({ beta: 0 }), message: /kd-svd\.beta: expected a number above 0, got 0/ },
    {
      make: () => kdSvd({ ceWeight: 0 }),
      message: /kd-svd: expected ceWeight or kdWeight above 0, got both 0/,
    },
    {
      make: () => kdSvd({ form: 'rank1' as 'eccv' }),
      message: /kd-svd\.form: expected one of "rank-1", "eccv"/,
    },
  ],
  wrongTap: () => kdSvd({ studentTaps: ['stage1', 'stage9'], teacherTaps: ['stage1', 'stage2'] }),
});

test('the ECCV form with three vectors runs too; more than a map has are refused', async () => {
  const { distill, resolveEngine } = await import('@distilljs/core');
  const { tinyDataset, tinyNetwork } = await import('@distilljs/core/testing');
  await resolveEngine('wasm');
  const [student, teacher] = [tinyNetwork(1, { width: 4 }), tinyNetwork(2, { width: 4 })];
  const run = { students: [student], teacher, train: tinyDataset(24, 1), epochs: 1, batchSize: 12, seed: 1 };
  const result = await distill({
    ...run,
    method: kdSvd({ form: 'eccv', vectors: 3, ceWeight: 0.1, kdWeight: 0.9 }),
  });
  const { ce, kd, transfer } = result.history[0]?.terms ?? {};
  for (const term of [ce, kd, transfer]) expect(term?.value).toBeGreaterThan(0);
  result.dispose();
  const wider = { ...run, teacher: tinyNetwork(3, { width: 5 }) };
  const before = tf.memory().numTensors;
  for (const refused of [run, wider]) {
    await expect(distill({ ...refused, method: kdSvd({ vectors: 99 }) })).rejects.toThrow(
      /kd-svd\.vectors: expected at most \d+, .*got 99/,
    );
  }
  expect(tf.memory().numTensors).toBe(before);
});

test('taps must be listed from front to back', async () => {
  const taps = { studentTaps: ['stage1', 'stage2'], teacherTaps: ['stage2', 'stage1'] };
  await expect(planned(kdSvd(taps))).rejects.toThrow(
    /kd-svd\.teacherTaps, network '.*': .*got 'stage2' before 'stage1'/,
  );
});
