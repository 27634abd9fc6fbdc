import type { EpochReport } from '@distilljs/core';
import { median } from 'simple-statistics';

/**
 * Seconds of an epoch, mean over a training in which every epoch takes its phase's median, so that neither a first epoch that compiles nor a
 * machine that slept in between counts as the method's cost. 0 for a training without epochs.
 */
export function secondsPerEpoch(epochs: readonly EpochReport[]): number {
  const phases = new Map<string, number[]>();
  for (const { phase, seconds } of epochs) phases.set(phase, [...(phases.get(phase) ?? []), seconds]);
  const total = [...phases.values()].reduce((sum, seconds) => sum + seconds.length * median(seconds), 0);
  return total / Math.max(1, epochs.length);
}
