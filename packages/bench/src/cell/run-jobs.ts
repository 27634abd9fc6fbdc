import { spawnSync } from 'node:child_process';
import { DistillError } from '@distilljs/core';
import { cellName } from '../run/cells.js';
import type { MatrixCell, StudentCell } from '../run/cells.js';
import { matrixOf } from '../run/matrix.js';
import type { Matrix, PlannedRun } from '../run/matrix.js';
import { removeReplaced } from '../run/replaced.js';
import { openStudy } from '../run/open-study.js';
import type { StudyOptions, StudyPlans } from '../run/open-study.js';
import { openRun, reportOf } from '../run/run-config.js';
import { raceClock, runRace } from '../run/run-race.js';
import type { CellEnded } from '../run/run-race.js';
import { readRun } from '../run/stored.js';
import type { ConfigRun, ConfigOutcome } from '../run/run-config.js';
import type { Divergence } from '../run/train-students.js';
import type { RunContext } from '../run/run-context.js';
import type { RunFolder } from '../run/run-folder.js';
import { writeStudyReport } from '../run/study-report.js';
import type { CellProcesses } from './cell-process.js';
import { inWorkingOrder, workOfCell } from './cell-order.js';
import { cellStates } from './cell-state.js';
import type { StudyOutcome } from './run-study.js';
import { expectTrainings, shardOf } from './shard.js';
import type { Shard } from './shard.js';
import { expectGpus, trainCells } from './train-cells.js';
import type { CellOutcome, CellsWatcher } from './train-cells.js';

interface Jobs {
  /** Trainings at a time, at least 1. */
  readonly jobs: number;
  /** Trains this part only. Default: all. */
  readonly shard?: Shard | undefined;
  /** The caller ends the processes. */
  readonly processes: CellProcesses;
  /** @param cells the remaining cells; `done` is the number of finished ones */
  readonly watch: (
    cells: readonly MatrixCell[],
    done: number,
    work: (cell: MatrixCell) => number,
  ) => CellsWatcher & { end(): void };
}

export interface JobsOptions extends ConfigRun, Jobs {}

export interface JobsOutcome extends ConfigOutcome {
  /** Trainings that failed twice, or that need one that did; the report leaves them out. */
  readonly failed: readonly CellOutcome[];
}

/**
 * Compares methods like `runConfig`, but with several trainings at a time, each in a separate process.
 *
 * @returns the report, or undefined when the signal ended the run; finished work is kept
 * @throws DistillError as `runConfig` does; code `config` for more processes than GPUs, `data` when the teacher's training failed
 */
export async function runJobs(options: JobsOptions): Promise<JobsOutcome | undefined> {
  return await openRun(options, async ({ folder, context, loaded, plans: own }) => {
    // Each process loads the teacher from the folder.
    loaded?.network.dispose();
    const { config, madeWith } = context;
    const matrix = matrixOf(folder.root, false, [{ name: '', folder, run: { config } }]);
    const hasGpus = madeWith.engine.startsWith('node-gpu ');
    const plans = new Map([['', own]]);
    const outcomes =
      config.race === undefined
        ? await trainMatrix(matrix, plans, hasGpus, options)
        : await raceMatrix(folder, context, plans, hasGpus, options);
    if (outcomes === undefined) return undefined;
    const teacher = outcomes.find(({ cell, state }) => cell.kind === 'teacher' && state !== 'done');
    if (teacher !== undefined) throw teacherFailed(folder.root, teacher);
    return { ...(await reportOf(folder, outcomes.flatMap(divergence))), failed: outcomes.filter(isFailed) };
  });
}

/**
 * The same for every task of a study.
 *
 * @returns the report, or undefined when the signal ended the study; finished work is kept
 * @throws DistillError as `openStudy` does; code `config` for more processes than GPUs
 */
export async function runStudyJobs(options: StudyOptions & Jobs): Promise<StudyOutcome | undefined> {
  return await openStudy(options, async (matrix, plans) => {
    const hasGpus = matrix.runs.some(({ run }) => run.environment.engine.name === 'node-gpu');
    const outcomes = await trainMatrix(matrix, plans, hasGpus, options);
    if (outcomes === undefined) return undefined;
    const leftOut = outcomes
      .filter(({ state }) => state !== 'done')
      .map(({ cell, state, reason = '' }) => ({
        name: cellName(cell),
        reason: reason === '' ? state : reason,
      }));
    return { ...(await writeStudyReport(options.out)), leftOut };
  });
}

/**
 * Runs a race with several trainings of a seed at a time.
 *
 * @returns undefined when the signal ended it
 */
async function raceMatrix(
  folder: RunFolder,
  { config: given, data, log }: RunContext,
  plans: StudyPlans,
  hasGpus: boolean,
  options: JobsOptions,
): Promise<readonly CellOutcome[] | undefined> {
  const clock = await raceClock(folder);
  // Methods that were in the race before stay in it.
  const config = (await readRun(folder))?.config ?? given;
  const matrix = matrixOf(folder.root, false, [{ name: '', folder, run: { config } }]);
  const all: CellOutcome[] = [];
  const train = async (
    isWanted: (cell: MatrixCell) => boolean,
    ended?: CellEnded,
  ): Promise<readonly CellOutcome[] | undefined> => {
    const cells = matrix.cells.filter(isWanted);
    const outcomes = await trainMatrix({ ...matrix, cells }, plans, hasGpus, options, ended);
    all.push(...(outcomes ?? []));
    return outcomes?.every(({ state }) => state === 'done' || state === 'diverged') === true
      ? outcomes
      : undefined;
  };
  const begun = await train(({ cell }) => cell.kind !== 'student');
  if (begun !== undefined && begun.every(({ cell, state }) => cell.kind !== 'teacher' || state === 'done'))
    await runRace({
      ...{ folder, config, clock, jobs: options.jobs, validationImages: data.validation.size },
      say: log.say.bind(log),
      async train(cells, ended) {
        const names = new Set(cells.map(cellName));
        return (await train(({ name }) => names.has(name), ended)) !== undefined;
      },
    });
  return options.signal?.aborted === true ? undefined : all;
}

/**
 * @param trained called after each training
 * @returns undefined when the signal ended it
 */
async function trainMatrix(
  whole: Matrix<PlannedRun>,
  plans: StudyPlans,
  hasGpus: boolean,
  {
    jobs,
    shard,
    processes,
    watch,
    signal = new AbortController().signal,
  }: Jobs & { readonly signal?: AbortSignal | undefined },
  trained?: CellEnded,
): Promise<readonly CellOutcome[] | undefined> {
  const { root } = whole;
  const matrix = shard === undefined ? whole : { ...whole, cells: shardOf(whole.cells, shard) };
  if (shard !== undefined) expectTrainings(whole.cells, shard);
  const gpus = hasGpus ? graphicsProcessors() : [];
  expectGpus(jobs, gpus);
  const states = await cellStates(matrix);
  const left = inWorkingOrder(
    states.filter(({ isDone }) => !isDone),
    plans,
  );
  // Copying a teacher counts as one unit of work.
  const watcher = watch(left, states.length - left.length, ({ cell }) =>
    Math.max(1, workOfCell(plans, cell)),
  );
  const removing = left.some(({ cell }) => cell.kind === 'teacher') ? [] : [removeReplaced(root)];
  const once: CellsWatcher = {
    ...watcher,
    ended(outcome, again) {
      watcher.ended(outcome, again);
      if (trained !== undefined && !again) removing.push(trained(divergedCell(outcome)));
      // The overwritten run is not needed once there is a new teacher.
      if (outcome.cell.kind === 'teacher' && outcome.state === 'done') removing.push(removeReplaced(root));
    },
  };
  try {
    const outcomes = await trainCells(left, { root, processes, gpus, watcher: once, signal, jobs });
    await Promise.all(removing);
    return signal.aborted ? undefined : outcomes;
  } finally {
    watcher.end();
  }
}

const divergedCell = ({ cell, state }: CellOutcome): StudentCell | undefined =>
  state === 'diverged' && cell.kind === 'student' ? cell : undefined;

const isFailed = ({ state }: CellOutcome): boolean => state === 'failed' || state === 'blocked';

function divergence({ cell, state, reason = '' }: CellOutcome): Divergence[] {
  if (cell.kind !== 'student' || state !== 'diverged') return [];
  const { method, seed } = cell;
  const where = cellName(cell);
  const expected = 'numbers that stay finite';
  return [{ method, seed, error: new DistillError({ code: 'numeric', where, expected, got: reason }) }];
}

function teacherFailed(root: string, { state, reason = '' }: CellOutcome): DistillError {
  const code = state === 'diverged' ? 'numeric' : 'data';
  return new DistillError({ code, where: `${root}, teacher`, expected: 'a trained teacher', got: reason });
}

/** Numbers of the GPUs that a process may use; empty where they are unknown. */
export function graphicsProcessors(): readonly string[] {
  const allowed = process.env['CUDA_VISIBLE_DEVICES'];
  if (allowed !== undefined) return allowed.split(',').filter((number) => number.trim() !== '');
  const { status, stdout } = spawnSync('nvidia-smi', ['--query-gpu=index', '--format=csv,noheader'], {
    encoding: 'utf8',
  });
  return status === 0 ? stdout.split('\n').filter((number) => number.trim() !== '') : [];
}
