import { batchesOf, loadBatch } from '../data/index.js';
import { deviceFault } from '../engine/device-fault.js';
import type { PartialEpoch } from '../checkpoint/index.js';
import type { AugmentationStream } from '../data/index.js';
import type { Random } from '../random/index.js';
import { viewAt } from '../teacher/index.js';
import { batchFeed, unlessAborted } from './batch-feed.js';
import type { BatchFeed } from './batch-feed.js';
import { keepIfBest } from './best.js';
import { tell } from './callback.js';
import { evaluation } from './evaluate.js';
import type { EpochReport, Evaluation, StepReport, TermReport, ValueLabel } from './report.js';
import { NOTHING_YET } from './state.js';
import type { Run, RunPhase, TrainingState, Watchers } from './state.js';
import { whileSettled } from './settle.js';
import { trainStep } from './step.js';
import { requestAbort } from './stop.js';

/** Runs the rest of the current epoch: its steps, validation, report. An abort leaves it unfinished. */
export async function trainEpoch(run: Run, state: TrainingState, watchers: Watchers): Promise<void> {
  const current = run.phases[state.position.phase] as RunPhase;
  const { phase, sampler } = current;
  const { epoch } = state.position;
  phase.startEpoch?.(epoch);
  // The order depends on the epoch alone, so that all methods with one seed and the default sampler see the
  // same order.
  const random = run.random.fork(`epoch-${epoch}`);
  const batches = batchesOf(sampler, run.train.size, random.fork('order'), epoch);

  const feed = batchFeed(
    (step) => {
      const stream = augmentationStream(run, epoch, random.fork(`step-${step}`));
      return loadBatch(run.train, batches[step] ?? new Int32Array(), run, stream);
    },
    sampler.stepsPerEpoch,
    watchers.signal,
  );
  const abort = async (): Promise<void> => {
    await tell(watchers.callbacks, 'abort', (callback) => callback.abort?.(watchers.control));
    requestAbort(state, phase);
  };

  while (state.position.step < sampler.stepsPerEpoch) {
    const terms = await oneStep(run, state, current, { batches, feed, random });
    if (terms === undefined) return abort();
    for (const message of run.cachedTeacher?.notices() ?? []) watchers.control.warn(message);
    for (const message of unreached(state, current)) watchers.control.warn(message);
    const report = stepReport(current, state, watchers, terms);
    await tell(watchers.callbacks, 'step', (callback) => callback.step?.(report, watchers.control));
    await eventLoopTurn();
    if (watchers.signal?.aborted === true) return abort();
  }

  const report = await judgedEpoch(run, state, current, watchers);
  if (report === undefined) return abort();
  await tell(watchers.callbacks, 'epoch', (callback) => callback.epoch?.(report, watchers.control));
  reviewTraining(run, watchers);
}

/** Ends the epoch: validation, report, best weights. Undefined if the run was aborted during validation. */
async function judgedEpoch(
  run: Run,
  state: TrainingState,
  current: RunPhase,
  watchers: Watchers,
): Promise<EpochReport | undefined> {
  const judge = async (): Promise<EpochReport | undefined> => {
    const validation = await validate(run, current, watchers);
    if (validation === undefined) return undefined;
    expectSoundDevice(run);
    const report = epochReport(current, state, validation);
    state.history.push(report);
    state.position = { ...state.position, epoch: report.epoch + 1, step: 0 };
    state.partial = NOTHING_YET;
    keepIfBest(run, state, report);
    return report;
  };
  const isSettled = run.settleStatistics && run.validation !== undefined && current.runsStudents;
  return isSettled ? await whileSettled(run, state, watchers.signal, judge) : await judge();
}

/** Input that all steps of an epoch share. */
interface EpochInput {
  readonly batches: readonly Int32Array[];
  readonly feed: BatchFeed;
  readonly random: Random;
}

/**
 * Trains on the next batch and adds the measured values to the epoch's sums.
 *
 * @returns the step's terms; undefined if the run was aborted before the step began
 */
async function oneStep(
  run: Run,
  state: TrainingState,
  { phase, sampler }: RunPhase,
  { batches, feed, random }: EpochInput,
): Promise<Readonly<Record<string, TermReport>> | undefined> {
  const { phase: phaseIndex, epoch, step } = state.position;
  const steps = sampler.stepsPerEpoch;
  const started = performance.now();
  const place = {
    indices: batches[step] ?? new Int32Array(),
    random: random.fork(`step-${step}`).fork(`phase-${phaseIndex}`),
    position: { epoch: epoch + step / steps, epochs: phase.epochs },
    step: epoch * steps + step,
  };
  const measured = await feed.run(step, (pixels) => trainStep(run, state, phase, pixels, place));
  if (measured === undefined) return undefined;
  const { labels, values } = measured;
  expectSoundDevice(run);
  const sums = values.map((value, index) => value + (state.partial.sums[index] ?? 0));
  state.partial = { labels, sums, seconds: state.partial.seconds + (performance.now() - started) / 1000 };
  state.position = { phase: phaseIndex, epoch, step: step + 1 };
  return namedTerms(labels, values, 1);
}

/** A warning about variables without gradient, once that is known; otherwise empty. */
function unreached({ reach, position, partial }: TrainingState, { phase, sampler }: RunPhase): string[] {
  const isLastStep = position.epoch === phase.epochs - 1 && position.step === sampler.stepsPerEpoch;
  const warning = reach.warning({ phase: position.phase, labels: partial.labels, isLastStep });
  return warning === undefined ? [] : [warning];
}

/** The stream of each step's augmentations; with a fixed number of views, one stream per view and image. */
function augmentationStream({ random, views }: Run, epoch: number, stepRandom: Random): AugmentationStream {
  if (views === undefined) return stepRandom.fork('augment');
  const view = random.fork(`view-${viewAt(epoch, views)}`);
  return (position) => view.fork(position);
}

/** Throws before a number from a failed device gets into a checkpoint. */
function expectSoundDevice({ method }: Run): void {
  const fault = deviceFault(`method '${method.name}'`, undefined);
  if (fault !== undefined) throw fault;
}

/**
 * Evaluates each student; empty without a validation set or students in the phase. Undefined if the run was
 * aborted.
 */
async function validate(
  run: Run,
  { runsStudents }: RunPhase,
  { control, signal }: Watchers,
): Promise<Evaluation[] | undefined> {
  const results: Evaluation[] = [];
  if (run.validation === undefined || !runsStudents) return results;
  const doubt = await unlessAborted(run.lookAtValidation(), signal);
  if (doubt !== undefined) control.warn(doubt);
  for (const [index, student] of run.students.entries()) {
    const result = await evaluation(student, run.validation, { normalization: run.normalization, signal });
    if (result === undefined) return undefined;
    results.push(result);
    if (result.invalid === undefined) continue;
    control.warn(
      `The logits of students[${index}] are NaN for ${result.invalid} of ${result.images} validation images, which count as wrong.`,
    );
  }
  return results;
}

function stepReport(
  { phase, sampler }: RunPhase,
  { position }: TrainingState,
  { control }: Watchers,
  terms: StepReport['terms'],
): StepReport {
  return {
    phase: phase.name,
    epoch: position.epoch,
    epochs: phase.epochs,
    step: position.step,
    stepsPerEpoch: sampler.stepsPerEpoch,
    batchSize: sampler.batchSize,
    done: control.done,
    total: control.total,
    terms,
  };
}

function epochReport(
  { phase, sampler: { stepsPerEpoch: steps } }: RunPhase,
  { position: { epoch }, partial, history, optimizers }: TrainingState,
  validation: readonly Evaluation[],
): EpochReport {
  const { labels, sums, seconds }: PartialEpoch = partial;
  const last = { epoch: epoch + (steps - 1) / steps, epochs: phase.epochs };
  return {
    phase: phase.name,
    epoch,
    globalEpoch: history.length,
    steps,
    learningRate: Object.fromEntries(
      [...optimizers].map(([name, optimizer]) => [name, optimizer.learningRate(last)]),
    ),
    terms: namedTerms(labels, sums, steps),
    trainAccuracy: labels.flatMap((label, index) =>
      label.kind === 'accuracy' ? [(sums[index] ?? 0) / steps] : [],
    ),
    validation,
    // Rounded to microseconds: more digits are noise and would make the length of a checkpoint vary.
    seconds: Math.round(seconds * 1e6) / 1e6,
  };
}

/** Means of the terms by name: `term`, or `update/term` if there are several updates. */
function namedTerms(
  labels: readonly ValueLabel[],
  sums: ArrayLike<number>,
  steps: number,
): Readonly<Record<string, TermReport>> {
  const updates = new Set(labels.flatMap((label) => (label.kind === 'term' ? [label.update] : [])));
  return Object.fromEntries(
    labels.flatMap((label, index) => {
      if (label.kind !== 'term') return [];
      const name = updates.size > 1 ? `${label.update}/${label.term}` : label.term;
      return [[name, { value: (sums[index] ?? 0) / steps, weight: label.weight }]];
    }),
  );
}

/** Passes on the technique's review of the training so far, without the messages of the previous epoch. */
function reviewTraining({ plan }: Run, { control }: Watchers): void {
  const said = new Set(plan.review?.(control.history.slice(0, -1)));
  for (const message of plan.review?.(control.history) ?? []) if (!said.has(message)) control.warn(message);
}

/** Lets signals and timers run: awaiting tensor data alone may never leave the microtask queue. */
function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else {
      // Not a timer: browsers delay nested timers by 4 ms, and those of a hidden page by a second.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(0);
    }
  });
}
