import * as tf from '@tensorflow/tfjs-core';
import { crossEntropy, hintonKd, labelSmoothingCrossEntropy, standardizedKd } from '@distilljs/core';
import type { Logits, Probabilities, Scalar } from '@distilljs/core';
import { testEngines } from '@distilljs/core/testing';
import { expect, it } from 'vitest';
import reference from '../fixtures/torch-losses.json' with { type: 'json' };
import { expectClose } from '../numbers.js';
import { describeOn } from '../on-engines.js';

interface Case {
  readonly name: string;
  readonly loss: number;
  readonly gradient: readonly (readonly number[])[];
  readonly temperature?: number;
  readonly smoothing?: number;
}

function lossOf({ name, temperature = 1, smoothing = 0 }: Case, student: Logits): Scalar {
  const teacher = tf.tensor2d(reference.teacher);
  const oneHot = tf.cast(tf.oneHot(tf.tensor1d(reference.labels, 'int32'), 5), 'float32') as Probabilities;
  switch (name) {
    case 'cross-entropy':
      return crossEntropy(oneHot, student);
    case 'label-smoothing':
      return labelSmoothingCrossEntropy(oneHot, student, smoothing);
    case 'kd':
      return hintonKd(teacher, student, temperature);
    case 'standardized-kd':
      return standardizedKd(teacher, student, temperature);
    default:
      throw new Error(`no loss '${name}'`);
  }
}

describeOn(await testEngines(), 'losses equal those of PyTorch', () => {
  const cases: readonly Case[] = reference.cases;
  it.each(
    cases.map((entry) => [`${entry.name} ${entry.temperature ?? entry.smoothing ?? ''}`, entry] as const),
  )('%s', (_, entry) => {
    tf.tidy(() => {
      const { value, grad } = tf.valueAndGrad((z) => lossOf(entry, z as Logits))(
        tf.tensor2d(reference.student),
      );
      expect(value.shape).toEqual([]);
      // The loss is T² times a small difference of two sums near ln 5: float32 rounds each by 1e-7.
      const tolerance = 2e-6 + 3e-7 * (entry.temperature ?? 1) ** 2;
      expectClose(value, [entry.loss], tolerance, 'loss');
      expectClose(grad, entry.gradient.flat(), 2e-6, 'gradient');
    });
  });
});
