import * as tf from '@tensorflow/tfjs-core';
import {
  attentionTransfer,
  createRandom,
  crossEntropy,
  decoupledKd,
  distRelations,
  hint,
  hintonKd,
  labelSmoothingCrossEntropy,
  probabilisticTransfer,
  relationalAngle,
  relationalDistance,
  resolveEngine,
  similarityPreserving,
  standardizedKd,
  standardizeLogits,
} from '@distilljs/core';
import type { Logits, Probabilities, Scalar } from '@distilljs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { caught } from '../caught.js';
import { expectClose } from '../numbers.js';

const [ROWS, CLASSES] = [3, 4];
const random = createRandom(1);
const values = Array.from({ length: ROWS * CLASSES }, () => 2 * random.normal());

beforeAll(async () => {
  await resolveEngine('cpu');
  tf.engine().startScope();
});
afterAll(() => {
  tf.engine().endScope();
});

const logits = (list: readonly number[] = values): Logits => tf.tensor2d([...list], [ROWS, CLASSES]);
const teacher = (): Logits => logits(values.map((value, at) => value * 1.5 - (at % 3)));
const oneHot = (): Probabilities => tf.cast(tf.oneHot([1, 0, 3], CLASSES), 'float32') as Probabilities;

const losses: readonly [string, (student: Logits) => Scalar][] = [
  ['crossEntropy', (z) => crossEntropy(oneHot(), z)],
  ['labelSmoothingCrossEntropy', (z) => labelSmoothingCrossEntropy(oneHot(), z, 0.1)],
  ['hintonKd', (z) => hintonKd(teacher(), z, 4)],
  ['standardizedKd', (z) => standardizedKd(teacher(), z, 2)],
];
const valueOf = (loss: Scalar): number => loss.dataSync()[0] ?? NaN;
const gradientOf = (loss: (z: Logits) => Scalar, z: Logits): Float32Array =>
  tf
    .grad((x) => loss(x as Logits))(z)
    .dataSync<'float32'>();

it('leave nothing behind but their values, outside of tf.tidy too', () => {
  const map = (...shape: readonly number[]): tf.Tensor4D => tf.randomNormal([3, ...shape] as never);
  const [z, t, y] = [logits(), teacher(), oneHot()];
  const [own, other, narrow] = [map(4, 4, 2), map(2, 2, 3), map(4, 4, 3)];
  const projector = { kernel: tf.zeros([1, 1, 2, 3]), gamma: tf.ones([3]), beta: tf.zeros([3]) } as never;
  const all: readonly (() => unknown)[] = [
    () => crossEntropy(y, z),
    () => labelSmoothingCrossEntropy(y, z, 0.1),
    () => hintonKd(t, z, 4),
    () => standardizedKd(t, z, 2),
    () => standardizeLogits(z),
    () => distRelations(t, z, 4),
    () => decoupledKd(t, z, y, 4),
    () => attentionTransfer(other, own),
    () => hint(narrow, own, projector),
    () => similarityPreserving(other, own),
    () => probabilisticTransfer(t, z),
    () => relationalDistance(t, z),
    () => relationalAngle(t, z),
  ];
  for (const loss of all) {
    const before = tf.memory().numTensors;
    const value = loss();
    const values = value instanceof tf.Tensor ? 1 : Object.keys(value as object).length;
    expect([String(loss), tf.memory().numTensors - before]).toEqual([String(loss), values]);
  }
});

describe.each(losses)('%s', (_, loss) => {
  it('has the gradient of its finite differences', () => {
    const step = 1e-2;
    const moved = (at: number, by: number): number =>
      valueOf(loss(logits(values.map((value, index) => value + (index === at ? by : 0)))));
    const differences = values.map((_value, at) => (moved(at, step) - moved(at, -step)) / (2 * step));
    // The third derivative times step² / 6, and float32 rounding divided by the step, stay below this.
    expectClose(gradientOf(loss, logits()), differences, 2e-4);
  });

  it('does not change when a row is shifted', () => {
    const shifted = values.map((value, at) => value + ([7, -3, 20][Math.floor(at / CLASSES)] ?? 0));
    expect(valueOf(loss(logits(shifted)))).toBeCloseTo(valueOf(loss(logits())), 5);
    const gradient = gradientOf(loss, logits(shifted));
    for (let row = 0; row < ROWS; row++) {
      const sum = gradient
        .subarray(row * CLASSES, (row + 1) * CLASSES)
        .reduce((total, value) => total + value);
      expect(Math.abs(sum)).toBeLessThan(1e-6);
    }
  });

  it.each([[[1e4, -1e4, 0, 1]], [[-1e4, -1e4, -1e4, 1e4]], [[1e4, 1e4, 1e4, 1e4]], [[0, 0, 0, 0]]])(
    'stays finite at logits %j',
    (row) => {
      const extreme = logits([...row, ...row, ...row]);
      expect(Number.isFinite(valueOf(loss(extreme)))).toBe(true);
      expect(gradientOf(loss, extreme).every(Number.isFinite)).toBe(true);
    },
  );
});

describe.each<[string, (teacher: Logits, student: Logits) => Scalar]>([
  ['hintonKd', (t, s) => hintonKd(t, s, 4)],
  ['standardizedKd', (t, s) => standardizedKd(t, s, 2)],
])('%s', (_, loss) => {
  it('sends no gradient to the teacher', () => {
    const both = tf.grads((t, s) => loss(t as Logits, s as Logits));
    expect(() => both([teacher(), logits()])).toThrow(/Cannot compute gradient/);
  });

  it('is 0, and its gradient too, where the student equals the teacher', () => {
    expect(Math.abs(valueOf(loss(teacher(), teacher())))).toBeLessThan(1e-5);
    expectClose(
      gradientOf((z) => loss(teacher(), z), teacher()),
      new Float32Array(ROWS * CLASSES),
      1e-6,
    );
  });

  it('is above 0 elsewhere', () => {
    expect(valueOf(loss(teacher(), logits()))).toBeGreaterThan(1e-3);
  });

  it('stays finite where the teacher is extreme', () => {
    const extreme = logits([1e4, -1e4, 0, 1, -1e4, 1e4, 1e4, 0, 0, 0, 0, 0]);
    expect(Number.isFinite(valueOf(loss(extreme, logits())))).toBe(true);
    expect(gradientOf((z) => loss(extreme, z), logits()).every(Number.isFinite)).toBe(true);
  });

  it('refuses networks with different numbers of classes', async () => {
    const error = await caught(() => loss(tf.zeros([3, 5]), logits()));
    expect(error.code).toBe('shape');
    expect(error.message).toContain('got [3, 5] and [3, 4]');
  });
});

describe('standardizedKd', () => {
  it('does not change with the scale of either network', () => {
    const plain = valueOf(standardizedKd(teacher(), logits(), 2));
    expect(valueOf(standardizedKd(tf.mul(teacher(), 30), tf.mul(logits(), 0.1), 2))).toBeCloseTo(plain, 4);
  });
});

it('crossEntropy refuses targets of another shape', async () => {
  const error = await caught(() => crossEntropy(tf.zeros([3, 5]), logits()));
  expect(error.message).toBe(
    'crossEntropy(targets) and crossEntropy(logits): expected equal shapes, got [3, 5] and [3, 4].',
  );
});
