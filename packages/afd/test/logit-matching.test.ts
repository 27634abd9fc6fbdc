import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { logitMatching } from '../src/index.js';

describe('logitMatching', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  it('is the mean over batch and classes of the squared differences', () => {
    const loss = tf.tidy(() => {
      const teacher = tf.tensor2d([
        [1, 2, 3],
        [0, 0, 0],
      ]);
      const student = tf.tensor2d([
        [1, 0, 4],
        [2, -1, 0],
      ]);
      return logitMatching(teacher, student).dataSync()[0];
    });
    // (0 + 4 + 1 + 4 + 1 + 0) / 6
    expect(loss).toBeCloseTo(10 / 6, 6);
  });

  it('has the gradient 2 (s − t) / (n c) with respect to the student', () => {
    const gradient = tf.tidy(() => {
      const teacher = tf.tensor2d([[1, 2]]);
      const student = tf.tensor2d([[3, -2]]);
      return Array.from(
        tf
          .grad((s) => logitMatching(teacher, s as tf.Tensor2D))(student)
          .dataSync(),
      );
    });
    // 2 · 2 / 2 and 2 · (−4) / 2
    expect(gradient).toEqual([2, -4]);
  });

  it('names both shapes when they differ', () => {
    tf.tidy(() => {
      expect(() => logitMatching(tf.zeros([2, 3]), tf.zeros([2, 4]))).toThrow(
        /logitMatching.*\[2, 3\].*\[2, 4\]/s,
      );
    });
  });
});
