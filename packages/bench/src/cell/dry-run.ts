import {
  channelStatistics,
  createRandom,
  distill,
  freeze,
  resolveEngine,
  student as studentAlone,
} from '@distilljs/core';
import type { Callback, Method, Network } from '@distilljs/core';
import { median } from 'simple-statistics';
import { withAbsolutePaths } from '../config/index.js';
import type { RunConfig } from '../config/index.js';
import { subset } from '../dataset/index.js';
import { checkMethods } from '../run/check-methods.js';
import { buildCohort, buildNetwork, planMethod } from '../run/cohort.js';
import { dataFingerprints, loadRunData } from '../run/datasets.js';
import type { RunData } from '../run/datasets.js';
import { loadForeign } from '../run/foreign-sources.js';
import { loadTeacher } from '../run/load-teacher.js';
import type { LoadedTeacher } from '../run/load-teacher.js';
import { examineFolder, expectSameData } from '../run/open-folder.js';
import type { RunLog } from '../run/run-context.js';
import { runFolder } from '../run/run-folder.js';
import { cellStates } from './cell-state.js';
import type { CellState } from './cell-state.js';

/** What a run would do. */
export interface DryRun {
  readonly cells: readonly PlannedCell[];
  /** Of all that is left, on this machine, one training after the other. */
  readonly seconds: number;
  readonly engine: string;
}

export interface PlannedCell extends CellState {
  /** Training steps over all phases. */
  readonly steps: number;
  /** Estimated seconds of the whole cell, done or not, with an evaluation after each epoch. */
  readonly seconds: number;
}

export interface DryRunOptions {
  readonly config: RunConfig;
  readonly out: string;
  readonly log: RunLog;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The cells of a run, which of them are done, and how long the others would take: every method trains a few steps of each of its
 * phases. The run folder is not changed, nor made.
 *
 * @throws DistillError as a run would before it trains
 */
export async function dryRun({ config: given, out, log, signal }: DryRunOptions): Promise<DryRun> {
  const config = withAbsolutePaths(given);
  await loadForeign(config);
  for (const method of config.methods) planMethod(method, config.student.model);
  const folder = runFolder(out);
  const begun = await examineFolder(folder, config, 'resume');
  const engine = await resolveEngine(config.engine);
  const data = await loadRunData(config, log, signal);
  if (begun !== undefined) expectSameData(folder, begun, dataFingerprints(data));
  const loaded = await loadTeacher(config, data, begun === undefined ? undefined : folder.teacher);
  const untrained =
    loaded === undefined
      ? await buildNetwork(config.teacher.model ?? '', data.train, createRandom(0).fork('teacher'))
      : undefined;
  const teacher = loaded ?? { network: freeze(untrained as Network), input: {} };
  try {
    await checkMethods(config, data, teacher);
    const states = await cellStates(folder, config);
    const costs = new Map<string, Cost>();
    const costOf = async ({ cell }: CellState): Promise<Cost> => {
      const key = cell.kind === 'teacher' ? '' : cell.method;
      const known = costs.get(key);
      if (known !== undefined) return known;
      log.say(cell.kind === 'teacher' ? 'Timing steps of the teacher' : `Timing steps of ${cell.method}`);
      const cost =
        cell.kind === 'teacher'
          ? untrained !== undefined
            ? await timeMethod(config, data, studentAlone(), [untrained], undefined, config.teacher.epochs)
            : NO_COST
          : await timeConfigured(config, data, cell.method, teacher);
      costs.set(key, cost);
      return cost;
    };
    const cells: PlannedCell[] = [];
    for (const state of states) cells.push({ ...state, ...(await costOf(state)) });
    const left = cells.filter(({ isDone }) => !isDone);
    return { cells, engine: engine.name, seconds: left.reduce((sum, { seconds }) => sum + seconds, 0) };
  } finally {
    teacher.network.dispose();
    untrained?.dispose();
  }
}

type SeeingTeacher = Pick<LoadedTeacher, 'network' | 'input'>;

interface Cost {
  readonly steps: number;
  readonly seconds: number;
}

const NO_COST: Cost = { steps: 0, seconds: 0 };

async function timeConfigured(
  config: RunConfig,
  data: RunData,
  name: string,
  teacher: SeeingTeacher,
): Promise<Cost> {
  const configured = config.methods.find(({ as }) => as === name);
  if (configured === undefined) return NO_COST;
  const { method, models, change } = planMethod(configured, config.student.model);
  const students = await buildCohort(models, data.train, 0, change);
  try {
    return await timeMethod(config, data, method, students, teacher, config.epochs);
  } finally {
    for (const student of students) student.dispose();
  }
}

/** Batches of each phase that are trained; the first half warms up. */
const BATCHES = 8;

/** Trains one short epoch of every phase. */
async function timeMethod(
  config: RunConfig,
  data: RunData,
  method: Method,
  students: readonly Network[],
  teacher: SeeingTeacher | undefined,
  epochs: number,
): Promise<Cost> {
  const { train, validation } = data;
  const size = Math.min(train.size, BATCHES * config.batchSize);
  // Spread over the whole set, so that samplers find all classes.
  const few = subset(
    train,
    Array.from({ length: size }, (_, at) => Math.floor((at * train.size) / size)),
  );
  const share = size / train.size;
  const watch = phaseWatch();
  const result = await distill({
    teacher: teacher?.network,
    ...(teacher !== undefined && { teacherInput: teacher.input }),
    students,
    method,
    train: few,
    epochs,
    batchSize: config.batchSize,
    seed: 0,
    normalization: await channelStatistics(few),
    callbacks: [watch.callback],
  });
  result.dispose();
  return watch.phases().reduce((sum: Cost, { epochs: planned, steps, seconds }): Cost => {
    const perEpoch = Math.max(1, Math.round(steps / share));
    // A forward pass is about a third of a step; every network is looked at after every epoch.
    const evaluations = (validation.size / config.batchSize) * (seconds / 3);
    return {
      steps: sum.steps + planned * perEpoch,
      seconds: sum.seconds + planned * (perEpoch * seconds + evaluations),
    };
  }, NO_COST);
}

interface TimedPhase {
  readonly epochs: number;
  /** Of one short epoch. */
  readonly steps: number;
  /** Of one step. */
  readonly seconds: number;
}

/** Ends every phase after its first epoch, and keeps what its steps took. */
function phaseWatch(): { readonly callback: Callback; readonly phases: () => readonly TimedPhase[] } {
  const phases: TimedPhase[] = [];
  let times: number[] = [];
  let before = 0;
  return {
    callback: {
      name: 'timing',
      start() {
        before = performance.now();
      },
      step() {
        const now = performance.now();
        times.push((now - before) / 1000);
        before = now;
      },
      epoch(_report, run) {
        const settled = times.slice(Math.floor(times.length / 2));
        phases.push({ epochs: run.phase.epochs, steps: times.length, seconds: median(settled) });
        times = [];
        run.stop('timed');
        before = performance.now();
      },
    },
    phases: () => phases,
  };
}
