import type { EpochReport } from '@distilljs/core';
import { median } from 'simple-statistics';

/**
 * Seconds of a whole training: each phase's epochs times their median, so that neither a first epoch that compiles nor a machine that slept
 * in between counts as the method's cost.
 */
export function trainingSeconds(epochs: readonly EpochReport[]): number {
  const phases = new Map<string, number[]>();
  for (const { phase, seconds } of epochs) phases.set(phase, [...(phases.get(phase) ?? []), seconds]);
  return [...phases.values()].reduce((sum, seconds) => sum + seconds.length * median(seconds), 0);
}

/** {@link trainingSeconds} by epoch, over all phases; 0 for a training without epochs. */
export function secondsPerEpoch(epochs: readonly EpochReport[]): number {
  return trainingSeconds(epochs) / Math.max(1, epochs.length);
}
