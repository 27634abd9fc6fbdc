import * as tf from '@tensorflow/tfjs-core';
import { deviceFault } from '../engine/device-fault.js';
import { loadBatch } from '../data/index.js';
import type { Phase } from '../method/index.js';
import type { Random } from '../random/index.js';
import { viewAt } from '../teacher/index.js';
import type { Callback, RunControl } from './callback.js';
import type { DistillResult } from './distill.js';
import { epochReport, namedTerms } from './epoch-report.js';
import { evaluate } from './evaluate.js';
import type { Evaluation } from './evaluate.js';
import { inspectPhase } from './inspect.js';
import { assignValues, copyValues } from './named-state.js';
import { reviewTraining } from './review.js';
import type { Run } from './run.js';
import { trainStep } from './train-step.js';
import {
  createTrainingState,
  endOptimizers,
  freeBest,
  keepAsBest,
  NOTHING_YET,
  restoreSnapshot,
  startOptimizers,
  takeSnapshot,
} from './training-state.js';
import type { TrainingState } from './training-state.js';

/** What ended a run early. */
interface Stop {
  readonly reason: string;
  readonly globalEpoch: number;
  readonly restoreBest: boolean;
}

/** Runs all phases of a prepared run. */
export async function train(
  run: Run,
  callbacks: readonly Callback[],
  signal?: AbortSignal,
): Promise<DistillResult> {
  const state = createTrainingState(run);
  const warnings: string[] = [];
  const ended: { stop?: Stop } = {};
  const isOver = (): boolean => ended.stop !== undefined;
  let lastCheckpoint: string | undefined;

  const stepsBefore = (phase: number): number =>
    run.plan.phases
      .slice(0, phase)
      .reduce((sum, { epochs }, index) => sum + epochs * stepsPerEpoch(run, index), 0);
  // After the last phase's end it is still that one.
  const phaseIndex = (): number => Math.min(state.position.phase, run.plan.phases.length - 1);
  const control: RunControl = {
    method: run.method.name,
    seed: run.seed,
    get history() {
      return state.history;
    },
    get done() {
      const { phase, epoch, step } = state.position;
      return stepsBefore(phase) + epoch * stepsPerEpoch(run, phase) + step;
    },
    total: stepsBefore(run.plan.phases.length),
    get phase() {
      const { name, epochs } = run.plan.phases[phaseIndex()] as Phase;
      return { name, epochs };
    },
    inspect: () =>
      inspectPhase(run, phaseIndex(), { epoch: state.position.epoch, epochs: control.phase.epochs }),
    snapshot: () => takeSnapshot(run, state),
    stop(reason, options) {
      ended.stop = {
        reason,
        globalEpoch: state.history.length - 1,
        restoreBest: options?.restoreBest ?? false,
      };
    },
    checkpointed(where) {
      lastCheckpoint = where;
    },
    warn(message) {
      warnings.push(message);
      for (const callback of callbacks) callback.warn?.(message);
    },
  };

  try {
    await resume(run, state, callbacks, control);
    for (const callback of callbacks) await callback.start?.(control);
    if (signal?.aborted === true) control.stop('aborted');
    while (state.position.phase < run.plan.phases.length && !isOver()) {
      startOptimizers(run, state);
      const epochs = run.plan.phases[state.position.phase]?.epochs ?? 0;
      while (state.position.epoch < epochs && !isOver()) {
        const aborted = await trainEpoch(run, state, callbacks, control, () => lastCheckpoint, signal);
        if (aborted) control.stop('aborted');
      }
      if (state.position.epoch >= epochs)
        state.position = { phase: state.position.phase + 1, epoch: 0, step: 0 };
      endOptimizers(state);
    }
  } catch (error) {
    freeBest(state);
    // A device that failed may show as any error, or as numbers that make no sense.
    throw deviceFault(`method '${run.method.name}'`, lastCheckpoint) ?? error;
  } finally {
    endOptimizers(state);
    for (const callback of callbacks) await callback.end?.(control);
  }
  return resultOf(run, state, ended.stop, warnings);
}

async function resume(
  run: Run,
  state: TrainingState,
  callbacks: readonly Callback[],
  control: RunControl,
): Promise<void> {
  for (const callback of callbacks) {
    const snapshot = await callback.resume?.(run.identity, control);
    if (snapshot === undefined) continue;
    if (snapshot.engine !== tf.getBackend()) {
      control.warn(
        `Resumed from a checkpoint of engine ${snapshot.engine} on ${tf.getBackend()}: bytes will differ from a run on one engine.`,
      );
    }
    restoreSnapshot(state, snapshot);
    return;
  }
}

/** The rest of the epoch under way. @returns true when the run was aborted in it */
async function trainEpoch(
  run: Run,
  state: TrainingState,
  callbacks: readonly Callback[],
  control: RunControl,
  lastCheckpoint: () => string | undefined,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { phase: phaseIndex, epoch } = state.position;
  const phase = run.plan.phases[phaseIndex] as Phase;
  const steps = stepsPerEpoch(run, phaseIndex);
  if (epoch === 0 && state.position.step === 0) phase.start?.();
  phase.startEpoch?.(epoch);
  // The order depends on the epoch alone, so that every method with one seed and no sampler of its own sees the same.
  const epochRandom = run.random.fork(`epoch-${epoch}`);
  const batches = run.samplers[phaseIndex]?.batches(epochRandom.fork('order')) ?? [];

  while (state.position.step < steps) {
    const { step } = state.position;
    const started = performance.now();
    const indices = batches[step] ?? new Int32Array();
    const stepRandom = epochRandom.fork(`step-${step}`);
    const position = { epoch: epoch + step / steps, epochs: phase.epochs };
    const pixels = loadBatch(run.train, indices, run, augmentationStream(run, epoch, stepRandom));
    const random = stepRandom.fork(`phase-${phaseIndex}`);
    const place = { indices, random, position, step: epoch * steps + step };
    const { labels, values } = await trainStep(run, state, phase, pixels, place, lastCheckpoint());
    expectSoundDevice(run);
    for (const message of run.cachedTeacher?.notices() ?? []) control.warn(message);
    const sums = values.map((value, index) => value + (state.partial.sums[index] ?? 0));
    state.partial = { labels, sums, seconds: state.partial.seconds + (performance.now() - started) / 1000 };
    state.position = { phase: phaseIndex, epoch, step: step + 1 };
    await reportStep(run, control, callbacks, state, namedTerms(labels, values, 1));
    if (signal?.aborted === true) {
      for (const callback of callbacks) await callback.abort?.(control);
      return true;
    }
  }

  const validation = await validate(run, phase);
  expectSoundDevice(run);
  const at = { epoch: epoch + (steps - 1) / steps, epochs: phase.epochs };
  const rates = [...state.optimizers].map(([name, optimizer]) => [name, optimizer.learningRate(at)] as const);
  const report = epochReport(
    { phase: phase.name, epoch, globalEpoch: state.history.length, steps },
    state.partial,
    rates,
    validation,
  );
  state.history.push(report);
  state.position = { phase: phaseIndex, epoch: epoch + 1, step: 0 };
  state.partial = NOTHING_YET;
  const accuracy =
    validation.reduce((sum, entry) => sum + entry.accuracy, 0) / Math.max(1, validation.length);
  if (validation.length > 0 && accuracy > (state.best?.accuracy ?? -1))
    keepAsBest(state, report.globalEpoch, accuracy);
  for (const callback of callbacks) await callback.epoch?.(report, control);
  reviewTraining(run.plan, control);
  return false;
}

/** Every step has augmentations of its own, unless there is a number of views: then every view of every image has. */
function augmentationStream(
  { random, views }: Run,
  epoch: number,
  stepRandom: Random,
): Random | ((position: number) => Random) {
  if (views === undefined) return stepRandom.fork('augment');
  const view = random.fork(`view-${viewAt(epoch, views)}`);
  return (position) => view.fork(position);
}

/** Before a number that a failed device gave gets into a checkpoint. */
function expectSoundDevice({ method }: Run): void {
  const fault = deviceFault(`method '${method.name}'`, undefined);
  if (fault !== undefined) throw fault;
}

async function reportStep(
  run: Run,
  control: RunControl,
  callbacks: readonly Callback[],
  { position }: TrainingState,
  terms: ReturnType<typeof namedTerms>,
): Promise<void> {
  const phase = run.plan.phases[position.phase] as Phase;
  const sampler = run.samplers[position.phase];
  const report = {
    phase: phase.name,
    epoch: position.epoch,
    epochs: phase.epochs,
    step: position.step,
    stepsPerEpoch: sampler?.stepsPerEpoch ?? 0,
    batchSize: sampler?.batchSize ?? 0,
    done: control.done,
    total: control.total,
    terms,
  };
  for (const callback of callbacks) await callback.step?.(report, control);
  await eventLoopTurn();
}

async function validate(run: Run, phase: Phase): Promise<Evaluation[]> {
  const results: Evaluation[] = [];
  const studentsRan = phase.reads.students?.some((taps) => taps !== undefined) === true;
  if (run.validation === undefined || !studentsRan) return results;
  for (const student of run.students)
    results.push(await evaluate(student, run.validation, run.normalization));
  return results;
}

/** Signals and timers get their turn: awaiting tensor data alone may never leave the microtask queue. */
function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}

const stepsPerEpoch = (run: Run, phase: number): number => run.samplers[phase]?.stepsPerEpoch ?? 0;

function resultOf(
  run: Run,
  state: TrainingState,
  stop: Stop | undefined,
  warnings: readonly string[],
): DistillResult {
  const { best } = state;
  const last = copyValues(state.variables);
  const put = (values: typeof last): void => {
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
    history: state.history,
    best: best === undefined ? undefined : { globalEpoch: best.globalEpoch, accuracy: best.accuracy },
    restoreBest,
    restoreLast: () => {
      put(last);
    },
    stopped: stop === undefined ? undefined : { reason: stop.reason, globalEpoch: stop.globalEpoch },
    cost: run.plan.cost,
    normalization: run.normalization,
    warnings,
    dispose() {
      tf.dispose([...Object.values(last), ...Object.values(best?.values ?? {})]);
      run.dispose();
    },
  };
}
