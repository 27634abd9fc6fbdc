import * as tf from '@tensorflow/tfjs-core';
import {
  checkpoints,
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
