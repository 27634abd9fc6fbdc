import * as tf from '@tensorflow/tfjs-core';
import { faultBehind } from '../engine/device-fault.js';
import { DistillError } from '../error/index.js';
import { metadataOf, setModelMetadata } from '../model-file/index.js';
import { describeBest, freeBest } from './best.js';
import { tell } from './callback.js';
import type { Callback } from './callback.js';
import { controlOf } from './control.js';
import type { DistillResult } from './distill-types.js';
import { assignValues, copyValues } from './named-state.js';
import { trainPhase } from './phase.js';
import { freeResumed, resume } from './resume.js';
import { initialState } from './state.js';
import type { Run, TrainingState, Watchers } from './state.js';
import { settleRun } from './settle.js';
import { allStops, isAborted, isOver, requestAbort } from './stop.js';

/** Trains a prepared run: resumes from a checkpoint if there is one, runs the phases, and returns the result. */
export async function trainRun(
  run: Run,
  callbacks: readonly Callback[],
  signal: AbortSignal | undefined,
): Promise<DistillResult> {
  // Set at the start: a callback may save a network during training.
  for (const { model } of run.students) setModelMetadata(model, metadataOf(run.train, run.normalization));
  const state = initialState(run);
  const watchers: Watchers = { callbacks, signal, control: controlOf(run, state, callbacks) };
  const failures: unknown[] = [];
  try {
    await resume(run, state, watchers);
    await tell(callbacks, 'start', (callback) => callback.start?.(watchers.control));
    for (const warning of run.warnings) watchers.control.warn(warning);
    if (signal?.aborted === true) requestAbort(state, watchers.control.phase);
    while (state.position.phase < run.phases.length && !isOver(state)) await trainPhase(run, state, watchers);
    if (!isAborted(state)) await settleRun(run, state);
  } catch (error) {
    freeBest(state);
    // A failed device may cause any error, or meaningless numbers.
    const fault = faultBehind(error, `method '${run.method.name}'`, state.lastCheckpoint);
    failures.push(fault ?? error);
  }
  // A run that is over before its first step has not freed its snapshot.
  freeResumed(state);
  // Every callback gets `end`, even if another throws. The error that stopped training is thrown first.
  for (const callback of callbacks) {
    const end = tell([callback], 'end', () => callback.end?.(watchers.control));
    await end.catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) {
    // Of a run that only `end` of a callback failed.
    freeBest(state);
    throw failures[0];
  }
  return resultOf(run, state);
}

function resultOf(run: Run, state: TrainingState): DistillResult {
  const { best, stop, history } = state;
  const last = copyValues(state.variables);
  let isDisposed = false;
  const put = (values: typeof last): void => {
    if (isDisposed) throw disposed();
    assignValues(state.variables, values);
    run.plan.finish?.();
  };
  const restoreBest = (): void => {
    put(best?.values ?? last);
  };
  run.plan.finish?.();
  if (stop?.restoreBest === true) restoreBest();
  return {
    student: run.students[0] as DistillResult['student'],
    students: run.students,
    history,
    best: best === undefined ? undefined : describeBest(best, history),
    restoreBest,
    restoreLast: () => {
      put(last);
    },
    stopped: stop === undefined ? undefined : { reason: stop.reason, globalEpoch: stop.globalEpoch },
    stops: allStops(state),
    cost: run.plan.cost,
    normalization: run.normalization,
    warnings: state.warnings,
    dispose() {
      isDisposed = true;
      tf.dispose([...Object.values(last), ...Object.values(best?.values ?? {})]);
      run.dispose();
    },
  };
}

const disposed = (): DistillError =>
  new DistillError({
    code: 'option',
    where: 'restoreBest, restoreLast',
    expected: 'a result that still holds its weights',
    got: 'a disposed one',
    hint: 'Restore before `result.dispose()`.',
  });
