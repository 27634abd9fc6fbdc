import type { Method } from '@distilljs/core';
import type { AfdOptions } from '../src/index.js';
import { goldenDataset, goldenNetwork, runIterations } from './golden-run.js';
import { cases, discriminatorEntries, numberedEntries, transferEntries } from './golden.js';
import type { Packed, PackedDiscriminator, PackedNetwork, PackedTransfer } from './golden.js';

/** What the file's iterations have besides the defaults. */
export const HYPER = {
  featureLearningRate: 1e-3,
  featureMilestones: [],
  discriminatorWidth: 2,
} satisfies Partial<AfdOptions>;

export type IterationCase = (typeof cases)[
  'iteration_pair_same_arch' | 'iteration_pair_transfer' | 'iteration_cyclic_K3'];

/**
 * Two iterations of a method from the file's weights.
 *
 * @param order in which the file's networks are given to the run
 */
export async function iterate(
  { inputs }: IterationCase,
  method: Method,
  order = inputs.nets.map((_, index) => index),
): Promise<Awaited<ReturnType<typeof runIterations>>> {
  const nets = order.map((index) => inputs.nets[index] as PackedNetwork);
  const discs = order.map((index) => inputs.discs[index] as PackedDiscriminator);
  const transfers = inputs.transfers as readonly PackedTransfer[] | null;
  const networks = nets.map(goldenNetwork);
  const seen = await runIterations({
    networks,
    method,
    auxiliary: {
      ...numberedEntries('discriminator', discs, discriminatorEntries),
      ...numberedEntries('transfer', transfers ?? [], transferEntries),
    },
    data: goldenDataset(inputs.x, inputs.labels, 5),
    iterations: 2,
  });
  networks.forEach((network) => {
    network.dispose();
  });
  return seen;
}

/** What L_G moves of a network; the classifier is not among it. */
export function extractorEntries(packed: Pick<PackedNetwork, 'k' | 'b'>): Readonly<Record<string, Packed>> {
  return { 'map/kernel': packed.k, 'map/bias': packed.b };
}
