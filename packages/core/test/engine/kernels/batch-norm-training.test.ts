import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { batchNormTraining } from '../../../src/engine/kernels/batch-norm-training.js';
import { loadBackends, numbers, relativeDifference, tensor } from './backends.js';

const EPSILON = 1e-3;
const shapes = [
  [8, 5],
  [2, 5, 6, 3],
  [64, 8, 8, 16],
  [3, 1, 1, 4],
  [2, 7, 5],
];

/** Composed of tf.moments and elementary ops, differentiated by tfjs. */
function reference(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor): tf.Tensor {
  const { mean, variance } = tf.moments(
    x,
    x.shape.slice(0, -1).map((_, axis) => axis),
  );
  const normalized = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, EPSILON)));
  return tf.add(tf.mul(normalized, gamma), beta);
}

const fused = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor): tf.Tensor =>
  batchNormTraining(x, gamma as tf.Tensor1D, beta as tf.Tensor1D, EPSILON).y;

const values = (tensors: tf.Tensor[]): Float32Array[] => tensors.map((t) => t.dataSync<'float32'>());

function inputs(shape: number[]): [x: tf.Tensor, gamma: tf.Tensor1D, beta: tf.Tensor1D] {
  const channels = shape.at(-1) ?? 0;
  return [
    tf.add(tf.mul(tensor(shape, 1), 3), 1.5),
    tf.add<tf.Tensor1D>(tensor([channels], 2), 1.5),
    tensor([channels], 3),
  ];
}

describe.each(await loadBackends())('batchNormTraining on $name', ({ name, absent }) => {
  test.skipIf(absent !== null)(`runs here${absent === null ? '' : ` (skipped: ${absent})`}`, async () => {
    expect(await tf.setBackend(name)).toBe(true);
  });

  test.skipIf(absent !== null).each(shapes)(
    '[%i, %i, …]: values and gradients equal those of the composed ops',
    async (...shape) => {
      await tf.setBackend('cpu');
      const expected = tf.tidy(() => {
        const { value, grads } = tf.valueAndGrads(reference)(inputs(shape), tensor(shape, 5));
        const { mean, variance } = tf.moments(
          inputs(shape)[0],
          shape.slice(0, -1).map((_, axis) => axis),
        );
        return values([value, ...grads, mean, variance]);
      });
      await tf.setBackend(name);
      const got = tf.tidy(() => {
        const { value, grads } = tf.valueAndGrads(fused)(inputs(shape), tensor(shape, 5));
        const { mean, variance } = batchNormTraining(...inputs(shape), EPSILON);
        return values([value, ...grads, mean, variance]);
      });
      const names = ['y', 'dx', 'dgamma', 'dbeta', 'mean', 'variance'];
      for (const [i, part] of names.entries()) {
        expect(relativeDifference(got[i] ?? [], expected[i] ?? []), part).toBeLessThan(2e-5);
      }
    },
  );

  test.skipIf(absent !== null)('without gamma and beta: as with 1 and 0', async () => {
    await tf.setBackend(name);
    tf.tidy(() => {
      const [x, gamma, beta] = inputs([4, 3, 3, 2]);
      const dy = tensor(x.shape, 5);
      const [ones, zeros] = [tf.onesLike(gamma), tf.zerosLike(beta)];
      const whole = tf.grads(fused)([x, ones, zeros], dy);
      const bare = tf.grad((input: tf.Tensor) => batchNormTraining(input, null, null, EPSILON).y)(x, dy);
      expect(bare.dataSync()).toEqual(whole[0]?.dataSync());
      const scaled = tf.grads((input, g) => batchNormTraining(input, g as tf.Tensor1D, null, EPSILON).y)(
        [x, ones],
        dy,
      );
      expect(values(scaled)).toEqual(values(whole.slice(0, 2)));
      const shifted = tf.grads((input, b) => batchNormTraining(input, null, b as tf.Tensor1D, EPSILON).y)(
        [x, zeros],
        dy,
      );
      expect(values(shifted)).toEqual(values([whole[0] as tf.Tensor, whole[2] as tf.Tensor]));
    });
  });

  test.skipIf(absent !== null)('gradient by finite differences', async () => {
    await tf.setBackend(name);
    tf.tidy(() => {
      const [x, gamma, beta] = inputs([4, 3, 2]);
      const weights = tensor(x.shape, 7);
      const loss = (input: tf.Tensor): tf.Scalar =>
        tf.sum(tf.mul(weights, tf.square(fused(input, gamma, beta))));
      const direction = tf.tensor(numbers(8)(x.size), x.shape);
      const at = (step: number): number => loss(tf.add(x, tf.mul(direction, step))).dataSync()[0] ?? NaN;
      const expected = (at(1e-2) - at(-1e-2)) / 2e-2;
      const got = tf.sum(tf.mul(tf.grad(loss)(x), direction)).dataSync()[0] ?? NaN;
      expect(Math.abs(got - expected)).toBeLessThan(5e-3 * Math.max(1, Math.abs(expected)));
    });
  });

  test.skipIf(absent !== null)('a mean far above the deviation costs no digits of the variance', async () => {
    await tf.setBackend(name);
    tf.tidy(() => {
      // Multiples of 1/64 around 1000 are exact in float32, so that only the statistics can round.
      const steps = Float32Array.from({ length: 512 }, (_, i) => 1000 + (((i * 37) % 512) - 255.5) / 64);
      const { variance } = batchNormTraining(tf.tensor(steps, [8, 8, 8, 1]), null, null, EPSILON);
      // Variance of 512 equally spaced numbers: step^2 * (512^2 - 1) / 12.
      const expected = ((1 / 64) ** 2 * (512 ** 2 - 1)) / 12;
      expect(Math.abs((variance.dataSync()[0] ?? NaN) / expected - 1)).toBeLessThan(1e-4);
    });
  });

  test.skipIf(absent !== null)('the same bytes every time, and no tensor left over', async () => {
    await tf.setBackend(name);
    const run = (): Float32Array[] =>
      tf.tidy(() => values(tf.grads(fused)(inputs([4, 6, 6, 8]), tensor([4, 6, 6, 8], 5))));
    const first = run();
    const before = tf.memory().numTensors;
    for (let i = 0; i < 3; i++) expect(run()).toEqual(first);
    const { y, mean, variance } = batchNormTraining(...tf.tidy(() => inputs([4, 3])), EPSILON);
    expect(tf.memory().numTensors).toBe(before + 6);
    tf.dispose([y, mean, variance]);
    expect(tf.memory().numTensors).toBe(before + 3);
  });
});

test('shapes that do not fit are named', () => {
  const x = tf.zeros([2, 3]);
  expect(() => batchNormTraining(tf.zeros([3]), null, null, EPSILON)).toThrow(
    'batchNormTraining(x): expected shape [*, *], got [3].',
  );
  expect(() => batchNormTraining(x, tf.zeros([2]), null, EPSILON)).toThrow(
    'batchNormTraining(gamma): expected shape [3], got [2].',
  );
});
