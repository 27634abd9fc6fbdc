import * as tf from '@tensorflow/tfjs-core';
import type { Snapshot } from '../checkpoint/index.js';
import type { NamedTensors } from '../tensor/index.js';
import { tell } from './callback.js';
import { assignValues, copyValues, underPrefix, withPrefix } from './named-state.js';
import type { Optimizer } from './optimizer.js';
import type { Run, TrainingState, Watchers } from './state.js';

/** The state as a snapshot; its tensors are live, not copies. */
export function takeSnapshot(run: Run, state: TrainingState): Snapshot {
  const optimizers = [...state.optimizers].map(([name, optimizer]) => [name, optimizer.state()] as const);
  const { best } = state;
  return {
    identity: run.identity,
    engine: tf.getBackend(),
    position: state.position,
    history: [...state.history],
    partial: state.partial,
    stops: [...state.stops],
    optimizerSteps: Object.fromEntries(optimizers.map(([name, { steps }]) => [name, steps])),
    best: best === undefined ? undefined : { globalEpoch: best.globalEpoch, accuracy: best.accuracy },
    tensors: Object.assign(
      {},
      state.variables,
      ...optimizers.map(([name, { slots }]) => withPrefix(slots, `optimizer/${name}`)),
      withPrefix(best?.values ?? {}, 'best'),
    ) as NamedTensors,
  };
}

/** Resumes from the snapshot of the first callback that has one. */
export async function resume(
  run: Run,
  state: TrainingState,
  { callbacks, control }: Watchers,
): Promise<void> {
  for (const callback of callbacks) {
    let snapshot: Snapshot | undefined;
    await tell([callback], 'resume', async () => {
      snapshot = await callback.resume?.(run.identity, control);
    });
    if (snapshot === undefined) continue;
    if (snapshot.engine !== tf.getBackend()) {
      control.warn(
        `Resumed from a checkpoint of engine ${snapshot.engine} on ${tf.getBackend()}: bytes will differ from a run on one engine.`,
      );
    }
    takeOver(state, snapshot);
    return;
  }
}

/** Takes over a snapshot and its tensors; the optimizers' slots wait for {@link resumeOptimizer}. */
function takeOver(state: TrainingState, snapshot: Snapshot): void {
  state.resumed = snapshot;
  assignValues(state.variables, snapshot.tensors);
  state.position = snapshot.position;
  state.history.push(...snapshot.history);
  state.partial = snapshot.partial;
  state.stops.push(...(snapshot.stops ?? []));
  if (snapshot.best !== undefined)
    state.best = { ...snapshot.best, values: copyValues(underPrefix(snapshot.tensors, 'best')) };
}

/** Restores an optimizer's slots if the run resumes within its phase. */
export function resumeOptimizer({ resumed }: TrainingState, name: string, optimizer: Optimizer): void {
  const steps = resumed?.optimizerSteps[name];
  if (resumed === undefined || steps === undefined) return;
  optimizer.restore({ slots: underPrefix(resumed.tensors, `optimizer/${name}`), steps });
}

/** Frees the snapshot, once everything needed has been copied from it. */
export function freeResumed(state: TrainingState): void {
  if (state.resumed !== undefined) tf.dispose(state.resumed.tensors);
  state.resumed = undefined;
}
