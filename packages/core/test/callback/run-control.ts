import type { EpochReport, RunControl, StepReport } from '@distilljs/core';

/** A run as a callback sees it, standing still; each test says what it needs. */
export function runControl(change: Partial<RunControl> = {}): RunControl & { readonly stops: unknown[][] } {
  const stops: unknown[][] = [];
  return {
    method: 'kd',
    seed: 1,
    history: [],
    done: 0,
    total: 40,
    phases: [{ name: 'train', epochs: 4, stepsPerEpoch: 10, macsPerStep: 1 }],
    phase: { name: 'train', epochs: 4, trainsStudents: true },
    inspect: () => Promise.resolve([]),
    snapshot: () => {
      throw new Error('no snapshot');
    },
    stop: (...given) => void stops.push(given),
    checkpointed: () => undefined,
    warn: () => undefined,
    ...change,
    stops,
  };
}

/** An epoch's report with these validation accuracies, one per student. */
export function epochOf(
  globalEpoch: number,
  accuracies: readonly number[],
  change: Partial<EpochReport> = {},
): EpochReport {
  return {
    phase: 'train',
    epoch: globalEpoch,
    globalEpoch,
    steps: 10,
    learningRate: { student: 0.1 },
    terms: { ce: { value: 1.25, weight: 0.1 }, kd: { value: 0.5, weight: 0.9 } },
    trainAccuracy: [0.5],
    validation: accuracies.map((accuracy) => ({ accuracy, top5: 1, loss: 1 - accuracy, images: 100 })),
    seconds: 1,
    ...change,
  };
}

/** A step's report. */
export function stepOf(done: number, change: Partial<StepReport> = {}): StepReport {
  const terms = { ce: { value: 1.25, weight: 0.1 } };
  return {
    phase: 'train',
    epoch: 0,
    epochs: 4,
    step: done,
    stepsPerEpoch: 10,
    batchSize: 8,
    done,
    total: 40,
    terms,
    ...change,
  };
}
