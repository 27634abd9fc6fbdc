import * as tf from '@tensorflow/tfjs-core';
import { distill, resolveEngine } from '@distilljs/core';
import { tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { createMethod, methodNames } from '../../src/run/method-catalog.js';

const STEPS = 1000;
const BATCH = 12;

describe(`live tensors over ${STEPS} steps`, () => {
  beforeAll(async () => {
    await resolveEngine('wasm');
  });

  it.each(methodNames)('%s ends with as many as step 2 had', { timeout: 600_000 }, async (name) => {
    const teacher = tinyNetwork(1, { width: 6 });
    const student = tinyNetwork(2);
    const counts: number[] = [];
    const count = { name: 'count', step: () => void counts.push(tf.memory().numTensors) };
    const epochs = 4;
    const train = tinyDataset((STEPS / epochs) * BATCH, 1);
    const result = await distill({
      teacher,
      students: [student],
      method: createMethod(name),
      train,
      epochs,
      batchSize: BATCH,
      seed: 1,
      callbacks: [count],
    });
    expect(counts).toHaveLength(STEPS);
    expect(counts.at(-1)).toBe(counts[1]);
    result.dispose();
    for (const network of [teacher, student]) network.dispose();
  });
});
