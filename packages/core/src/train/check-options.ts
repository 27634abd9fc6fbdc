import { describeValue, DistillError, isPromise } from '../error/index.js';
import { readOrRefuse } from '../error/first-line.js';
import type { Method } from '../method/index.js';
import { expectKnown, expectOption, flag, optional, wholeNumber } from '../option/index.js';
import { HOOKS } from './callback.js';
import type { Callback } from './callback.js';
import type { DistillOptions } from './distill-types.js';
import type { OptimizerSpec } from './optimizer.js';

/*
 * Checks of `distill`'s options. Untyped callers may pass anything; where the intent is clear, the hint says
 * how to write it.
 */

const refuse = (where: string, expected: string, got: unknown, hint?: string): never => {
  throw new DistillError({ code: 'option', where, expected, got: describeValue(got), hint });
};

/** @throws DistillError code `option` for a promise, whose `await` was forgotten */
export function expectNoPromise(where: string, given: unknown): void {
  if (isPromise(given)) refuse(where, 'a value', given, 'Write `await` before it.');
}

/** Every option: a record, so that the compiler reports a missing one. */
const OPTIONS: Readonly<Record<keyof DistillOptions, true>> = {
  teacher: true,
  teacherInput: true,
  students: true,
  teacherOutputs: true,
  method: true,
  train: true,
  validation: true,
  epochs: true,
  batchSize: true,
  seed: true,
  optimizer: true,
  augmentation: true,
  normalization: true,
  callbacks: true,
  graphs: true,
  settleStatistics: true,
  signal: true,
};

const LEARNING_RATE = 'It is the optimizer’s: `optimizer: sgd({ learningRate: 0.05 })`.';

/** Options of other libraries, and their equivalents here. */
const MEANT: Readonly<Record<string, string>> = {
  student: 'Write `students: [student]`.',
  model: 'Write `students: [model]`.',
  learningRate: LEARNING_RATE,
  lr: LEARNING_RATE,
  momentum: 'It is the optimizer’s: `optimizer: sgd({ momentum: 0.9 })`.',
  weightDecay: 'It is the optimizer’s: `optimizer: sgd({ weightDecay: 5e-4 })`.',
  temperature: 'It is the method’s: `method: kd({ temperature: 4 })`.',
  loss: 'The method decides the loss.',
  patience: 'It is the callback’s: `callbacks: [earlyStop({ patience: 10 })]`.',
  test: 'Measure the test set after training, with evaluate().',
};

/**
 * The options, each read once: they may be getters or inherited. An option that is null counts as omitted.
 *
 * @throws DistillError code `option` for an option that does not exist or cannot be read
 */
export function readOptions(given: DistillOptions): DistillOptions {
  expectNoPromise('distill', given);
  const meant = (name: string): string | undefined => (Object.hasOwn(MEANT, name) ? MEANT[name] : undefined);
  const known = Object.keys(OPTIONS) as (keyof DistillOptions)[];
  expectKnown('distill', given, known, { meant });
  const options = Object.fromEntries(
    known.map((name) => {
      const expected = 'an option that can be read';
      return [name, readOrRefuse({ code: 'option', where: name, expected }, () => given[name] ?? undefined)];
    }),
  ) as unknown as DistillOptions;
  // Check it even if there is no teacher.
  if (options.teacherInput !== undefined)
    expectKnown('teacherInput', options.teacherInput, ['normalization', 'imageSize']);
  for (const name of ['graphs', 'settleStatistics'] as const)
    expectOption(name, options[name], optional(flag));
  return options;
}

/**
 * @throws DistillError code `option` for anything but a method, `contract` for another version of the contract
 */
export function expectMethod(method: Method): void {
  const given: unknown = method;
  expectNoPromise('method', given);
  if (typeof given === 'function') {
    const { methodName, name } = given as { methodName?: unknown; name: string };
    const called = typeof methodName === 'string' ? methodName : name;
    const hint = `Call it: \`method: ${called}()\`.`;
    throw new DistillError({
      code: 'option',
      where: 'method',
      expected: 'a method',
      got: `the function '${called}'`,
      hint,
    });
  }
  if (typeof given === 'string') {
    refuse(
      'method',
      'a method',
      given,
      `Import the method and call it, for instance \`method: ${given}()\`.`,
    );
  }
  if (typeof given !== 'object' || given === null) {
    refuse(
      'method',
      'a method',
      given,
      'For instance `method: kd()`, or `method: student()` without a teacher.',
    );
  }
  if ((method.spec as string) === 'v1' && typeof method.plan === 'function') return;
  if ((method.spec as unknown) === undefined)
    refuse('method', 'a method', given, 'Make one with defineMethod, or take one, for instance `kd()`.');
  throw new DistillError({
    code: 'contract',
    where: `method '${method.name}'`,
    expected: 'a method of contract v1',
    got: `contract ${method.spec}`,
    hint: 'Update the older of the two packages: the technique or @distilljs/core.',
  });
}

/** @throws DistillError code `option` for anything but an {@link OptimizerSpec} */
export function expectOptimizer(where: string, optimizer: OptimizerSpec): void {
  const given: unknown = optimizer;
  if (typeof given === 'string') {
    const known = ['sgd', 'adam'].includes(given) ? given : 'sgd';
    refuse(where, 'an optimizer', given, `Call it: \`${known}({ learningRate: 0.01 })\`.`);
  }
  if (typeof given === 'function') refuse(where, 'an optimizer', given, `Call it: \`${given.name}()\`.`);
  if (typeof given !== 'object' || given === null)
    refuse(where, 'an optimizer', given, 'For instance `sgd()`.');
  if ('create' in optimizer && typeof optimizer.create === 'function') return;
  const ofTfjs =
    'applyGradients' in optimizer ? 'A tfjs optimizer cannot be resumed from a checkpoint: use' : 'Use';
  refuse(where, 'an optimizer', given, `${ofTfjs} sgd() or adam() of @distilljs/core.`);
}

/** @throws DistillError code `option` for anything but a list of callbacks */
export function expectCallbacks(callbacks: readonly Callback[]): void {
  const given: unknown = callbacks;
  if (!Array.isArray(given)) {
    refuse('callbacks', 'a list of callbacks', given, 'For instance `callbacks: [progress()]`.');
  }
  callbacks.forEach((callback, index) => {
    const where = `callbacks[${index}]`;
    const entry: unknown = callback;
    if (typeof entry === 'function')
      refuse(where, 'a callback', entry, entry.name === '' ? undefined : `Call it: \`${entry.name}()\`.`);
    expectNoPromise(where, entry);
    if (typeof entry !== 'object' || entry === null) refuse(where, 'a callback', entry);
    // A callback with only a name does nothing, on purpose.
    if (!HOOKS.some((hook) => hook in callback) && Object.keys(callback).join() !== 'name') {
      const hint = 'Hooks are called without `on`: `{ name, epoch(report, run) { … } }`.';
      refuse(where, `a callback with a hook (${HOOKS.join(', ')})`, entry, hint);
    }
    for (const hook of HOOKS) {
      const value = (callback as unknown as Readonly<Record<string, unknown>>)[hook];
      if (value !== undefined && typeof value !== 'function') refuse(`${where}.${hook}`, 'a function', value);
    }
  });
}

/** @throws DistillError code `option` */
export function expectSignal(signal: AbortSignal | undefined): void {
  const given: unknown = signal;
  if (given === undefined || (typeof given === 'object' && given !== null && 'aborted' in given)) return;
  const isController = typeof given === 'object' && given !== null && 'signal' in given;
  refuse('signal', 'an AbortSignal', given, isController ? 'Write `signal: controller.signal`.' : undefined);
}

/** Larger numbers are typos: no training has so many epochs, and no batch so many images. */
const LARGEST_COUNT = 10_000_000;

/** @throws DistillError code `option` unless it is a whole number from 1 to 10,000,000 */
export function expectCount(where: string, value: number): void {
  const expected = wholeNumber({ min: 1, limit: LARGEST_COUNT })(value);
  if (expected !== undefined) refuse(where, expected, value);
}
