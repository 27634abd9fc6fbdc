import { readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { DistillError } from '@distilljs/core';
import { withAbsolutePaths } from '../config/index.js';
import type { RunConfig, StudyConfig, TaskConfig } from '../config/index.js';
import { cellFolder } from './cells.js';
import type { Plans } from './check-methods.js';
import { planMethod } from './cohort.js';
import { lastData } from './datasets.js';
import { loadForeign } from './foreign-sources.js';
import { expectIdle, LOCK, lockFolder } from './lock.js';
import { matrixOf, readMatrix, readStudy, runOf, studyFolder, writeStudy } from './matrix.js';
import type { Matrix, MatrixRun, PlannedRun, StudyFile, StudyTask } from './matrix.js';
import { expectNothingNeeded, openFolder } from './open-folder.js';
import { tidyRun } from './left-behind.js';
import { makeAside, REPLACED } from './replaced.js';
import { checkRun, descriptionOf } from './run-config.js';
import type { ConfigRun } from './run-config.js';
import { runFolder } from './run-folder.js';
import { readEnvironment, readRun } from './stored.js';

export interface StudyOptions extends Omit<ConfigRun, 'config'> {
  readonly study: StudyConfig;
}

/** By task. */
export type StudyPlans = ReadonlyMap<string, Plans>;

/**
 * Checks every task of a study like a single run, prepares all folders, and works there as the only process.
 *
 * A resumed study may have other tasks, methods and seeds than before: the folder's content stays.
 *
 * @throws DistillError as `openRun` does, before the folder is changed
 */
export async function openStudy<T>(
  { study, out, existing, log, signal }: StudyOptions,
  work: (matrix: Matrix, plans: StudyPlans) => Promise<T>,
): Promise<T> {
  const tasks = study.tasks.map(({ name, config }) => ({ name, config: withAbsolutePaths(config) }));
  for (const { config } of tasks) {
    // Wrong names and options are found before data is read.
    await loadForeign(config);
    for (const method of config.methods) planMethod(method, config.student.model);
  }
  const options = { out, existing, log, signal };
  await examineStudy(out, tasks, existing);
  const unlock = await lockFolder(out);
  try {
    await tidyRun(out);
    const { matrix, plans } = await prepare(options, tasks);
    return await work(matrix, plans);
  } finally {
    await unlock();
  }
}

/**
 * Checks whether a study may run in a folder, and changes nothing there.
 *
 * @returns the study that the folder holds
 * @throws DistillError code `config` as for a single run
 */
export async function examineStudy(
  root: string,
  tasks: readonly TaskConfig[],
  existing: ConfigRun['existing'],
): Promise<StudyFile | undefined> {
  const refuse = (expected: string, got: string, hint: string): DistillError =>
    new DistillError({ code: 'config', where: root, expected, got, hint });
  const folder = runFolder(root);
  const found = await stat(root).catch(() => undefined);
  if (found === undefined) return undefined;
  if (!found.isDirectory()) throw refuse('a folder', 'a file', 'Use another --out.');
  if ((await readRun(folder)) !== undefined)
    throw refuse(
      'a new folder, or one that holds a study',
      'one that holds a single run',
      'Use another --out.',
    );
  const study = await readStudy(root);
  if (study === undefined) {
    if (await holdsOther(root))
      throw refuse(
        'a new folder, an empty one, or one that holds a study',
        'a folder with other files',
        'Use another --out.',
      );
    return undefined;
  }
  if (existing === 'refuse') {
    const hint = 'Add --resume to continue it, --overwrite to start over, or use another --out.';
    throw refuse('a new folder', 'one that holds a study', hint);
  }
  if (existing === 'resume') return study;
  for (const { config } of tasks) expectNothingNeeded(folder, config);
  const before = await readMatrix(root).catch(() => undefined);
  if (before !== undefined)
    await expectIdle(before.cells.map(({ cell }) => cellFolder(runOf(before, cell).folder, cell).root));
  return study;
}

/** Whether a folder without a study holds anything beyond what a study that crashed at its start leaves behind. */
async function holdsOther(root: string): Promise<boolean> {
  const entries = (await readdir(root)).filter((entry) => !entry.startsWith(LOCK) && !REPLACED.test(entry));
  if (entries.length === 0) return false;
  if (entries.some((entry) => entry !== 'tasks' && !/^run\.json\..*\.unfinished$/.test(entry))) return true;
  const tasks = studyFolder(root);
  for (const name of await readdir(join(root, 'tasks')).catch(() => [])) {
    const folder = runFolder(tasks.task(name));
    const isBegun = (await readdir(folder.root)).every(
      (entry) => entry.startsWith(LOCK) || entry.endsWith('.unfinished'),
    );
    if (!isBegun && (await readEnvironment(folder)) === undefined) return true;
  }
  return false;
}

async function prepare(
  options: Omit<ConfigRun, 'config'>,
  tasks: readonly TaskConfig[],
): Promise<{ readonly matrix: Matrix; readonly plans: StudyPlans }> {
  const { out: root, log, existing, signal } = options;
  const known = await examineStudy(root, tasks, existing);
  const isResumed = known !== undefined && existing === 'resume';
  const quiet = { ...log, say: () => undefined };
  const read = lastData();
  const checked = [];
  for (const [at, { name, config }] of tasks.entries()) {
    log.say(`Checking task ${at + 1} of ${tasks.length}, ${name}`);
    const folder = runFolder(studyFolder(root).task(name));
    // An overwritten study has been moved away; a task folder outside any study was left by a crash.
    const how = existing === 'overwrite' ? 'overwrite' : 'resume';
    await loadForeign(config);
    const task = await checkRun({ config, existing: how, log: quiet, signal }, folder, read);
    task.loaded?.network.dispose();
    checked.push({
      name,
      config,
      folder,
      how,
      before: task.before,
      plans: task.plans,
      now: descriptionOf(config, task),
    } as const);
  }
  const aside = known !== undefined && !isResumed ? await moveAside(root) : undefined;
  if (aside !== undefined)
    log.say(`The study that was here is kept in ${aside} until the first teacher is there.`);
  const kept = isResumed ? known.tasks : [];
  // Tasks that this configuration does not name stay as they are; their teachers may still be needed.
  const others: MatrixRun[] = [];
  for (const task of kept)
    if (!tasks.some(({ name }) => name === task.name))
      others.push({ ...task, ...(await storedRun(root, task)) });
  const runs: MatrixRun[] = [];
  for (const { name, config, folder, how, before, now } of checked) {
    const unlock = await lockFolder(folder.root);
    try {
      await openFolder(folder, how, aside === undefined ? before : undefined, now);
    } finally {
      await unlock();
    }
    const task = kept.find((each) => each.name === name) ?? {
      name,
      ...sharedTeacher(config, [...others, ...runs]),
    };
    runs.push({ ...task, folder, run: { config, environment: now.environment, data: now.data } });
  }
  const added = runs.filter(({ name }) => !kept.some((each) => each.name === name));
  await writeStudy(root, [...kept, ...added.map(taskOf)]);
  const owners = others.filter(({ name }) => runs.some(({ teacherOf }) => teacherOf === name));
  const plans = new Map(
    checked.map((task) => {
      const isCopied = runs.some(({ name, teacherOf }) => name === task.name && teacherOf !== undefined);
      return [task.name, isCopied ? new Map([...task.plans].filter(([work]) => work !== '')) : task.plans];
    }),
  );
  return { matrix: matrixOf(root, true, [...owners.map(teacherAlone), ...runs]), plans };
}

async function storedRun(root: string, { name }: StudyTask): Promise<Pick<MatrixRun, 'folder' | 'run'>> {
  const folder = runFolder(studyFolder(root).task(name));
  const run = await readRun(folder);
  if (run !== undefined) return { folder, run };
  const hint = 'Restore it from a copy.';
  throw new DistillError({ code: 'data', where: folder.root, expected: 'a run folder', got: 'none', hint });
}

/** A task reduced to its teacher. */
const teacherAlone = (task: MatrixRun): MatrixRun => ({
  ...task,
  run: { ...task.run, config: { ...task.run.config, methods: [], tune: undefined } },
});

const taskOf = ({ name, teacherOf }: StudyTask): StudyTask => ({
  name,
  ...(teacherOf !== undefined && { teacherOf }),
});

/** The task that trains the same teacher, with equal settings for its training. */
function sharedTeacher(config: RunConfig, runs: readonly PlannedRun[]): { readonly teacherOf?: string } {
  const key = teacherKey(config);
  const found = runs.find(
    ({ run, teacherOf }) => teacherOf === undefined && isDeepStrictEqual(teacherKey(run.config), key),
  );
  return found === undefined ? {} : { teacherOf: found.name };
}

/** The runs of a study that may have no folder yet. */
export function plannedRuns(root: string, tasks: readonly TaskConfig[]): readonly PlannedRun[] {
  return tasks.reduce<readonly PlannedRun[]>((runs, { name, config }) => {
    const folder = runFolder(studyFolder(root).task(name));
    return [...runs, { name, folder, run: { config }, ...sharedTeacher(config, runs) }];
  }, []);
}

/** Everything that a teacher's training depends on; the run's `epochs` apply to students only. */
function teacherKey(config: RunConfig): object {
  const { teacher, engine, dataset, validationFraction, augmentation, batchSize } = config;
  const { optimizer, schedule, settleStatistics } = config;
  const OF_STUDENTS = ['kind', 'views', 'cache'];
  const own = Object.entries(teacher).filter(([field]) => !OF_STUDENTS.includes(field));
  const key = {
    own: Object.fromEntries(own),
    engine,
    dataset,
    validationFraction,
    augmentation,
    batchSize,
    optimizer,
    schedule,
    settleStatistics,
  };
  return JSON.parse(JSON.stringify(key)) as object;
}

/** Moves only what a study wrote: a user may keep notes beside it. */
async function moveAside(root: string): Promise<string> {
  const aside = await makeAside(root);
  const { file } = studyFolder(root);
  // First: without this file a folder is no study, whenever a crash comes.
  await rename(file, join(aside, 'run.json'));
  for (const entry of ['tasks', 'report'])
    await rename(join(root, entry), join(aside, entry)).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    });
  return aside;
}
