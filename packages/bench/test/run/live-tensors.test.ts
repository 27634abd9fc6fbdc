import * as tf from '@tensorflow/tfjs-core';
import { distill, resolveEngine } from '@distilljs/core';
import { tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { methodCatalog } from '../../src/run/method-catalog.js';

/** A leak of one tensor per step shows at once; one now and then (an epoch, a checkpoint) in the long run of the cheap methods. */
const stepsOf = (method: string): number => (/^(student|kd|cckd)$/.test(method) ? 1000 : 200);
const BATCH = 12;

describe('live tensors over hundreds of steps', () => {
  beforeAll(async () => {
    await resolveEngine('wasm');
  });

  // Cohorts and methods that change their student run the conformance suite's shorter look in their own packages.
  const methods = methodCatalog.filter((entry) => entry.cohort !== true && entry.student === undefined);
  it.each(methods)(
    '$name ends with as many as step 2 had',
    { timeout: 600_000 },
    async ({ name, create }) => {
      const steps = stepsOf(name);
      const teacher = tinyNetwork(1, { width: 6 });
      const student = tinyNetwork(2);
      const counts: number[] = [];
      const count = { name: 'count', step: () => void counts.push(tf.memory().numTensors) };
      const epochs = 4;
      const train = tinyDataset((steps / epochs) * BATCH, 1);
      const result = await distill({
        teacher,
        students: [student],
        method: create({}),
        train,
        epochs,
        batchSize: BATCH,
        seed: 1,
        callbacks: [count],
      });
      // The last so many steps are all of one phase: a phase of heads comes before it.
      const looked = counts.slice(-steps);
      expect(looked).toHaveLength(steps);
      expect(looked.at(-1)).toBe(looked[1]);
      result.dispose();
      for (const network of [teacher, student]) network.dispose();
    },
  );
});
