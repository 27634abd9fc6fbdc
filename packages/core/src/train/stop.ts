import type { Phase } from '../method/index.js';
import { restoreBestOf } from './best.js';
import type { Stop } from './report.js';
import type { Run, StopRequest, TrainingState } from './state.js';

/*
 * Early stops. A callback's stop ends the current phase, and later phases still run, unless the plan says that
 * it ends the run. An abort always ends the run. callback/early-stop.ts decides when to stop.
 */

/** Records that training is to stop at the end of the epoch. */
export function requestStop(
  state: TrainingState,
  { name, stopEnds = 'phase' }: Pick<Phase, 'name' | 'stopEnds'>,
  asked: { readonly reason: string; readonly restoreBest: boolean },
): void {
  if (state.stop?.ends === 'run') return;
  state.stop = { ...asked, phase: name, globalEpoch: state.history.length - 1, ends: stopEnds };
}

const ABORTED = 'aborted';

/** Records that the run was aborted. */
export function requestAbort(state: TrainingState, { name }: Pick<Phase, 'name'>): void {
  requestStop(state, { name, stopEnds: 'run' }, { reason: ABORTED, restoreBest: false });
}

/** True if the run was aborted. */
export const isAborted = ({ stop }: TrainingState): boolean => stop?.reason === ABORTED;

export const isStopping = ({ stop }: TrainingState): boolean => stop !== undefined;

/** True if no further step is to run. */
export const isOver = ({ stop }: TrainingState): boolean => stop?.ends === 'run';

/** Called at the end of a phase: completes a stop of the phase; in the last phase, the stop ends the run. */
export function endStoppedPhase(run: Run, state: TrainingState): void {
  if (state.stop === undefined) return;
  // A stop that was asked for within an epoch takes effect at its end.
  const stop = { ...state.stop, globalEpoch: state.history.length - 1 };
  state.stop = stop;
  if (stop.ends === 'run') return;
  if (state.position.phase === run.phases.length - 1) {
    state.stop = { ...stop, ends: 'run' };
    return;
  }
  if (stop.restoreBest) restoreBestOf(stop.phase, state);
  state.stops.push(describeStop(stop));
  state.stop = undefined;
}

/** Why the run and its phases ended before their last epochs, in order. */
export const allStops = ({ stops, stop }: TrainingState): readonly Stop[] =>
  stop === undefined ? stops : [...stops, describeStop(stop)];

const describeStop = ({ reason, phase, globalEpoch }: StopRequest): Stop => ({ reason, phase, globalEpoch });
