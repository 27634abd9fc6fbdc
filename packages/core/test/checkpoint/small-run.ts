import { adam, augmentation, cosineRate, distill, kd } from '../../src/index.js';
import type { DistillOptions, DistillResult, Network } from '../../src/index.js';
// Not by the package's name: a program outside of vitest runs this file too, and the suite in there needs vitest.
import { tinyDataset } from '../../src/testing/tiny-dataset.js';
import { tinyNetwork } from '../../src/testing/tiny-network.js';
import { weightBytes } from '../../src/testing/weights.js';

/** Steps of {@link smallRun}: 3 in each of 4 epochs. */
export const STEPS = 12;

/** A run with everything in it that is random or has a state: dropout, augmentation, momentum, a schedule, a best epoch. */
export function smallRun(
  change: Partial<DistillOptions> = {},
): DistillOptions & { readonly students: readonly Network[] } {
  return {
    teacher: tinyNetwork(1, { width: 2 }),
    method: kd(),
    train: tinyDataset(12, 1),
    validation: tinyDataset(6, 2),
    epochs: 4,
    batchSize: 4,
    seed: 1,
    optimizer: adam({ learningRate: cosineRate(0.02), weightDecay: 0.01 }),
    augmentation: augmentation({ padCrop: 1, flip: true }),
    ...change,
    // Momentum 0.6: the moving statistics settle within these few steps, so that there is nothing to warn of.
    students: [tinyNetwork(2, { width: 2, dropout: 0.25, momentum: 0.6 })],
  };
}

/** All that a run came to, to the last bit, without the times that it took. */
export function outcomeOf(result: DistillResult): Record<string, unknown> {
  const last = result.students.map(hexOf);
  result.restoreBest();
  const best = result.students.map(hexOf);
  const history = result.history.map((report) => ({ ...report, seconds: 0 }));
  result.dispose();
  for (const student of result.students) student.dispose();
  return { last, best, history, bestEpoch: result.best };
}

/** The outcome of {@link smallRun} when nothing disturbs it. */
export async function undisturbed(change: Partial<DistillOptions> = {}): Promise<Record<string, unknown>> {
  return outcomeOf(await distill(smallRun(change)));
}

/** As text: comparing long arrays takes vitest a while. */
const hexOf = (student: Network): string => Buffer.from(weightBytes(student)).toString('hex');
