import { spawnSync } from 'node:child_process';
import { DistillError } from '@distilljs/core';
import { cellName } from '../run/cells.js';
import type { Cell } from '../run/cells.js';
import { removeReplaced } from '../run/open-folder.js';
import { openRun, reportOf } from '../run/run-config.js';
import type { ConfigRun, ConfigOutcome, Divergence } from '../run/run-config.js';
import { cellStates } from './cell-state.js';
import { expectGpus, trainCells } from './train-cells.js';
import type { CellOutcome, CellsWatcher } from './train-cells.js';

export interface JobsOptions extends ConfigRun {
  /** Trainings at a time, at least 1. */
  readonly jobs: number;
  /** A script that takes the arguments of `distill-bench`. */
  readonly script: string;
  /** @param cells those that are left, and `done` the number of those that are not */
  readonly watch: (cells: readonly Cell[], done: number) => CellsWatcher & { end(): void };
}

export interface JobsOutcome extends ConfigOutcome {
  /** Trainings that failed twice; the report leaves them out. */
  readonly failed: readonly CellOutcome[];
}

/**
 * Compares methods as {@link openRun} and `runConfig` do, with several trainings at a time, each in a process of its own.
 *
 * @returns the report, or undefined when the signal ended the run; everything done is kept then
 * @throws DistillError as `runConfig` does; code `config` for more processes than GPUs, `data` when the teacher's training failed
 */
export async function runJobs({
  jobs,
  script,
  watch,
  ...options
}: JobsOptions): Promise<JobsOutcome | undefined> {
  return await openRun(options, async ({ folder, context, loaded }) => {
    // Each process loads it from the folder.
    loaded?.network.dispose();
    const { root } = folder;
    const gpus = context.madeWith.engine.startsWith('node-gpu ') ? graphicsProcessors() : [];
    expectGpus(jobs, gpus);
    const states = await cellStates(folder, context.config);
    const left = states.filter(({ isDone }) => !isDone).map(({ cell }) => cell);
    const watcher = watch(left, states.length - left.length);
    const signal = options.signal ?? new AbortController().signal;
    const train = async (cells: readonly Cell[], atATime: number): Promise<readonly CellOutcome[]> =>
      await trainCells(cells, { root, script, gpus, watcher, signal, jobs: atATime });
    try {
      // Alone, with all processors: every student waits for it.
      const [teacher] = await train(
        left.filter(({ kind }) => kind === 'teacher'),
        1,
      );
      const isStopped = (): boolean => signal.aborted;
      if (teacher?.state === 'interrupted' || isStopped()) return undefined;
      if (teacher !== undefined && teacher.state !== 'done') throw teacherFailed(root, teacher);
      await removeReplaced(folder);
      const outcomes = await train(
        left.filter(({ kind }) => kind === 'student'),
        jobs,
      );
      if (isStopped()) return undefined;
      const failed = outcomes.filter(({ state }) => state === 'failed');
      return { ...(await reportOf(folder, outcomes.flatMap(divergence))), failed };
    } finally {
      watcher.end();
    }
  });
}

function divergence({ cell, state, reason = '' }: CellOutcome): Divergence[] {
  if (cell.kind === 'teacher' || state !== 'diverged') return [];
  const { method, seed } = cell;
  const expected = 'numbers that stay finite';
  return [
    {
      method,
      seed,
      error: new DistillError({ code: 'numeric', where: cellName(cell), expected, got: reason }),
    },
  ];
}

function teacherFailed(root: string, { state, reason = '' }: CellOutcome): DistillError {
  const code = state === 'diverged' ? 'numeric' : 'data';
  return new DistillError({ code, where: `${root}, teacher`, expected: 'a trained teacher', got: reason });
}

/** Numbers of the GPUs that a process may use; empty where nothing tells. */
export function graphicsProcessors(): readonly string[] {
  const allowed = process.env['CUDA_VISIBLE_DEVICES'];
  if (allowed !== undefined) return allowed.split(',').filter((number) => number.trim() !== '');
  const { status, stdout } = spawnSync('nvidia-smi', ['--query-gpu=index', '--format=csv,noheader'], {
    encoding: 'utf8',
  });
  return status === 0 ? stdout.split('\n').filter((number) => number.trim() !== '') : [];
}
