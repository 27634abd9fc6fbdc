import * as tf from '@tensorflow/tfjs-core';
import { loadBatch } from '../data/index.js';
import { settleStatistics, unsettledShare } from '../network/index.js';
import type { Network } from '../network/index.js';
import { assignValues, copyValues } from './named-state.js';
import type { Run, RunPhase, TrainingState } from './state.js';

/*
 * Batch norm's moving statistics start at mean 0 and variance 1, and keep momentum^steps of that. A short run with a high
 * momentum trains well and then judges, and saves, a network with the wrong statistics.
 */

/** Initial values may make up so much of a moving statistic. */
const MOST_UNSETTLED = 0.01;

/** Images that statistics are averaged over at most. */
const MOST_IMAGES = 10_000;

/** What to know before training about statistics that will not have settled when it ends. */
export async function unsettledWarnings(
  students: readonly Network[],
  phases: readonly Pick<RunPhase, 'phase' | 'sampler'>[],
): Promise<string[]> {
  const warnings: string[] = [];
  for (const [index, student] of students.entries()) {
    const steps = phases.reduce(
      (sum, { phase, sampler }) =>
        sum + (phase.reads.students?.[index] === undefined ? 0 : phase.epochs * sampler.stepsPerEpoch),
      0,
    );
    const share = steps === 0 ? 0 : await unsettledShare(student, steps);
    if (share <= MOST_UNSETTLED) continue;
    warnings.push(
      `After ${steps} steps the moving statistics of batch norm in students[${index}] '${student.name}' still hold ` +
        `${Number((100 * share).toPrecision(2))} % of their initial values: validation will look worse than training. ` +
        'Train for more steps, build batch norm with a lower momentum (0.9), or pass `settleStatistics: true`.',
    );
  }
  return warnings;
}

/** Gives the students the statistics of their last weights. */
export async function settleRun(run: Run, { history }: TrainingState): Promise<void> {
  if (run.settleStatistics && history.length > 0) await settleStudents(run, undefined);
}

/**
 * What `judge` finds while the students have the statistics of their present weights, as they will when they are saved. Training
 * goes on with its own.
 */
export async function whileSettled<Found>(
  run: Run,
  { variables }: Pick<TrainingState, 'variables'>,
  signal: AbortSignal | undefined,
  judge: () => Promise<Found>,
): Promise<Found> {
  const own = copyValues(variables);
  try {
    await settleStudents(run, signal);
    return await judge();
  } finally {
    assignValues(variables, own);
    tf.dispose(Object.values(own));
  }
}

/** Over full batches of unaugmented training images in random order: batches of one class would have other statistics. */
async function settleStudents(
  { students, phases, train, normalization, random }: Run,
  signal: AbortSignal | undefined,
): Promise<void> {
  const batchSize = phases.at(-1)?.sampler.batchSize ?? 1;
  const order = random.fork('settle').permutation(train.size);
  const count = Math.max(1, Math.floor(Math.min(train.size, MOST_IMAGES) / batchSize));
  for (const [index, student] of students.entries()) {
    const batches = async (batch: number): Promise<tf.Tensor4D | undefined> => {
      if (batch >= count || signal?.aborted === true) return undefined;
      const positions = order.subarray(batch * batchSize, (batch + 1) * batchSize);
      const pixels = await loadBatch(train, positions, { normalization });
      return tf.tensor4d(pixels, [positions.length, ...train.imageShape]);
    };
    await settleStatistics(student, batches, random.fork(`settle-${index}`));
  }
}
