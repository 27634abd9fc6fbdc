import { isDistillError, resolveEngine } from '@distilljs/core';
import { withAbsolutePaths } from '../config/index.js';
import type { RunConfig } from '../config/index.js';
import type { RunEnvironment } from '../report/index.js';
import { cellsOf } from './cells.js';
import { checkMethods } from './check-methods.js';
import type { Plans } from './check-methods.js';
import { planMethod } from './cohort.js';
import { dataFingerprints, loadRunData } from './datasets.js';
import type { RunData } from './datasets.js';
import { describeEnvironment, madeWith, mixWarnings } from './environment.js';
import { expectSameSources, loadForeign } from './foreign-sources.js';
import { loadTeacher } from './load-teacher.js';
import type { LoadedTeacher } from './load-teacher.js';
import { lockFolder } from './lock.js';
import { examineFolder, expectSameData, openFolder } from './open-folder.js';
import { removeReplaced } from './replaced.js';
import type { Existing } from './open-folder.js';
import { expectRaceable } from './race.js';
import type { RunContext, RunLog } from './run-context.js';
import { runFolder } from './run-folder.js';
import type { RunFolder } from './run-folder.js';
import { raceClock } from './run-race.js';
import type { FoundRun } from './stored.js';
import { atCell, raceStudents, trainStudents } from './train-students.js';
import type { Divergence } from './train-students.js';
import { provideTeacher } from './train-teacher.js';
import type { RunTeacher } from './train-teacher.js';
import { writeReport } from './write-report.js';
import type { WrittenReport } from './write-report.js';

export interface ConfigRun {
  readonly config: RunConfig;
  /** The run folder. */
  readonly out: string;
  readonly existing: Existing;
  readonly log: RunLog;
  readonly signal?: AbortSignal | undefined;
}

export interface ConfigOutcome extends WrittenReport {
  /** Diverged trainings, which the report leaves out. */
  readonly diverged: readonly Divergence[];
}

/**
 * Compares methods: trains the teacher, then every method with every seed, then writes the report. Work that the run folder already
 * holds is not repeated. A training that diverges is left out, and the others continue.
 *
 * @returns the report, or undefined when the signal ended the run; finished work is kept
 * @throws DistillError for anything wrong with configuration, data, teacher, engine or folder, before the folder is
 * changed; code `numeric` when the teacher diverges, or every student does
 */
export async function runConfig(options: ConfigRun): Promise<ConfigOutcome | undefined> {
  try {
    return await openRun(options, ({ folder, context, loaded }) => trainAll(folder, context, loaded));
  } catch (error) {
    // Reading the data was interrupted.
    if (options.signal?.aborted === true && error === options.signal.reason) return undefined;
    throw error;
  }
}

async function trainAll(
  folder: RunFolder,
  context: RunContext,
  loaded: LoadedTeacher | undefined,
): Promise<ConfigOutcome | undefined> {
  let teacher: RunTeacher | undefined;
  const clock = context.config.race === undefined ? undefined : await raceClock(folder);
  try {
    teacher = await atCell(folder.teacher, () => provideTeacher(context, folder.teacher, loaded));
    if (teacher === undefined) return undefined;
    await removeReplaced(folder.root);
    const diverged =
      clock === undefined
        ? await trainStudents(context, folder, teacher, cellsOf(context.config))
        : await raceStudents(context, folder, teacher, clock);
    return diverged === undefined ? undefined : await reportOf(folder, diverged);
  } finally {
    if (teacher === undefined) loaded?.network.dispose();
    else teacher.dispose();
  }
}

/** A run folder locked by this process, and what its trainings need. */
export interface OpenRun {
  readonly folder: RunFolder;
  readonly context: RunContext;
  /** A teacher that need not be trained; its user disposes it. */
  readonly loaded: LoadedTeacher | undefined;
  readonly plans: Plans;
}

/**
 * Checks everything that can be checked before training, prepares the run folder, and works in it.
 *
 * @throws DistillError as {@link runConfig} does before the folder is changed
 */
export async function openRun<T>(
  { config: given, out, existing, log, signal }: ConfigRun,
  work: (run: OpenRun) => Promise<T>,
): Promise<T> {
  const config = withAbsolutePaths(given);
  // Wrong names and options are found before data is read.
  await loadForeign(config);
  for (const method of config.methods) planMethod(method, config.student.model);
  expectRaceable(config);
  const folder = runFolder(out);
  // Checked before locking too: a foreign folder must not get a lock file even for a moment.
  await examineFolder(folder, config, existing);
  const unlock = await lockFolder(folder.root);
  try {
    return await work(await prepare({ config, existing, log, signal }, folder));
  } finally {
    await unlock();
  }
}

async function prepare(options: Omit<ConfigRun, 'out'>, folder: RunFolder): Promise<OpenRun> {
  const checked = await checkRun(options, folder);
  const { config, log, signal, existing } = options;
  const { environment, data, loaded, warnings, plans } = checked;
  try {
    const aside = await openFolder(folder, existing, checked.before, descriptionOf(config, checked));
    if (aside !== undefined)
      log.say(`The run that was here is kept in ${aside} until the new teacher is there.`);
  } catch (error) {
    loaded?.network.dispose();
    throw error;
  }
  const { engine } = environment;
  log.say(`Engine ${engine.name} (${engine.version})`);
  log.say(dataText(data));
  for (const warning of warnings) log.say(`Warning: ${warning}`);
  return {
    folder,
    loaded,
    plans,
    context: { config, data, log, signal, madeWith: madeWith(environment), warnings },
  };
}

/** A checked run, before its folder is changed. */
export interface CheckedRun {
  /** The run that the folder holds. */
  readonly before: FoundRun | undefined;
  /** The same, if it is resumed. */
  readonly begun: FoundRun | undefined;
  readonly environment: RunEnvironment;
  readonly data: RunData;
  readonly loaded: LoadedTeacher | undefined;
  readonly plans: Plans;
  readonly warnings: readonly string[];
}

/** The files that describe a run in its folder. */
export const descriptionOf = (
  config: RunConfig,
  { environment, data }: CheckedRun,
): Parameters<typeof openFolder>[3] => ({ config, environment, data: dataFingerprints(data) });

/**
 * Checks everything that can be checked before training; the folder is not changed.
 *
 * @param read loads the data. Default: {@link loadRunData}
 * @throws DistillError as {@link runConfig} does before the folder is changed
 */
export async function checkRun(
  { config, existing, log, signal }: Omit<ConfigRun, 'out'>,
  folder: RunFolder,
  read: typeof loadRunData = loadRunData,
): Promise<CheckedRun> {
  const before = await examineFolder(folder, config, existing);
  const begun = existing === 'resume' ? before : undefined;
  const environment = describeEnvironment(
    await resolveEngine(config.engine, {
      warn: (text) => {
        log.say(`Warning: ${text}`);
      },
    }),
  );
  const data = await read(config, log, signal);
  if (begun !== undefined) {
    expectSameData(folder, begun, dataFingerprints(data));
    await expectSameSources(folder, begun.config, config, data.train);
  }
  const loaded = await loadTeacher(config, data, begun === undefined ? undefined : folder.teacher);
  const size = loaded?.facts.imageSize;
  if (size !== undefined && config.teacher.imageSize === undefined)
    log.say(`The teacher takes images of ${sizeText(size)} pixels, so the data's images are resized for it.`);
  let plans: Plans;
  try {
    const checked = await checkMethods(config, data, loaded);
    for (const line of checked.lines) log.say(line);
    plans = checked.plans;
  } catch (error) {
    loaded?.network.dispose();
    throw error;
  }
  return { before, begun, environment, data, loaded, plans, warnings: mixWarnings(begun, environment) };
}

const sizeText = (size: number | readonly [number, number]): string =>
  typeof size === 'number' ? `${size}×${size}` : size.join('×');

export async function reportOf(folder: RunFolder, diverged: readonly Divergence[]): Promise<ConfigOutcome> {
  try {
    return { ...(await writeReport(folder)), diverged };
  } catch (error) {
    // If every training diverged, that is why there is nothing to report.
    throw isDistillError(error) && diverged[0] !== undefined ? diverged[0].error : error;
  }
}

export function dataText({ train, validation, test }: RunData): string {
  const sizes = `${train.size} training, ${validation.size} validation and ${test.size} test images`;
  return `Dataset ${train.name}: ${sizes}, ${train.classes} classes`;
}
