import * as tf from '@tensorflow/tfjs-core';
import { crossEntropy, defineMethod, NO_COST, sgd } from '@distilljs/core';
import type {
  Method,
  NamedVariables,
  OptimizerSpec,
  Phase,
  Plan,
  Scalar,
  Step,
  StudentOptions,
  Update,
} from '@distilljs/core';

/** An optimizer that subtracts the gradient, so that results can be worked out by hand. */
export const subtract: OptimizerSpec = sgd({ learningRate: 1, momentum: 0, weightDecay: 0 });

/** A method of one phase that trains two numbers, a = 2 and b = 3; neither network needs to run. */
export function twoNumbers(
  updates: (numbers: Numbers) => readonly Update[],
  phase: Partial<Phase> = {},
): Method & Held {
  const held: { numbers?: Numbers } = {};
  const plan = (): Plan => {
    const numbers = { a: tf.variable(tf.scalar(2)), b: tf.variable(tf.scalar(3)) };
    held.numbers = numbers;
    return {
      auxiliary: numbers,
      cost: NO_COST,
      phases: [{ name: 'train', epochs: 1, reads: {}, updates: updates(numbers), ...phase }],
      dispose: () => {
        tf.dispose(numbers);
      },
    };
  };
  return {
    spec: 'v1',
    name: 'two-numbers',
    options: {},
    plan,
    now: () => [held.numbers?.a.dataSync()[0] ?? NaN, held.numbers?.b.dataSync()[0] ?? NaN],
  };
}

interface Numbers extends NamedVariables {
  readonly a: tf.Variable;
  readonly b: tf.Variable;
}

interface Held {
  /** The values of a and b. */
  now(): readonly [number, number];
}

/** Cross-entropy, and a second term named `extra` of weight 1 that the test makes. */
export const withExtraTerm = (extra: (step: Step) => Scalar): Method =>
  defineMethod<StudentOptions>({
    name: 'toy',
    defaults: {},
    check: {},
    reads: () => ({ student: [] }),
    loss: (step) => ({
      ce: { value: crossEntropy(step.oneHot, step.student.logits), weight: 1 },
      extra: { value: extra(step), weight: 1 },
    }),
  })();
