import { isDistillError, resolveEngine } from '@distilljs/core';
import type { DistillError } from '@distilljs/core';
import { withAbsolutePaths } from '../config/index.js';
import type { RunConfig } from '../config/index.js';
import type { RunEnvironment } from '../report/index.js';
import { checkMethods } from './check-methods.js';
import { planMethod } from './cohort.js';
import { dataFingerprints, loadRunData } from './datasets.js';
import { describeEnvironment, environmentChanges, madeWith } from './environment.js';
import { loadTeacher } from './load-teacher.js';
import { lockFolder } from './lock.js';
import { examineFolder, expectSameData, openFolder, removeReplaced } from './open-folder.js';
import type { Existing } from './open-folder.js';
import type { RunContext, RunLog } from './run-context.js';
import { runFolder } from './run-folder.js';
import type { RunFolder } from './run-folder.js';
import type { FoundRun } from './stored.js';
import { provideStudent } from './train-student.js';
import { provideTeacher } from './train-teacher.js';
import type { RunTeacher } from './train-teacher.js';
import { writeReport } from './write-report.js';
import type { WrittenReport } from './write-report.js';

export interface BenchOptions {
  readonly config: RunConfig;
  /** The run folder. */
  readonly out: string;
  readonly existing: Existing;
  readonly log: RunLog;
  readonly signal?: AbortSignal | undefined;
}

/** A training whose numbers stopped being finite. */
export interface Divergence {
  readonly method: string;
  readonly seed: number;
  readonly error: DistillError;
}

export interface BenchOutcome extends WrittenReport {
  /** Trainings that the report leaves out. */
  readonly diverged: readonly Divergence[];
}

/**
 * Compares methods: the teacher, then every method with every seed, then the report. What a run folder already holds is
 * not done again. A training that diverges is left out, and the others go on.
 *
 * @returns the report, or undefined when the signal ended the run; everything done is kept then
 * @throws DistillError for anything wrong with configuration, data, teacher, engine or folder, before the folder is
 * changed; code `numeric` when the teacher diverges, or all there is
 */
export async function runBench({
  config: given,
  out,
  existing,
  log,
  signal,
}: BenchOptions): Promise<BenchOutcome | undefined> {
  const config = withAbsolutePaths(given);
  // Wrong names and options are found before data is read.
  for (const method of config.methods) planMethod(method, config.student.model);
  const folder = runFolder(out);
  // Before the lock, too: a folder of something else is not to have one for a moment.
  await examineFolder(folder, config, existing);
  const unlock = await lockFolder(folder.root);
  try {
    return await runLocked({ config, existing, log, signal }, folder);
  } finally {
    await unlock();
  }
}

async function runLocked(
  { config, existing, log, signal }: Omit<BenchOptions, 'out'>,
  folder: RunFolder,
): Promise<BenchOutcome | undefined> {
  const before = await examineFolder(folder, config, existing);
  const begun = existing === 'resume' ? before : undefined;
  const environment = describeEnvironment(await resolveEngine(config.engine));
  const data = await loadRunData(config, { say: log.say.bind(log), meter: log.meter }, signal);
  const fingerprints = dataFingerprints(data);
  if (begun !== undefined) expectSameData(folder, begun, fingerprints);
  const loaded = await loadTeacher(config, data, begun === undefined ? undefined : folder.teacher);
  let teacher: RunTeacher | undefined;
  try {
    await checkMethods(config, data, loaded?.network);
    const now = { config, environment, data: fingerprints };
    const aside = await openFolder(folder, existing, before, now);
    if (aside !== undefined)
      log.say(`The run that was here is kept in ${aside} until the new teacher is there.`);
    const { engine } = environment;
    log.say(`Engine ${engine.name} (${engine.version})`);
    log.say(dataText(data));
    const warnings = mixWarnings(begun, environment);
    for (const warning of warnings) log.say(`Warning: ${warning}`);

    const context = { config, data, log, signal, madeWith: madeWith(environment), warnings };
    teacher = await provideTeacher(context, folder.teacher, loaded);
    if (teacher !== undefined) await removeReplaced(folder);
    const diverged = teacher === undefined ? undefined : await trainStudents(context, folder, teacher);
    return diverged === undefined ? undefined : await reportOf(folder, diverged);
  } finally {
    if (teacher === undefined) loaded?.network.dispose();
    else teacher.dispose();
  }
}

/** @returns what diverged; undefined when the signal ended it */
async function trainStudents(
  context: RunContext,
  folder: RunFolder,
  teacher: RunTeacher,
): Promise<Divergence[] | undefined> {
  const { config, log } = context;
  const diverged: Divergence[] = [];
  // Seeds outside, so that a run that is stopped early has compared all methods on some seeds.
  for (const seed of config.seeds) {
    for (const method of config.methods) {
      try {
        const place = folder.student(method.as, seed);
        if ((await provideStudent(method, seed, teacher, place, context)) === undefined) return undefined;
      } catch (error) {
        if (!isDistillError(error) || error.code !== 'numeric') throw error;
        log.say(`${method.as} seed ${seed} diverged, and is left out: ${error.message}`);
        diverged.push({ method: method.as, seed, error });
      }
    }
  }
  return diverged;
}

async function reportOf(folder: RunFolder, diverged: readonly Divergence[]): Promise<BenchOutcome> {
  try {
    return { ...(await writeReport(folder)), diverged };
  } catch (error) {
    // Where everything diverged, that is why there is nothing to report.
    throw isDistillError(error) && diverged[0] !== undefined ? diverged[0].error : error;
  }
}

function mixWarnings(begun: FoundRun | undefined, now: RunEnvironment): readonly string[] {
  const changes = begun === undefined ? [] : environmentChanges(begun.environment, now);
  return changes.length === 0 ? [] : [`not made as the run was begun: ${changes.join(', ')}`];
}

function dataText({ train, validation, test }: Awaited<ReturnType<typeof loadRunData>>): string {
  const sizes = `${train.size} training, ${validation.size} validation and ${test.size} test images`;
  return `Dataset ${train.name}: ${sizes}, ${train.classes} classes`;
}
