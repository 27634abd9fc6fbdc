import { crossEntropy, hintonKd, labelSmoothingCrossEntropy } from '@distilljs/core';
import type { Probabilities } from '@distilljs/core';
import { describeOnEngines } from '@distilljs/core/testing';
import {
  attentionEntropy,
  subtaskCrossEntropy,
  subtaskKd,
  taskAttention,
  teacherBinaryLogits,
} from '@distilljs/vam';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { expectClose, expectScalar, golden, tensor } from './golden.js';

const { G5_kd_multiclass: g5, G6_kd_binary: g6, G7_label_smoothing: g7 } = golden;

const oneHot = (labels: readonly number[], classes: number): Probabilities =>
  tf.cast(tf.oneHot(tf.tensor1d([...labels], 'int32'), classes), 'float32') as Probabilities;
const margins = (pairs: tf.Tensor): Tensor2D => {
  const [yes, no] = tf.unstack(pairs, 2) as [Tensor2D, Tensor2D];
  return tf.sub(yes, no);
};

await describeOnEngines('the loss of one task among all classes', () => {
  it('has the expected terms and gradients', () => {
    for (const { T, w_cls, w_kd, ce, kl_T2, total, grad_student } of g5.cases) {
      tf.tidy(() => {
        const [student, teacher] = [tensor<Tensor2D>(g5.student), tensor<Tensor2D>(g5.teacher)];
        const targets = oneHot(g5.labels, 5);
        expectScalar(crossEntropy(targets, student), ce);
        expectScalar(hintonKd(teacher, student, T), kl_T2);
        const loss = (s: tf.Tensor): tf.Scalar =>
          tf.add(
            tf.mul(crossEntropy(targets, s as Tensor2D), w_cls),
            tf.mul(hintonKd(teacher, s as Tensor2D, T), w_kd),
          );
        expectScalar(loss(student), total);
        expectClose(tf.grad(loss)(student), grad_student);
        expectScalar(hintonKd(teacher, teacher, T), 0);
        expectScalar(loss(tf.add(student, 3)), total);
      });
    }
  });

  it('leaves nothing behind but its values, outside of tf.tidy too', () => {
    const logits = tf.zeros<tf.Rank.R2>([3, 4]);
    const before = tf.memory().numTensors;
    const values = [
      subtaskCrossEntropy(logits, logits),
      subtaskKd(logits, logits, 4),
      attentionEntropy(logits, 0.5),
      taskAttention(logits, 0.5),
    ];
    expect(tf.memory().numTensors - before).toBe(values.length);
    tf.dispose([logits, ...values]);
  });

  it('smooths labels as expected', () => {
    for (const { eps, loss, grad } of g7.cases) {
      tf.tidy(() => {
        const smoothed = (s: tf.Tensor): tf.Scalar =>
          labelSmoothingCrossEntropy(oneHot(g7.labels, 4), s as Tensor2D, eps);
        expectScalar(smoothed(tensor(g7.student)), loss);
        expectClose(tf.grad(smoothed)(tensor(g7.student)), grad);
      });
    }
  });
});

await describeOnEngines('the losses of subtasks', () => {
  it('have the expected values and gradients, opposite in a head’s two outputs', () => {
    for (const {
      T,
      w_cls,
      w_kd,
      over_subtasks,
      bce_per_task,
      kl_T2_per_task,
      total,
      grad_two_logits,
    } of g6.cases) {
      tf.tidy(() => {
        const teacher = tensor<Tensor2D>(g6.teacher);
        const targets = oneHot(g6.labels, 3);
        const pairs = tensor<tf.Tensor3D>(g6.two_logits);
        expectClose(subtaskCrossEntropy(targets, margins(pairs)), bce_per_task);
        expectClose(subtaskKd(teacher, margins(pairs), T), kl_T2_per_task);
        const loss = (at: tf.Tensor): tf.Scalar => {
          const m = margins(at);
          const losses = tf.add(
            tf.mul(subtaskCrossEntropy(targets, m), w_cls),
            tf.mul(subtaskKd(teacher, m, T), w_kd),
          );
          return over_subtasks === 'sum' ? tf.sum(losses) : tf.mean(losses);
        };
        expectScalar(loss(pairs), total);
        const gradient = tf.grad(loss)(pairs);
        expectClose(gradient, grad_two_logits);
        expectClose(tf.sum(gradient, 2), tf.zeros<tf.Rank.R2>([4, 3]).arraySync());
      });
    }
  });

  it('take the teacher’s binary event from all its logits', () => {
    tf.tidy(() => {
      const logits = teacherBinaryLogits(tensor<Tensor2D>(g6.teacher), 4);
      expectClose(logits, g6.teacher_binary_logit_T4);
      expectClose(tf.sigmoid(logits), g6.teacher_binary_soft_T4);
      expectClose(tf.sum(tf.sigmoid(logits), 1), [1, 1, 1, 1]);
    });
  });

  it('smooth two answers as expected', () => {
    tf.tidy(() => {
      const targets = tensor<Tensor2D>(g7.binary.pos_targets);
      const losses = subtaskCrossEntropy(targets, margins(tensor(g7.binary.two_logits)));
      expectClose(losses, g7.binary.bce_per_task);
      expectScalar(tf.sum(losses), g7.binary.sum);
    });
  });

  it('stay finite for a teacher and margins that are sure', () => {
    tf.tidy(() => {
      const teacher = tf.tensor2d([[300, -300, 0]]);
      const sure = tf.tensor2d([[-200, 200, 0]]);
      const { value, grad } = tf.valueAndGrad((m: tf.Tensor) => tf.sum(subtaskKd(teacher, m as Tensor2D, 1)))(
        sure,
      );
      expect([...value.dataSync(), ...grad.dataSync()].every(Number.isFinite)).toBe(true);
    });
  });

  it('give the teacher no gradient', () => {
    tf.tidy(() => {
      const m = margins(tensor(g6.two_logits));
      expect(() =>
        tf.grad((z: tf.Tensor) => tf.sum(subtaskKd(z as Tensor2D, m, 4)))(tensor(g6.teacher)),
      ).toThrow(/Cannot compute gradient/);
    });
  });
});
