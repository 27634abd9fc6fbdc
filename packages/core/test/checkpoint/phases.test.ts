import * as tf from '@tensorflow/tfjs-core';
import { adam, checkpoints, distill, memoryStore, NO_COST, sgd } from '@distilljs/core';
import type { Callback, DistillResult, Method, OptimizerSpec, Phase } from '@distilljs/core';
import { tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import { expect, it } from 'vitest';
import { describeOn, REPRODUCIBLE } from '../on-engines.js';

/** Two phases with an optimizer each, on one number that belongs to the method; no network runs. */
function twoPhases(): Method & { readonly now: () => number } {
  let number: tf.Variable | undefined;
  const phase = (name: string, epochs: number, optimizer: OptimizerSpec, x: tf.Variable): Phase => ({
    name,
    epochs,
    reads: {},
    updates: [
      {
        name: 'number',
        variables: { x },
        optimizer,
        // Noise from the step's own stream, which differs between phases.
        terms: ({ random }) => ({
          square: { value: tf.square<tf.Scalar>(tf.sub(x, random.uniform())), weight: 1 },
        }),
      },
    ],
  });
  return {
    spec: 'v1',
    name: 'two-phases',
    options: {},
    plan: () => {
      const x = tf.tidy(() => tf.variable(tf.scalar(5)));
      number = x;
      return {
        auxiliary: { x },
        cost: NO_COST,
        phases: [
          phase('heads', 2, adam({ learningRate: 0.5 }), x),
          phase('transfer', 3, sgd({ learningRate: 0.1, momentum: 0.9 }), x),
        ],
        dispose: () => {
          x.dispose();
        },
      };
    },
    now: () => number?.dataSync()[0] ?? NaN,
  };
}

interface Outcome {
  readonly number: number;
  readonly history: unknown;
}

async function outcome(callbacks: readonly Callback[]): Promise<Outcome> {
  const method = twoPhases();
  const student = tinyNetwork(1);
  const run = {
    students: [student],
    method,
    train: tinyDataset(8, 1),
    epochs: 5,
    batchSize: 4,
    seed: 1,
    callbacks,
  };
  const result: DistillResult = await distill(run);
  const found = {
    number: method.now(),
    history: result.history.map((report) => ({ ...report, seconds: 0 })),
  };
  result.dispose();
  return found;
}

describeOn(REPRODUCIBLE, 'a run of two phases', () => {
  it('continues in either of them, and between them, with the number and the optimizer that it had', async () => {
    const whole = await outcome([]);
    expect(whole.history).toMatchObject([
      { phase: 'heads', epoch: 0, globalEpoch: 0 },
      { phase: 'heads', epoch: 1, globalEpoch: 1 },
      { phase: 'transfer', epoch: 0, globalEpoch: 2 },
      { phase: 'transfer', epoch: 1, globalEpoch: 3 },
      { phase: 'transfer', epoch: 2, globalEpoch: 4 },
    ]);
    for (const [when, steps] of [
      ['step', 3],
      ['epoch', 4],
      ['step', 5],
      ['step', 8],
      ['epoch', 10],
    ] as const) {
      const store = memoryStore();
      const kill: Callback = {
        name: 'kill',
        [when]: (_: unknown, { done }: { readonly done: number }) => {
          if (done === steps) throw new Error('killed');
        },
      };
      await expect(outcome([checkpoints(store, { everySteps: 1 }), kill])).rejects.toThrow('killed');
      expect(await outcome([checkpoints(store)]), `killed at ${when} ${steps}`).toEqual(whole);
    }
  });
});
