import * as tf from '@tensorflow/tfjs-core';
import { checkpoints, crossEntropy, distill, earlyStop, memoryStore, NO_COST, sgd } from '@distilljs/core';
import type { Callback, DistillResult, Method, Phase, RunControl, Update } from '@distilljs/core';
import { tinyDataset, tinyNetwork, weightBytes } from '@distilljs/core/testing';
import { expect, it } from 'vitest';
import { describeOn, REPRODUCIBLE } from '../on-engines.js';

/** `first` and `second` train the student by their own rates; `heads` only a number of the method's. */
function phasesOf(change: Partial<Phase>, names: readonly string[], rates: readonly number[]): Method {
  return {
    spec: 'v1',
    name: 'phases',
    options: {},
    plan: ({ students }) => {
      const number = tf.tidy(() => tf.variable(tf.scalar(1)));
      const updateOf = (name: string, learningRate: number): Update => ({
        name: 'update',
        variables: name === 'heads' ? { number } : students[0].variables,
        optimizer: sgd({ learningRate, weightDecay: 0 }),
        terms: (step) => ({
          ce: {
            value:
              name === 'heads'
                ? tf.square<tf.Scalar>(number)
                : crossEntropy(step.oneHot, step.students[0]?.logits as never),
            weight: 1,
          },
        }),
      });
      return {
        auxiliary: { number },
        cost: NO_COST,
        phases: names.map((name, index) => ({
          name,
          epochs: 4,
          reads: { students: [[]] },
          updates: [updateOf(name, rates[index] ?? 0)],
          ...(index === 0 ? change : {}),
        })),
        dispose: () => {
          number.dispose();
        },
      };
    },
  };
}

const stopAt = (globalEpoch: number, restoreBest = false): Callback => ({
  name: 'stop',
  epoch: (report, run) => {
    if (report.globalEpoch === globalEpoch) run.stop('enough', { restoreBest });
  },
});

interface Setup {
  readonly names?: readonly string[];
  readonly rates?: readonly number[];
  readonly phase?: Partial<Phase>;
  readonly callbacks?: readonly Callback[];
  readonly signal?: AbortSignal;
}

const run = (setup: Setup = {}): Promise<DistillResult> =>
  distill({
    students: [tinyNetwork(2)],
    method: phasesOf(setup.phase ?? {}, setup.names ?? ['first', 'second'], setup.rates ?? [0.05, 0.05]),
    train: tinyDataset(12, 1),
    validation: tinyDataset(30, 2),
    epochs: 4,
    batchSize: 4,
    seed: 1,
    callbacks: setup.callbacks ?? [],
    ...(setup.signal === undefined ? {} : { signal: setup.signal }),
  });

const phasesRun = ({ history }: DistillResult): string[] =>
  history.map(({ phase, epoch }) => `${phase} ${epoch}`);

describeOn(REPRODUCIBLE, 'a stop', () => {
  it('ends its phase, and the next one begins', async () => {
    const result = await run({ callbacks: [stopAt(1)] });
    expect(phasesRun(result)).toEqual(['first 0', 'first 1', 'second 0', 'second 1', 'second 2', 'second 3']);
    expect(result.stops).toEqual([{ reason: 'enough', phase: 'first', globalEpoch: 1 }]);
    expect(result.stopped).toBeUndefined();
    result.dispose();
  });

  it('ends the run where the plan says so, and in the last phase', async () => {
    const declared = await run({ phase: { stopEnds: 'run' }, callbacks: [stopAt(1)] });
    expect(phasesRun(declared)).toEqual(['first 0', 'first 1']);
    expect(declared.stopped).toEqual({ reason: 'enough', globalEpoch: 1 });
    const late = await run({ callbacks: [stopAt(5)] });
    expect(late.history).toHaveLength(6);
    expect(late.stopped).toEqual({ reason: 'enough', globalEpoch: 5 });
    expect(late.stops).toEqual([{ reason: 'enough', phase: 'second', globalEpoch: 5 }]);
    for (const result of [declared, late]) result.dispose();
  });

  it('within an epoch ends with that epoch, which the result names', async () => {
    const early = (): Callback => ({
      name: 'stop',
      step: ({ epoch }, control) => {
        if (epoch === 1) control.stop('enough');
      },
    });
    const result = await run({ names: ['first'], callbacks: [early()] });
    expect(phasesRun(result)).toEqual(['first 0', 'first 1']);
    expect(result.stopped).toEqual({ reason: 'enough', globalEpoch: 1 });
    const declared = await run({ phase: { stopEnds: 'run' }, callbacks: [early()] });
    expect(declared.stopped).toEqual({ reason: 'enough', globalEpoch: 1 });
    const both = await run({ callbacks: [early()] });
    expect(both.stops.map(({ phase, globalEpoch }) => [phase, globalEpoch])).toEqual([
      ['first', 1],
      ['second', 3],
    ]);
    for (const each of [result, declared, both]) each.dispose();
  });

  it('of earlyStop in the first phase leaves the second one its own patience', async () => {
    // Without learning the accuracy stands still once the statistics have settled.
    const result = await run({ rates: [0, 0], callbacks: [earlyStop({ patience: 1 })] });
    expect(new Set(result.history.map(({ phase }) => phase))).toEqual(new Set(['first', 'second']));
    expect(result.stops.map(({ phase }) => phase)).toContain('first');
    result.dispose();
  });

  it('of earlyStop is none in a phase that reads students without training them', async () => {
    const result = await run({ names: ['heads', 'first'], callbacks: [earlyStop({ patience: 1 })] });
    expect(phasesRun(result).slice(0, 4)).toEqual(['heads 0', 'heads 1', 'heads 2', 'heads 3']);
    expect(result.stops.map(({ phase }) => phase)).not.toContain('heads');
    result.dispose();
  });

  it('with restoreBest lets the next phase begin with the best weights of the one that it ended', async () => {
    const after: Uint8Array[] = [];
    const starts: Uint8Array[] = [];
    const student = tinyNetwork(2);
    const watch: Callback = {
      name: 'watch',
      epoch: () => void after.push(weightBytes(student)),
    };
    const method = phasesOf({}, ['first', 'second'], [0.5, 0]);
    const plan: Method['plan'] = async (context) => {
      const made = await method.plan(context);
      const note = (): void => void starts.push(weightBytes(student));
      return { ...made, phases: made.phases.map((phase) => ({ ...phase, start: note })) };
    };
    const accuracies: number[] = [];
    const result = await distill({
      students: [student],
      method: { ...method, plan },
      train: tinyDataset(12, 1),
      validation: tinyDataset(30, 2),
      epochs: 4,
      batchSize: 4,
      seed: 1,
      callbacks: [
        watch,
        { name: 'accuracy', epoch: ({ validation }) => void accuracies.push(validation[0]?.accuracy ?? 0) },
        stopAt(2, true),
      ],
    });
    const best = accuracies.slice(0, 3).indexOf(Math.max(...accuracies.slice(0, 3)));
    expect(starts[1]).toEqual(after[best]);
    result.dispose();
  });

  it('is still known when the run continues in the next phase', async () => {
    const whole = await run({ callbacks: [stopAt(1)] });
    const store = memoryStore();
    const abort = new AbortController();
    const kill = {
      name: 'kill',
      step: (_: unknown, { history }: RunControl) => {
        if (history.length === 3) abort.abort();
      },
    };
    const callbacks = [checkpoints(store), stopAt(1), kill];
    const stopped = await run({ callbacks, signal: abort.signal });
    expect(stopped.stops.map(({ reason }) => reason)).toEqual(['enough', 'aborted']);
    const resumed = await run({ callbacks: [checkpoints(store), stopAt(1)] });
    expect(resumed.stops).toEqual(whole.stops);
    expect(resumed.best).toEqual(whole.best);
    expect(resumed.students.map(weightBytes)).toEqual(whole.students.map(weightBytes));
    for (const result of [whole, stopped, resumed]) result.dispose();
  });
});

describeOn(REPRODUCIBLE, 'the best epoch', () => {
  it('comes from the last phase that trains students, which the result names', async () => {
    // The first phase learns, the second one unlearns by far too large a rate.
    const result = await run({ rates: [0.05, 30], callbacks: [] });
    const accuracy = result.history.map(({ validation }) => validation[0]?.accuracy ?? 0);
    expect(Math.max(...accuracy.slice(4))).toBeLessThan(Math.max(...accuracy.slice(0, 4)));
    expect(result.best?.phase).toBe('second');
    expect(result.best?.accuracy).toBe(Math.max(...accuracy.slice(4)));
    result.dispose();
  });

  it('does not come from a later phase that reads students without training them', async () => {
    const result = await run({ names: ['first', 'heads'], rates: [0.05, 0.1] });
    expect(result.history).toHaveLength(8);
    expect(result.best?.phase).toBe('first');
    result.dispose();
  });
});

it('a result gives no weights back once it is disposed', async () => {
  const result = await run();
  result.restoreBest();
  result.restoreLast();
  result.dispose();
  const message =
    'restoreBest, restoreLast: expected a result that still holds its weights, got a disposed one. Restore before `result.dispose()`.';
  expect(() => {
    result.restoreBest();
  }).toThrow(message);
  expect(() => {
    result.restoreLast();
  }).toThrow(message);
});

it('a callback that throws at the end leaves no tensors', async () => {
  const options = {
    ...{ students: [tinyNetwork(2)], method: phasesOf({}, ['first'], [0.05]), train: tinyDataset(12, 1) },
    ...{ validation: tinyDataset(30, 2), epochs: 1, batchSize: 4, seed: 1 },
  };
  const end = (): never => {
    throw new Error('full disk');
  };
  const before = tf.memory().numTensors;
  await expect(distill({ ...options, callbacks: [{ name: 'mine', end }] })).rejects.toThrow('full disk');
  expect(tf.memory().numTensors).toBe(before);
});

it('an unknown option of a stop is refused', async () => {
  const stop: Callback = {
    name: 'stop',
    epoch: (_, control) => {
      control.stop('enough', { restorebest: true } as never);
    },
  };
  await expect(run({ callbacks: [stop] })).rejects.toThrow(
    "expected a known option, got 'restorebest'. Did you mean 'restoreBest'?",
  );
});

it('taps of a phase that are no list of names are refused', async () => {
  const reads = { students: ['logits'] } as never;
  await expect(run({ phase: { reads } })).rejects.toThrow(
    "method 'phases', phase 'first', taps that it reads: expected a list, each entry a non-empty string, got \"logits\".",
  );
});

it('two phases of one name are refused', async () => {
  await expect(run({ names: ['first', 'first'] })).rejects.toThrow(
    "method 'phases', plan: expected phases of different names, got first, first.",
  );
});
