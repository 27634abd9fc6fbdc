import { describeOnEngines } from '@distilljs/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import {
  alignedVectors,
  estimate,
  graphDivergence,
  positionRows,
  reconstruction,
  scores,
  teacherVectors,
} from '../src/index.js';
import { transferPolicy } from '../src/transfer-policy.js';
import { flat, golden, largestGap, relativeGap } from './golden.js';
import { goldenMask, goldenModule } from './modules.js';

const { hand, random } = golden.transfer;
const endToEnd = golden.end_to_end;

await describeOnEngines('graph divergence', () => {
  test('by hand: rows (½, ½) against softmax(±1)', () => {
    const loss = tf.tidy(
      () => graphDivergence(tf.tensor3d(hand.S_student), tf.tensor3d(hand.S_teacher)).dataSync()[0],
    );
    // 2 · (½ ln(½ / 0.880797) + ½ ln(½ / 0.119203))
    expect(loss).toBeCloseTo(0.867561660966, 5);
  });

  test('leaves nothing behind but its value, outside of tf.tidy too; nor does the reconstruction', () => {
    const [s, rows] = [tf.zeros<tf.Rank.R3>([2, 3, 3]), tf.ones<tf.Rank.R2>([3, 2])];
    const before = tf.memory().numTensors;
    const values = [graphDivergence(s, s), reconstruction(rows, rows)];
    expect(tf.memory().numTensors - before).toBe(2);
    tf.dispose([s, rows, ...values]);
  });

  test('value and gradient are the reference; the student stands first', () => {
    tf.tidy(() => {
      const teacher = tf.tensor3d(random.S_teacher);
      const { value, grad } = tf.valueAndGrad((s: tf.Tensor) => graphDivergence(s as Tensor3D, teacher))(
        tf.tensor3d(random.S_student),
      );
      expect(value.dataSync()[0]).toBeCloseTo(random.loss, 5);
      expect(value.dataSync()[0]).toBeLessThan(random.upper_bound_2_per_row);
      expect(
        Math.abs((value.dataSync()[0] ?? 0) - random.loss_if_direction_were_wrongly_reversed),
      ).toBeGreaterThan(0.1);
      expect(largestGap(grad, random.grad_S_student)).toBeLessThan(1e-5);
    });
  });

  test('0 without gradient for equal graphs; a constant added to a row before tanh counts; heads may be permuted', () => {
    tf.tidy(() => {
      const [student, teacher] = [tf.tensor3d(random.S_student), tf.tensor3d(random.S_teacher)];
      const same = tf.valueAndGrad((s: tf.Tensor) => graphDivergence(s as Tensor3D, teacher))(teacher);
      expect(Math.abs(same.value.dataSync()[0] ?? NaN)).toBeLessThan(1e-6);
      expect(tf.max(tf.abs(same.grad)).dataSync()[0]).toBeLessThan(1e-6);
      expect(
        Math.abs((graphDivergence(tf.add(student, 1), teacher).dataSync()[0] ?? 0) - random.loss),
      ).toBeGreaterThan(0.01);
      const permuted = graphDivergence(tf.reverse(student, 0), tf.reverse(teacher, 0));
      expect(permuted.dataSync()[0]).toBeCloseTo(random.loss, 5);
    });
  });
});

await describeOnEngines('the whole way from maps to losses', () => {
  const maps = (values: number[][][][][]): Tensor4D[] => values.map((value) => tf.tensor4d(value));
  const modules = () => endToEnd.modules.map((params) => goldenModule(endToEnd.A, params));
  const only = (vectors: Tensor3D): tf.Tensor2D => tf.squeeze(vectors, [1]);

  test('vectors, chosen candidates and both losses are the reference', () => {
    tf.tidy(() => {
      const teacher = maps(endToEnd.teacher_features).map((map) => teacherVectors(map, 1).vectors);
      const student = maps(endToEnd.student_features).map((map, at) =>
        alignedVectors(positionRows(map), teacher[at] as Tensor3D, 4),
      );
      teacher.forEach((vectors, at) => {
        expect(largestGap(vectors, endToEnd.V_teacher[at] ?? [])).toBeLessThan(1e-5);
        expect(largestGap(student[at]?.vectors ?? [], endToEnd.V_student_aligned[at] ?? [])).toBeLessThan(
          1e-4,
        );
        expect(flat(student[at]?.taken as tf.Tensor)).toEqual(endToEnd.student_index[at]);
      });
      const losses = modules().map(({ attention, estimator }, at) => {
        const [front, back] = [only(teacher[at] as Tensor3D), only(teacher[at + 1] as Tensor3D)];
        const graphs = tf.softmax(scores(front, back, attention, 'batch'));
        const mask = goldenMask(endToEnd.drop_masks[at] ?? []);
        return reconstruction(estimate(front, graphs, mask, estimator), back);
      });
      expect(tf.addN(losses).dataSync()[0]).toBeCloseTo(endToEnd.L_mhan_sum, 4);
    });
  });

  test('the transfer loss is the reference, and so are its gradients to all maps of the student', () => {
    tf.tidy(() => {
      const teacher = maps(endToEnd.teacher_features).map((map) => teacherVectors(map, 1).vectors);
      const all = modules();
      const loss = (...student: tf.Tensor[]): tf.Scalar => {
        const aligned = student.map((map, at) =>
          only(alignedVectors(positionRows(map as Tensor4D), teacher[at] as Tensor3D, 4).vectors),
        );
        const each = all.map(({ attention }, at) => {
          const of = (vectors: tf.Tensor2D[]): Tensor3D =>
            scores(vectors[at] as tf.Tensor2D, vectors[at + 1] as tf.Tensor2D, attention, 'moving');
          return graphDivergence(of(aligned), of(teacher.map(only)));
        });
        return tf.addN(each);
      };
      const { value, grads } = tf.valueAndGrads(loss)(maps(endToEnd.student_features));
      expect(value.dataSync()[0]).toBeCloseTo(endToEnd.L_transfer, 5);
      grads.forEach((gradient, at) => {
        expect(relativeGap(gradient, endToEnd.grad_student_features[at] ?? []), `map ${at}`).toBeLessThan(
          1e-3,
        );
      });
      const larger = maps(endToEnd.student_features).map((map) => tf.mul(map, 3.7));
      expect(loss(...larger).dataSync()[0]).toBeCloseTo(endToEnd.L_transfer, 5);
      const order = tf.tensor1d([3, 1, 0, 2], 'int32');
      const shuffle = (map: tf.Tensor): tf.Tensor => tf.gather(map, order);
      const shuffledTeacher = teacher.map((vectors) => shuffle(vectors) as Tensor3D);
      teacher.splice(0, teacher.length, ...shuffledTeacher);
      expect(loss(...maps(endToEnd.student_features).map(shuffle)).dataSync()[0]).toBeCloseTo(
        endToEnd.L_transfer,
        5,
      );
    });
  });
});

await describeOnEngines('clip of the transfer gradient', () => {
  test.each(golden.clip_per_variable)(
    'task $g_task, transfer $g_dist, epoch $epochs_into_stage2',
    (entry) => {
      tf.tidy(() => {
        const task = { w: tf.tensor1d(entry.g_task), classifier: tf.tensor1d([7]) };
        const transfer = { w: tf.tensor1d(entry.g_dist), 'projection1/kernel': tf.tensor1d([3, 4]) };
        const combined = transferPolicy(true).combine({
          terms: ['ce', 'transfer', 'otherVectors'],
          epoch: entry.epochs_into_stage2 + 0.9,
          numberAt: (of) => of(entry.epochs_into_stage2 + 0.9),
          gradient: (terms = []) => (terms.includes('transfer') ? transfer : task),
        });
        const clipped = tf.sub(combined['w'] as tf.Tensor, task.w);
        expect(largestGap(clipped, entry.g_dist_clipped)).toBeLessThan(1e-5);
        expect(flat(combined['classifier'] as tf.Tensor)).toEqual([7]);
        expect(largestGap(combined['projection1/kernel'] as tf.Tensor, [0.06, 0.08])).toBeLessThan(1e-6);
      });
    },
  );

  test('without warm-up the limit is the whole task gradient from the start', () => {
    tf.tidy(() => {
      const { w } = transferPolicy(false).combine({
        terms: ['ce', 'transfer'],
        epoch: 0,
        numberAt: (of) => of(0),
        gradient: (terms = []) => ({ w: tf.tensor1d(terms.includes('transfer') ? [0, 20] : [3, 4]) }),
      });
      expect(flat(w as tf.Tensor)).toEqual([3, 9]);
    });
  });
});
