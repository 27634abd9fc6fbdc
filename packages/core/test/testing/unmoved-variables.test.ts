import * as tf from '@tensorflow/tfjs-core';
import { sgd, student } from '@distilljs/core';
import type { DistillOptions, Method } from '@distilljs/core';
import { describeOnEngines, tinyDataset, tinyNetwork, unmovedVariables } from '@distilljs/core/testing';
import { expect, it } from 'vitest';

const options = (change: Partial<DistillOptions> = {}): DistillOptions => ({
  students: [tinyNetwork(2)],
  method: student(),
  train: tinyDataset(24, 1),
  epochs: 2,
  batchSize: 12,
  seed: 1,
  optimizer: sgd({ learningRate: 0.05, weightDecay: 0 }),
  ...change,
});

/** The student alone, with a head that its loss never looks at. */
function withIdleHead(): Method {
  const method = student();
  return {
    ...method,
    plan: async (context) => {
      const made = await method.plan(context);
      const head = tf.tidy(() => tf.variable(tf.ones([2])));
      const phases = made.phases.map((phase) => ({
        ...phase,
        updates: phase.updates.map((update) => ({ ...update, variables: { ...update.variables, head } })),
      }));
      return {
        ...made,
        auxiliary: { head },
        phases,
        dispose: () => {
          head.dispose();
        },
      };
    },
  };
}

await describeOnEngines('the check that every declared variable moves', () => {
  it('finds none in a run that trains all', async () => {
    expect(await unmovedVariables(options())).toEqual([]);
  });

  it('finds all of them under a learning rate of 0, though the statistics of batch norm move', async () => {
    const network = tinyNetwork(2);
    const optimizer = sgd({ learningRate: 0 });
    const found = await unmovedVariables(options({ students: [network], optimizer }));
    expect(found).toEqual(Object.keys(network.variables).map((name) => `train, student, ${name}`));
  });

  it('finds a variable that the loss does not reach, though weight decay moves it', async () => {
    const optimizer = sgd({ learningRate: 0.05, weightDecay: 0.1 });
    expect(await unmovedVariables(options({ method: withIdleHead(), optimizer }))).toEqual([
      'train, student, head',
    ]);
  });

  it('finds an auxiliary variable that the loss does not reach', async () => {
    expect(await unmovedVariables(options({ method: withIdleHead() }))).toEqual(['train, student, head']);
  });
});
