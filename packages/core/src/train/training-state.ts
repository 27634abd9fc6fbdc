import * as tf from '@tensorflow/tfjs-core';
import type { PartialEpoch, Snapshot, SnapshotPosition } from '../checkpoint/index.js';
import type { NamedTensors, NamedVariables } from '../tensor/index.js';
import { assignValues, copyValues, trainedVariables, underPrefix, withPrefix } from './named-state.js';
import type { Optimizer } from './optimizer.js';
import type { EpochReport } from './report.js';
import type { Run } from './run.js';

/** The best epoch so far and a copy of its weights. */
interface Best {
  readonly globalEpoch: number;
  readonly accuracy: number;
  readonly values: NamedTensors;
}

/** Everything of a run that changes while it trains. */
export interface TrainingState {
  position: SnapshotPosition;
  history: EpochReport[];
  partial: PartialEpoch;
  /** Of the phase under way, by update name. */
  optimizers: ReadonlyMap<string, Optimizer>;
  /** Optimizer states that a snapshot brought and the phase under way has yet to take over. */
  pending: Snapshot | undefined;
  best: Best | undefined;
  readonly variables: NamedVariables;
}

export const NOTHING_YET: PartialEpoch = { labels: [], sums: [], seconds: 0 };

export function createTrainingState(run: Run): TrainingState {
  return {
    position: { phase: 0, epoch: 0, step: 0 },
    history: [],
    partial: NOTHING_YET,
    optimizers: new Map(),
    pending: undefined,
    best: undefined,
    variables: trainedVariables(run.students, run.plan.auxiliary),
  };
}

/** The state as a snapshot; its tensors are the live ones. */
export function takeSnapshot(run: Run, state: TrainingState): Snapshot {
  const slots = [...state.optimizers].map(([name, optimizer]) =>
    withPrefix(optimizer.state().slots, `optimizer/${name}`),
  );
  return {
    identity: run.identity,
    engine: tf.getBackend(),
    position: state.position,
    history: state.history,
    partial: state.partial,
    optimizerSteps: Object.fromEntries(
      [...state.optimizers].map(([name, optimizer]) => [name, optimizer.state().steps]),
    ),
    best:
      state.best === undefined
        ? undefined
        : { globalEpoch: state.best.globalEpoch, accuracy: state.best.accuracy },
    tensors: Object.assign(
      {},
      state.variables,
      ...slots,
      withPrefix(state.best?.values ?? {}, 'best'),
    ) as NamedTensors,
  };
}

/** Takes over a snapshot and its tensors; the optimizers' slots wait for the phase to start. */
export function restoreSnapshot(state: TrainingState, snapshot: Snapshot): void {
  state.pending = snapshot;
  assignValues(state.variables, snapshot.tensors);
  state.position = snapshot.position;
  state.history = [...snapshot.history];
  state.partial = snapshot.partial;
  if (snapshot.best !== undefined) {
    const values = underPrefix(snapshot.tensors, 'best');
    state.best = { ...snapshot.best, values: cloneAll(values) };
  }
}

/** Optimizers for a phase; those of a resumed phase go on from their saved slots. */
export function startOptimizers(run: Run, state: TrainingState): void {
  const phase = run.plan.phases[state.position.phase];
  const pending = state.pending;
  state.optimizers = new Map(
    phase?.updates.map((update) => {
      const optimizer = update.optimizer.create(update.variables);
      const steps = pending?.optimizerSteps[update.name];
      if (pending !== undefined && steps !== undefined) {
        optimizer.restore({ slots: underPrefix(pending.tensors, `optimizer/${update.name}`), steps });
      }
      return [update.name, optimizer];
    }),
  );
  freePending(state);
}

export function endOptimizers(state: TrainingState): void {
  for (const optimizer of state.optimizers.values()) optimizer.dispose();
  state.optimizers = new Map();
  // A run that is over before its first step never took what it went on from.
  freePending(state);
}

/** Frees the copy of the best epoch: for a run that ends without a result. */
export function freeBest(state: TrainingState): void {
  if (state.best !== undefined) tf.dispose(state.best.values);
  state.best = undefined;
}

function freePending(state: TrainingState): void {
  if (state.pending !== undefined) tf.dispose(state.pending.tensors);
  state.pending = undefined;
}

/** Keeps the present weights as the best ones. */
export function keepAsBest(state: TrainingState, globalEpoch: number, accuracy: number): void {
  if (state.best !== undefined) tf.dispose(state.best.values);
  state.best = { globalEpoch, accuracy, values: copyValues(state.variables) };
}

const cloneAll = (tensors: NamedTensors): NamedTensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, tf.keep(tf.clone(tensor))]));
