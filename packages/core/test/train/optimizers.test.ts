import * as tf from '@tensorflow/tfjs-core';
import { adam, sgd } from '@distilljs/core';
import type { NamedTensors, NamedVariables, OptimizerSpec, Schedule } from '@distilljs/core';
import { testEngines } from '@distilljs/core/testing';
import { expect, it } from 'vitest';
import reference from '../fixtures/torch-optimizers.json' with { type: 'json' };
import { expectClose } from '../numbers.js';
import { describeOn } from '../on-engines.js';

type Values = Readonly<Record<string, readonly number[]>>;
const shapes: Readonly<Record<string, number[]>> = reference.shapes;
const tensors = (values: Values): Record<string, tf.Tensor> =>
  Object.fromEntries(
    Object.entries(values).map(([name, list]) => [name, tf.tensor([...list], shapes[name])]),
  );
const variablesNow = (): NamedVariables =>
  Object.fromEntries(
    Object.entries(tensors(reference.parameters)).map(([name, value]) => [name, tf.variable(value)]),
  );
const at = (step: number): { epoch: number; epochs: number } => ({
  epoch: step,
  epochs: reference.gradients.length,
});

interface Case {
  readonly optimizer: string;
  readonly name: string;
  readonly options: object;
  readonly steps: readonly Values[];
}
const cases: readonly Case[] = reference.cases;

function specOf({ optimizer, options }: Case): OptimizerSpec {
  const { rates, ...rest } = options as { readonly rates?: readonly number[] };
  const schedule: Schedule = {
    name: 'table',
    options: { rates },
    rate: ({ epoch }) => rates?.[epoch] ?? NaN,
  };
  const given = rates === undefined ? rest : { ...rest, learningRate: schedule };
  return optimizer === 'sgd' ? sgd(given) : adam(given);
}

function expectParameters(variables: NamedVariables, expected: Values): void {
  for (const [name, values] of Object.entries(expected)) {
    expectClose(variables[name] as tf.Variable, values, 1e-6, name);
  }
}

describeOn(await testEngines(), 'optimizers', () => {
  it.each(cases.map((entry) => [`${entry.optimizer}, ${entry.name}`, entry] as const))(
    'equal PyTorch over five steps: %s',
    (_, entry) => {
      const variables = variablesNow();
      const optimizer = specOf(entry).create(variables);
      const before = tf.memory().numTensors;
      entry.steps.forEach((expected, step) => {
        tf.tidy(() => {
          optimizer.apply(tensors(reference.gradients[step] as Values), at(step));
        });
        expectParameters(variables, expected);
      });
      expect(tf.memory().numTensors).toBe(before);
      optimizer.dispose();
      tf.dispose(variables);
    },
  );

  it.each(['Nesterov and L2', 'L2'])('go on from a saved state as if nothing had happened: %s', (name) => {
    const entry = cases.find((other) => other.name === name) as Case;
    const [variables, copies] = [variablesNow(), variablesNow()];
    const optimizer = specOf(entry).create(variables);
    const resumed = specOf(entry).create(copies);
    for (let step = 0; step < 2; step++)
      optimizer.apply(tensors(reference.gradients[step] as Values), at(step));
    resumed.restore(optimizer.state());
    expect(resumed.state().steps).toBe(2);
    for (const [key, variable] of Object.entries(copies))
      variable.assign(tf.clone(variables[key] as tf.Tensor));
    // Its own copies: the first may go on or go away.
    optimizer.dispose();
    for (let step = 2; step < 5; step++)
      resumed.apply(tensors(reference.gradients[step] as Values), at(step));
    expectParameters(copies, entry.steps[4] as Values);
    resumed.dispose();
    tf.dispose([variables, copies]);
  });

  it('take a variable without a gradient for one with gradient 0', () => {
    const entry = cases.find(({ name }) => name === 'momentum and L2') as Case;
    const variables = variablesNow();
    const optimizer = specOf(entry).create(variables);
    entry.steps.forEach((expected, step) => {
      const { 'conv/bias': bias, ...others } = tensors(reference.gradients[step] as Values);
      // The fixture's bias has gradient 0 in the third step.
      const gradients: NamedTensors = step === 2 ? others : { ...others, 'conv/bias': bias as tf.Tensor };
      optimizer.apply(gradients, at(step));
      expectParameters(variables, expected);
    });
    optimizer.dispose();
    tf.dispose(variables);
  });
});
