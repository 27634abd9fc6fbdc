import { stat } from 'node:fs/promises';
import { resolveEngine } from '@distilljs/core';
import type { Cell } from '../run/cells.js';
import { dataFingerprints, lastData, loadTuningData } from '../run/datasets.js';
import type { loadRunData } from '../run/datasets.js';
import { describeEnvironment, madeWith, mixWarnings } from '../run/environment.js';
import { expectSameSources, loadForeign } from '../run/foreign-sources.js';
import { loadTeacher } from '../run/load-teacher.js';
import { expectSameData } from '../run/open-folder.js';
import type { RunContext, RunLog } from '../run/run-context.js';
import type { RunFolder } from '../run/run-folder.js';
import type { FoundRun } from '../run/stored.js';
import { provideTeacher } from '../run/train-teacher.js';
import type { RunTeacher } from '../run/train-teacher.js';

/** The surroundings of a process's trainings. */
export interface Surrounding {
  readonly log: RunLog;
  readonly signal?: AbortSignal | undefined;
  /** Number of trainings that share the machine. Default: 1. */
  readonly atATime?: number | undefined;
}

/** Data and teacher of a run, ready for its cells. */
export interface PreparedRun {
  readonly context: RunContext;
  readonly teacher: RunTeacher;
}

/** Prepares runs for the cells of one process, and again only when a run changes. */
export interface PreparedRuns {
  /**
   * The prepared run of a cell; for a teacher's cell this trains the teacher.
   *
   * @returns undefined when the signal ended the teacher's training
   * @throws DistillError as a run does before it trains
   */
  of(folder: RunFolder, run: FoundRun, kind: Cell['kind']): Promise<PreparedRun | undefined>;
  dispose(): void;
}

/** Keeps the last prepared run; the caller disposes it. */
export function preparedRuns(surrounding: Surrounding): PreparedRuns {
  const read = lastData();
  let kept: (PreparedRun & { readonly key: string }) | undefined;
  const dispose = (): void => {
    kept?.teacher.dispose();
    kept = undefined;
  };
  return {
    dispose,
    async of(folder, run, kind) {
      // Nothing is reused from a run that was started over, or whose teacher was trained again.
      const keyNow = async (): Promise<string> => {
        const teacher = await stat(folder.teacher.result).catch(() => undefined);
        return JSON.stringify([folder.root, run, kind === 'tune', teacher?.mtimeMs, teacher?.ino]);
      };
      if (kept?.key === (await keyNow())) return kept;
      dispose();
      const prepared = await prepare(folder, run, kind, surrounding, read);
      kept = prepared && { ...prepared, key: await keyNow() };
      return kept;
    },
  };
}

async function prepare(
  folder: RunFolder,
  run: FoundRun,
  kind: Cell['kind'],
  { log, signal, atATime }: Surrounding,
  read: typeof loadRunData,
): Promise<PreparedRun | undefined> {
  const { config } = run;
  const environment = describeEnvironment(await resolveEngine(config.engine));
  await loadForeign(config);
  const data =
    kind === 'tune' ? await loadTuningData(config, run.data, log, signal) : await read(config, log, signal);
  expectSameData(folder, run, dataFingerprints(data));
  await expectSameSources(folder, config, config, data.train);
  const loaded = await loadTeacher(config, data, folder.teacher);
  const warnings = mixWarnings(run, environment);
  for (const warning of warnings) log.say(`Warning: ${warning}`);
  const made = madeWith(environment);
  const context: RunContext = { config, data, log, signal, madeWith: made, warnings, atATime };
  // The teacher's accuracy was reported when it was trained.
  const quiet = { ...context, log: { ...log, say: () => undefined } };
  const teacher = await provideTeacher(kind === 'teacher' ? context : quiet, folder.teacher, loaded);
  if (teacher === undefined) loaded?.network.dispose();
  return teacher && { context, teacher };
}
