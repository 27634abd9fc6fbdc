import { createRandom, freeze, resolveEngine } from '@distilljs/core';
import type { Network, PlannedPhase } from '@distilljs/core';
import { withAbsolutePaths } from '../config/index.js';
import type { RunConfig, StudyConfig } from '../config/index.js';
import { workName } from '../run/cells.js';
import { checkMethods } from '../run/check-methods.js';
import { buildNetwork, planMethod } from '../run/cohort.js';
import { dataFingerprints, lastData } from '../run/datasets.js';
import type { RunData } from '../run/datasets.js';
import { expectSameSources, loadForeign } from '../run/foreign-sources.js';
import { loadTeacher } from '../run/load-teacher.js';
import { matrixOf } from '../run/matrix.js';
import type { Matrix, PlannedRun } from '../run/matrix.js';
import { examineFolder, expectSameData } from '../run/open-folder.js';
import { examineStudy, plannedRuns } from '../run/open-study.js';
import type { RunLog } from '../run/run-context.js';
import { runFolder } from '../run/run-folder.js';
import { cellStates } from './cell-state.js';
import type { CellState } from './cell-state.js';
import { timingsOf } from './timings.js';
import type { TimedPhase, Timings } from './timings.js';

/** What a run or a study would do. */
export interface DryRun {
  readonly cells: readonly PlannedCell[];
  /** Estimated seconds of all remaining cells on this machine, one after the other. */
  readonly seconds: number;
  readonly engine: string;
  /** True for a race, which will not train all of the cells. */
  readonly isRace: boolean;
}

export interface PlannedCell extends CellState {
  /** Training steps over all phases. */
  readonly steps: number;
  /** Estimated seconds of the whole cell, done or not, with an evaluation after each epoch. */
  readonly seconds: number;
}

export interface DryRunOptions {
  readonly config: RunConfig | StudyConfig;
  readonly out: string;
  /** `overwrite` plans all cells anew, as a run that replaces the folder would. Default: `resume`. */
  readonly existing?: 'resume' | 'overwrite' | undefined;
  readonly log: RunLog;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The cells of a run or a study, which of them are done, and the estimated time of the others. Every method trains a few steps of each of
 * its phases. With cached teacher outputs, epochs that run the teacher and epochs that do not are timed separately; every cell is assumed
 * to run it again. A study times all methods for one task, and one method for each other task, and scales the rest by the same factor.
 * Folders are neither changed nor created.
 *
 * @throws DistillError as a run would before it trains
 */
export async function dryRun({
  config,
  out,
  existing = 'resume',
  log,
  signal,
}: DryRunOptions): Promise<DryRun> {
  const matrix = await plannedMatrix(config, out, existing);
  const states =
    existing === 'resume'
      ? await cellStates(matrix)
      : matrix.cells.map((cell): CellState => ({ ...cell, isDone: false, epochs: 0 }));
  const read = lastData();
  const timings = timingsOf(log);
  let engine = '';
  const costs = new Map<string, ReadonlyMap<string, Cost>>();
  for (const run of matrix.runs) {
    signal?.throwIfAborted();
    const found = await costsOf(run, timings, existing, (own) => read(own, log, signal));
    costs.set(run.name, found.costs);
    engine = found.engine;
  }
  const cells = states.map((state): PlannedCell => {
    const { task = '' } = state.cell;
    return { ...state, ...(costs.get(task)?.get(workName(state.cell)) ?? NO_COST) };
  });
  const left = cells.filter(({ isDone }) => !isDone);
  const isRace = matrix.runs.some(({ run }) => run.config.race !== undefined);
  return { cells, engine, isRace, seconds: left.reduce((sum, { seconds }) => sum + seconds, 0) };
}

/** The cells of a run or a study that need not exist yet. */
export async function plannedMatrix(
  given: RunConfig | StudyConfig,
  out: string,
  existing: 'resume' | 'overwrite',
): Promise<Matrix<PlannedRun>> {
  const isStudy = 'tasks' in given;
  const tasks = (isStudy ? given.tasks : [{ name: '', config: given }]).map(({ name, config }) => ({
    name,
    config: withAbsolutePaths(config),
  }));
  for (const { config } of tasks) {
    await loadForeign(config);
    for (const method of config.methods) planMethod(method, config.student.model);
  }
  if (isStudy) await examineStudy(out, tasks, existing);
  const runs = isStudy
    ? plannedRuns(out, tasks)
    : tasks.map(({ name, config }) => ({ name, folder: runFolder(out), run: { config } }));
  return matrixOf(out, isStudy, runs);
}

interface Cost {
  readonly steps: number;
  readonly seconds: number;
}

const NO_COST: Cost = { steps: 0, seconds: 0 };

/** Estimated costs of a run's trainings, by {@link workName}. */
async function costsOf(
  { folder, run: { config }, teacherOf }: PlannedRun,
  timings: Timings,
  existing: 'resume' | 'overwrite',
  read: (config: RunConfig) => Promise<RunData>,
): Promise<{ readonly engine: string; readonly costs: ReadonlyMap<string, Cost> }> {
  const found = await examineFolder(folder, config, existing);
  const begun = existing === 'resume' ? found : undefined;
  const engine = await resolveEngine(config.engine);
  await loadForeign(config);
  const data = await read(config);
  if (begun !== undefined) {
    expectSameData(folder, begun, dataFingerprints(data));
    await expectSameSources(folder, begun.config, config, data.train);
  }
  const loaded = await loadTeacher(config, data, begun === undefined ? undefined : folder.teacher);
  const untrained =
    loaded === undefined
      ? await buildNetwork(config.teacher.model ?? '', data.train, createRandom(0).fork('teacher'))
      : undefined;
  const teacher = loaded ?? { network: freeze(untrained as Network), input: {} };
  try {
    const { plans } = await checkMethods(config, data, loaded);
    const costs = new Map<string, Cost>();
    const isTrained = untrained !== undefined && teacherOf === undefined;
    const phases = isTrained ? await timings.ofTeacher(config, data, untrained) : [];
    if (isTrained) costs.set('', costOf(plans.get('') ?? [], phases, config, data));
    const byMethod = await timings.ofMethods(config, data, teacher);
    // A trial's step is assumed to take as long as the method's.
    for (const [name, plan] of plans)
      if (name !== '')
        costs.set(name, costOf(plan, byMethod.get(name.split('/')[0] ?? '') ?? [], config, data));
    return { engine: engine.name, costs };
  } finally {
    teacher.network.dispose();
    untrained?.dispose();
  }
}

function costOf(
  plan: readonly PlannedPhase[],
  timed: readonly TimedPhase[],
  { batchSize }: RunConfig,
  { validation }: RunData,
): Cost {
  return plan.reduce((sum: Cost, { epochs, stepsPerEpoch }, at): Cost => {
    const { seconds = 0, asking } = timed[at] ?? {};
    // A forward pass takes about a third of a step; every network is evaluated after every epoch.
    const evaluations = (validation.size / batchSize) * (seconds / 3);
    const asked =
      asking === undefined
        ? 0
        : Math.min(asking.epochs, epochs) * stepsPerEpoch * Math.max(0, asking.seconds - seconds);
    return {
      steps: sum.steps + epochs * stepsPerEpoch,
      seconds: sum.seconds + epochs * (stepsPerEpoch * seconds + evaluations) + asked,
    };
  }, NO_COST);
}
