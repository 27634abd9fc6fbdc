import type { EpochReport } from '@distilljs/core';
import { median } from 'simple-statistics';

/**
 * Mean seconds per epoch of a training, with every epoch counted at its phase's median. A first epoch that compiles, or a machine that
 * slept, thus does not count as the method's cost. 0 for a training without epochs.
 */
export function secondsPerEpoch(epochs: readonly EpochReport[]): number {
  const phases = new Map<string, number[]>();
  for (const { phase, seconds } of epochs) phases.set(phase, [...(phases.get(phase) ?? []), seconds]);
  const total = [...phases.values()].reduce((sum, seconds) => sum + seconds.length * median(seconds), 0);
  return total / Math.max(1, epochs.length);
}
