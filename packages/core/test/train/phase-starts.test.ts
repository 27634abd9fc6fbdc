import { checkpoints, distill, memoryStore } from '@distilljs/core';
import type { Callback, DistillOptions } from '@distilljs/core';
import * as tf from '@tensorflow/tfjs-core';
import { tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import { expect, it } from 'vitest';
import { describeOn, REPRODUCIBLE } from '../on-engines.js';
import { subtract, twoNumbers } from './toy-methods.js';

/** Two steps per epoch; returns what was called, in order. */
async function calls(epochs: number, options: Partial<DistillOptions> = {}): Promise<string[]> {
  const log: string[] = [];
  const method = twoNumbers(
    ({ a }) => [
      {
        name: 'a',
        variables: { a },
        optimizer: subtract,
        terms: () => ({ a: { value: tf.mul(a, 0), weight: 1 } }),
      },
    ],
    {
      epochs,
      start: () => void log.push('start'),
      startEpoch: (epoch) => void log.push(`epoch ${epoch}`),
    },
  );
  const student = tinyNetwork(1);
  const step: Callback = { name: 'log', step: ({ step: done }) => void log.push(`step ${done}`) };
  const result = await distill({
    students: [student],
    method,
    train: tinyDataset(8, 1),
    epochs,
    batchSize: 4,
    seed: 1,
    ...options,
    callbacks: [step, ...(options.callbacks ?? [])],
  });
  result.dispose();
  student.dispose();
  return log;
}

describeOn(REPRODUCIBLE, 'a phase', () => {
  it('is notified of its start and of every epoch before their first step', async () => {
    expect(await calls(2)).toEqual(['start', 'epoch 0', 'step 1', 'step 2', 'epoch 1', 'step 1', 'step 2']);
  });

  it('that resumes within an epoch is notified of the epoch again, and not of its start', async () => {
    const store = memoryStore();
    const stop = new AbortController();
    const kill: Callback = {
      name: 'kill',
      step: () => {
        stop.abort();
      },
    };
    await calls(1, { callbacks: [checkpoints(store), kill], signal: stop.signal });
    expect(await calls(1, { callbacks: [checkpoints(store)] })).toEqual(['epoch 0', 'step 2']);
  });
});
