import * as tf from '@tensorflow/tfjs-core';
import {
  checkpoints,
  createRandom,
  crossEntropy,
  distill,
  hintonKd,
  labelSmoothingCrossEntropy,
  memoryStore,
  resolveEngine,
  standardizedKd,
  student,
} from '@distilljs/core';
import type { Logits, Probabilities, Scalar } from '@distilljs/core';
import { testWebGpu, tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import { batchNormTraining } from '../../src/engine/kernels/batch-norm-training.js';
import { relu } from '../../src/engine/kernels/relu.js';
import { beforeAll, describe, expect, it } from 'vitest';

const engine = await testWebGpu();

const LOGITS = [1.5, -0.5, 0.25, 2, 0, -1, 0.5, 0.75, -2, 1, 1, 0];
const TEACHER = [0.5, 1.5, -1, 3, -0.25, 0, 1, 0.5, 2, -2, 0.5, 1];

const losses: Readonly<Record<string, (oneHot: Probabilities, teacher: Logits, student: Logits) => Scalar>> =
  {
    'cross-entropy': (oneHot, _teacher, logits) => crossEntropy(oneHot, logits),
    'label smoothing': (oneHot, _teacher, logits) => labelSmoothingCrossEntropy(oneHot, logits, 0.1),
    kd: (_oneHot, teacher, logits) => hintonKd(teacher, logits, 4),
    'standardized kd': (_oneHot, teacher, logits) => standardizedKd(teacher, logits, 2),
  };

/** Loss and gradient on the present engine. */
async function valueAndGradient(loss: (typeof losses)[string]): Promise<number[]> {
  const { value, grad } = tf.tidy(() => {
    const oneHot = tf.cast(tf.oneHot(tf.tensor1d([3, 0, 1], 'int32'), 4), 'float32') as Probabilities;
    const teacher = tf.tensor2d(TEACHER, [3, 4]);
    return tf.valueAndGrad((logits) => loss(oneHot, teacher, logits as Logits))(tf.tensor2d(LOGITS, [3, 4]));
  });
  const numbers = [...(await value.data()), ...(await grad.data())];
  tf.dispose([value, grad]);
  return numbers;
}

describe.skipIf(engine.skipped !== undefined)(
  `webgpu${engine.skipped === undefined ? '' : ` (skipped: ${engine.skipped})`}`,
  { timeout: 300_000 },
  () => {
    beforeAll(async () => {
      await resolveEngine('webgpu');
    });

    it.each(Object.entries(losses))('%s is what it is on cpu, with its gradient', async (_, loss) => {
      const found = await valueAndGradient(loss);
      await resolveEngine('cpu');
      const expected = await valueAndGradient(loss);
      await resolveEngine('webgpu');
      expect(found).toHaveLength(1 + LOGITS.length);
      found.forEach((value, index) => {
        expect(Math.abs(value - (expected[index] ?? NaN))).toBeLessThan(1e-5);
      });
    });

    it.each([[[300, 3]], [[2, 5, 4, 20]], [[5, 16, 16, 8]]])(
      'batch norm over %j and its gradients are those of cpu',
      async (shape) => {
        const random = createRandom(1);
        const numbers = (count: number): number[] => Array.from({ length: count }, () => random.normal());
        const size = tf.util.sizeFromShape(shape);
        const channels = shape.at(-1) ?? 1;
        // Far from 0, where the difference of two large sums would lose all digits.
        const x = numbers(size).map((value) => value * 2 + 100);
        const [dy, gamma, beta] = [numbers(size), numbers(channels), numbers(channels)];
        const found = async (): Promise<number[][]> => {
          const tensors = tf.tidy(() => {
            const run = (...[input, g, b]: tf.Tensor[]): tf.Tensor =>
              relu(batchNormTraining(input as tf.Tensor, g as tf.Tensor1D, b as tf.Tensor1D, 1e-3).y);
            const inputs = [tf.tensor(x, shape), tf.tensor1d(gamma), tf.tensor1d(beta)];
            const { value, grads } = tf.valueAndGrads(run)(inputs, tf.tensor(dy, shape));
            const { mean, variance } = batchNormTraining(inputs[0] as tf.Tensor, null, null, 1e-3);
            return [value, ...grads, mean, variance];
          });
          const values = await Promise.all(tensors.map(async (tensor) => [...(await tensor.data())]));
          tf.dispose(tensors);
          return values;
        };
        const live = tf.memory().numTensors;
        const got = await found();
        expect(tf.memory().numTensors).toBe(live);
        await resolveEngine('cpu');
        const expected = await found();
        await resolveEngine('webgpu');
        expected.forEach((values, part) => {
          const scale = Math.max(...values.map(Math.abs), 1e-6);
          values.forEach((value, index) => {
            expect(Math.abs((got[part]?.[index] ?? NaN) - value) / scale).toBeLessThan(2e-5);
          });
        });
      },
    );

    it('stops with one error when the device is lost, and the last checkpoint stands', async () => {
      const store = memoryStore();
      const { device } = tf.backend() as unknown as { readonly device: { destroy(): void } };
      const lose = {
        name: 'lose',
        step: ({ done }: { readonly done: number }) => {
          if (done === 3) device.destroy();
        },
      };
      const run = distill({
        students: [tinyNetwork(1, { width: 2 })],
        method: student(),
        train: tinyDataset(8, 1),
        epochs: 3,
        batchSize: 4,
        seed: 1,
        callbacks: [checkpoints(store), lose],
      });
      await expect(run).rejects.toThrow(
        /engine 'webgpu', method 'student': expected a device that works, got device lost: .* Last good checkpoint: memory, phase-00-epoch-00001/,
      );
      expect(await store.list()).toEqual(['phase-00-epoch-00001-step-0000000']);
    });
  },
);
