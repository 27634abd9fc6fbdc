import { checkpoints, distill, earlyStop, memoryStore, resolveEngine, sgd, student } from '@distilljs/core';
import type { DistillResult, EarlyStopOptions } from '@distilljs/core';
import { tinyDataset, tinyNetwork, weightBytes } from '@distilljs/core/testing';
import { describe, expect, it } from 'vitest';
import { epochOf, runControl } from './run-control.js';

/** The epoch after which a run of these mean validation accuracies is stopped, and what was said. */
function stopOf(
  options: Partial<EarlyStopOptions>,
  accuracies: readonly number[],
): readonly [number, unknown[]] | undefined {
  const callback = earlyStop(options);
  const history = accuracies.map((accuracy, epoch) => epochOf(epoch, [accuracy]));
  for (const [index, report] of history.entries()) {
    const run = runControl({ history: history.slice(0, index + 1) });
    void callback.epoch?.(report, run);
    if (run.stops[0] !== undefined) return [index, run.stops[0]];
  }
  return undefined;
}

describe('earlyStop', () => {
  it('stops after as many epochs without progress as its patience', () => {
    expect(stopOf({ patience: 3 }, [0.1, 0.5, 0.4, 0.5, 0.3, 0.9])).toEqual([
      4,
      ['no better validation accuracy for 3 epochs', { restoreBest: true }],
    ]);
  });

  it('starts counting again after each improvement', () => {
    expect(stopOf({ patience: 2 }, [0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 0.4])).toBeUndefined();
    expect(stopOf({ patience: 2 }, [0.1, 0.1, 0.2, 0.2, 0.2])?.[0]).toBe(4);
  });

  it('asks for minDelta beyond the best', () => {
    expect(stopOf({ patience: 2, minDelta: 0.1 }, [0.5, 0.55, 0.56])?.[0]).toBe(2);
    expect(stopOf({ patience: 2, minDelta: 0.1 }, [0.5, 0.55, 0.66, 0.6])).toBeUndefined();
  });

  it('may look at the loss, which falls as it gets better, and keep the last weights', () => {
    // The reports' loss is 1 − accuracy.
    expect(stopOf({ patience: 2, metric: 'loss', restoreBest: false }, [0.5, 0.6, 0.6, 0.6])).toEqual([
      3,
      ['no better validation loss for 2 epochs', { restoreBest: false }],
    ]);
  });

  it('counts a loss that is not a number as no progress, and continues', () => {
    expect(stopOf({ patience: 2, metric: 'loss' }, [0.5, NaN, 0.6, 0.5, NaN])?.[0]).toBe(4);
  });

  it('looks at the mean over students, and at one phase', () => {
    const history = [
      epochOf(0, [0.9, 0.9], { phase: 'heads' }),
      epochOf(1, [0.2, 0.4]),
      epochOf(2, [0.5, 0.1]),
    ];
    const run = runControl({ history });
    void earlyStop({ patience: 1 }).epoch?.(epochOf(2, [0.5, 0.1]), run);
    expect(run.stops).toEqual([['no better validation accuracy for 1 epoch', { restoreBest: true }]]);
    const before = runControl({ history: history.slice(0, 2) });
    void earlyStop({ patience: 1 }).epoch?.(epochOf(1, [0.2, 0.4]), before);
    expect(before.stops).toEqual([]);
  });

  it('has no effect without validation, and says so once', () => {
    const said: string[] = [];
    const warn = (message: string): void => void said.push(message);
    const run = runControl({ history: [epochOf(0, []), epochOf(1, [])], warn });
    for (const epoch of run.history) void earlyStop({ patience: 1 }).epoch?.(epoch, run);
    expect(run.stops).toEqual([]);
    expect(said).toEqual([
      'earlyStop has no effect: there is no validation set. Pass `validation` to distill().',
    ]);
  });

  it.each([
    [{ patience: 0 }, /earlyStop\.patience: expected a whole number, at least 1, got 0/],
    [{ minDelta: -1 }, /earlyStop\.minDelta: expected a number of at least 0, got -1/],
    [{ metric: 'top5' as 'loss' }, /earlyStop\.metric: expected one of "accuracy", "loss", got "top5"/],
  ])('refuses %j', (options: Partial<EarlyStopOptions>, message) => {
    expect(() => earlyStop(options)).toThrow(message);
  });
});

describe('a run that earlyStop ends', () => {
  it('has the weights of its best epoch, and does not go on when it is started again', async () => {
    await resolveEngine('cpu');
    const store = memoryStore();
    const after: Uint8Array[] = [];
    const run = (): Promise<DistillResult> => {
      const network = tinyNetwork(2);
      return distill({
        students: [network],
        method: student(),
        train: tinyDataset(12, 1),
        validation: tinyDataset(30, 2),
        epochs: 40,
        batchSize: 4,
        seed: 1,
        // Without learning only batch norm statistics move, and they settle: progress ends soon.
        optimizer: sgd({ learningRate: 0, weightDecay: 0 }),
        callbacks: [
          checkpoints(store),
          earlyStop({ patience: 3 }),
          { name: 'record', epoch: () => void after.push(weightBytes(network)) },
        ],
      });
    };
    const first = await run();
    const best = first.best?.globalEpoch ?? NaN;
    expect(first.history).toHaveLength(best + 4);
    expect(first.stopped).toEqual({
      reason: 'no better validation accuracy for 3 epochs',
      globalEpoch: best + 3,
    });
    expect(weightBytes(first.student)).toEqual(after[best]);
    first.restoreLast();
    expect(weightBytes(first.student)).toEqual(after[best + 3]);

    const again = await run();
    expect(again.history).toEqual(first.history);
    expect(again.stopped).toEqual(first.stopped);
    expect(weightBytes(again.student)).toEqual(after[best]);
    expect(after).toHaveLength(best + 4);
    first.dispose();
    again.dispose();
  });
});
