import * as tf from '@tensorflow/tfjs-core';
import { loadBatch } from '../data/index.js';
import { settleStatistics, unsettledShare } from '../network/index.js';
import type { Network } from '../network/index.js';
import { assignValues, copyValues } from './named-state.js';
import type { Run, RunPhase, TrainingState } from './state.js';

/*
 * Batch norm's moving statistics start at mean 0 and variance 1 and retain momentum^steps of these values. A
 * short run with a high momentum trains well, but validates and saves a network with wrong statistics.
 */

/** Largest share of the initial values in a moving statistic without a warning. */
const MOST_UNSETTLED = 0.01;

/** Maximum number of images over which statistics are averaged. */
const MOST_IMAGES = 10_000;

/** Warnings about moving statistics that will not have converged by the end of training. */
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

/** Computes the students' batch-norm statistics for their final weights, if the run asks for it. */
export async function settleRun(run: Run, { history }: TrainingState): Promise<void> {
  if (run.settleStatistics && history.length > 0) await settleStudents(run, undefined);
}

/**
 * Runs `judge` while the students have the statistics of their current weights, as they will when saved.
 * Afterwards the moving statistics of training are restored.
 *
 * @returns undefined if the run was aborted before the statistics were complete
 */
export async function whileSettled<Found>(
  run: Run,
  { variables }: Pick<TrainingState, 'variables'>,
  signal: AbortSignal | undefined,
  judge: () => Promise<Found | undefined>,
): Promise<Found | undefined> {
  const own = copyValues(variables);
  try {
    await settleStudents(run, signal);
    return signal?.aborted === true ? undefined : await judge();
  } finally {
    assignValues(variables, own);
    tf.dispose(Object.values(own));
  }
}

/**
 * Uses full batches of unaugmented training images in random order: batches of one class would bias the
 * statistics.
 */
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
