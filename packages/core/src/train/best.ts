import * as tf from '@tensorflow/tfjs-core';
import { assignValues, copyValues } from './named-state.js';
import type { BestEpoch, EpochReport } from './report.js';
import type { Best, Run, TrainingState } from './state.js';

/*
 * The best epoch: highest validation accuracy (mean over students; the first on a tie) among the epochs of the
 * last phase that trains students. Earlier phases do not count: later phases change their network on purpose.
 */

/** Keeps the current weights if the epoch just reported is the best so far. */
export function keepIfBest(
  run: Run,
  state: TrainingState,
  { validation, globalEpoch, phase }: EpochReport,
): void {
  if (validation.length === 0 || run.phases[state.position.phase]?.trainsStudents !== true) return;
  const accuracy = validation.reduce((sum, entry) => sum + entry.accuracy, 0) / validation.length;
  const ofThisPhase = state.best !== undefined && state.history[state.best.globalEpoch]?.phase === phase;
  if (ofThisPhase && accuracy <= (state.best?.accuracy ?? -1)) return;
  freeBest(state);
  state.best = { globalEpoch, accuracy, values: copyValues(state.variables) };
}

/** Restores the best weights of a phase, if there are any. */
export function restoreBestOf(phase: string, { best, history, variables }: TrainingState): void {
  if (best !== undefined && history[best.globalEpoch]?.phase === phase) assignValues(variables, best.values);
}

/** The best epoch as reported in the result. */
export function describeBest(best: Best, history: readonly EpochReport[]): BestEpoch {
  const { globalEpoch, accuracy } = best;
  return { phase: history[globalEpoch]?.phase ?? '', globalEpoch, accuracy };
}

/** Frees the copy of the best epoch's weights. */
export function freeBest(state: TrainingState): void {
  if (state.best !== undefined) tf.dispose(state.best.values);
  state.best = undefined;
}
