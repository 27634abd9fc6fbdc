import * as tf from '@tensorflow/tfjs-core';
import { resolveEngine } from '@distilljs/core';
import { testEngines } from '@distilljs/core/testing';
import { describe, expect, it } from 'vitest';
import { countKernels } from '../../src/speed/kernel-counter.js';

const engines = await testEngines();

describe.each(engines)('countKernels on $name', ({ name, skipped }) => {
  it.skipIf(skipped !== undefined)(
    'counts kernels, tensors, uploads and reads, and leaves no trace',
    async () => {
      await resolveEngine(name);
      const a = tf.tensor2d([1, 2, 3, 4], [2, 2]);
      const live = tf.memory().numTensors;
      const work = async (): Promise<void> => {
        const product = tf.tidy(() => tf.relu(tf.matMul(a, a)));
        await product.data();
        product.dispose();
      };
      const use = await countKernels(work);
      const again = await countKernels(work);

      const counts = (found: typeof use): unknown =>
        Object.fromEntries(found.kernels.map((kernel) => [kernel.name, kernel.count]));
      expect(counts(use)).toMatchObject({ BatchMatMul: 1, Relu: 1 });
      expect(counts(again)).toEqual(counts(use));
      expect(use.reads).toBe(1);
      expect(use.tensors).toBeGreaterThanOrEqual(2);
      expect(tf.memory().numTensors).toBe(live);
      expect(Object.hasOwn(tf.engine(), 'runKernel')).toBe(false);
      a.dispose();
    },
  );
});
