import { DistillError, isDistillError } from '@distilljs/core';
import { configuredModules, resolveConfig } from '../config/index.js';
import type { RunConfig } from '../config/index.js';
import { handOverData } from '../dataset/index.js';
import { readConfigText } from '../file/index.js';
import { bestMethod } from '../report/index.js';
import type { Report } from '../report/index.js';
import { preloadModules } from '../run/foreign-modules.js';
import { handOver } from '../run/given.js';
import { configurableMethods } from '../run/method-catalog.js';
import { methodProblems } from '../run/method-problems.js';
import { runConfig } from '../run/run-config.js';
import type { Divergence } from '../run/train-students.js';
import type { RunLog } from '../run/run-context.js';
import { modelFolders, runFolder } from '../run/run-folder.js';
import { readMethodResult } from '../run/stored.js';
import { asConfig } from './as-config.js';
import type { BenchOptions } from './bench-options.js';

/** A trained student. */
export interface BenchedStudent {
  /** The method's name in the run. */
  readonly method: string;
  readonly seed: number;
  /** Folder of the saved tfjs model, for `loadStudent` and `exportStudent`. For networks trained together: of the first that counts. */
  readonly path: string;
  /** Accuracy on the test images after the last epoch, from 0 to 1. For networks trained together: their mean. */
  readonly testAccuracy: number;
}

/** The outcome of a run. */
export interface BenchOutcome {
  /** What `report.json` holds. */
  readonly report: Report;
  /** Path of the report's index.html. */
  readonly page: string;
  /**
   * The method with the highest mean test accuracy over the seeds; the report says whether its lead is more than chance. Undefined where
   * nothing is ranked. For a race: its winner on the validation images, undefined while several methods remain.
   */
  readonly best: string | undefined;
  readonly students: readonly BenchedStudent[];
  /** Trainings whose numbers stopped being finite; the report covers the others. */
  readonly diverged: readonly Divergence[];
  /** The run's messages in order, warnings included. */
  readonly notes: readonly string[];
}

/** The last call. Calls run one after the other: a process has one engine, and the objects handed over belong to one run. */
let before: Promise<unknown> = Promise.resolve();

/**
 * Compares distillation methods on your data: trains or loads the teacher, trains every method with every seed, then writes the
 * report. It performs the same run as `distill-bench run`, with the same checks and the same run folder.
 *
 * ```ts
 * const outcome = await runBench({
 *   data: { train, test },
 *   teacher: { network: model, normalization: 'imagenet', imageSize: 224 },
 *   student: ({ imageShape, classes, tf }) => tf.sequential({ layers: […] }),
 *   methods: ['student', 'kd', { method: pairDistances, options: { weight: 25 } }],
 *   out: 'runs/mine',
 * });
 * console.log(outcome?.best, outcome?.students[0]?.path);
 * ```
 *
 * **Resuming.** With `existing: 'resume'`, finished trainings stay and the rest are trained. Objects from the program are in no file, so
 * the run folder recognizes them as follows, and refuses to resume with different ones:
 * - datasets by name, size, class names and their own `fingerprint` (`data.json`);
 * - a teacher by the fingerprint of its layers and weights; one from `teacherFrom` by its `version`, else by its answers to two noise images
 *   (`teacher/result.json`). A layers model is also saved in the folder;
 * - a student function by a fingerprint of the layers that it builds for seed 0. With `weights: 'keep'` the weights count too, unless the
 *   function draws new ones each time (`METHOD/SEED/sources.json`);
 * - a method by its name and options alone (`config.json`); its code is not checked.
 *
 * `distill-bench report` works on such a folder from the command line. `train`, `run --resume` and commands that read the images work
 * where they need none of these objects, and otherwise say so.
 *
 * Several calls in one process wait for each other.
 *
 * @returns undefined when the signal ended the run; finished work is kept
 * @throws DistillError for anything wrong with options, data, teacher, student, engine or folder, before the folder is changed; options are
 * checked all at once. Code `numeric` when the teacher's training diverges, or every student's
 */
export function runBench(options: BenchOptions): Promise<BenchOutcome | undefined> {
  const running = before.then(() => runOne(options));
  before = running.catch(() => undefined);
  return running;
}

async function runOne(options: BenchOptions): Promise<BenchOutcome | undefined> {
  expectOptions(options);
  const { out, existing = 'refuse', log, signal, config: file, ...parts } = options;
  const { settings, data, given } = asConfig(parts);
  const notes: string[] = [];
  try {
    handOver(given);
    const config = await configOf(settings, file);
    handOverData(data);
    const done = await runConfig({ config, out, existing, log: keeping(notes, log), signal });
    if (done === undefined) return undefined;
    const { report, page, diverged } = done;
    const best = bestMethod(report);
    return { report, page, best, students: await studentsOf(out, report), diverged, notes };
  } catch (error) {
    throw isDistillError(error) ? inOptions(error) : error;
  } finally {
    handOver({});
    handOverData(undefined);
  }
}

async function configOf(settings: object, file: string | undefined): Promise<RunConfig> {
  const sources = {
    file: file === undefined ? undefined : { name: file, text: await readConfigText(file) },
    flags: [settings],
    flagsName: 'runBench',
  };
  await preloadModules(configuredModules(sources));
  return resolveConfig({ ...sources, methodNames: configurableMethods, checkMethod: methodProblems });
}

/** The same error, with the names of configuration fields and command-line flags replaced by those of the options. */
function inOptions(error: DistillError): DistillError {
  const WORDS = [
    ['runBench, dataset', 'runBench, data'],
    ['--resume', "existing: 'resume'"],
    ['--overwrite', "existing: 'overwrite'"],
    ['another --out', 'another folder'],
  ] as const;
  const renamed = (text: string): string =>
    WORDS.reduce((said, [flag, option]) => said.replaceAll(flag, option), text);
  const { code, where, expected, got, hint } = error;
  return new DistillError({
    ...{ code, got, cause: error.cause },
    where: renamed(where),
    expected: renamed(expected),
    hint: hint && renamed(hint),
  });
}

function expectOptions(options: unknown): void {
  const refuse = (where: string, expected: string, got: unknown, hint?: string): never => {
    const shown = got === null ? 'null' : got === undefined ? 'nothing' : typeof got;
    throw new DistillError({ code: 'option', where, expected, got: shown, hint });
  };
  if (typeof options !== 'object' || options === null)
    return refuse('runBench', 'options, at least { data, teacher, student, out }', options);
  const { out, log, signal, existing = 'refuse', config } = options as Partial<Record<string, unknown>>;
  if (typeof out !== 'string') refuse('runBench, out', 'the path of the run folder', out);
  if (config !== undefined && typeof config !== 'string')
    refuse(
      'runBench, config',
      'the path of a configuration file',
      config,
      'Its fields are options of runBench.',
    );
  if (!['refuse', 'resume', 'overwrite'].includes(existing as string))
    refuse('runBench, existing', "'refuse', 'resume' or 'overwrite'", existing);
  if (signal !== undefined && !(signal instanceof AbortSignal))
    refuse('runBench, signal', 'an AbortSignal', signal);
  const isLog = typeof log === 'object' && log !== null && 'say' in log && 'progress' in log;
  if (log !== undefined && !isLog) refuse('runBench, log', 'a log, such as terminalLog()', log);
  for (const part of ['data', 'teacher', 'student'] as const)
    if ((options as Partial<Record<string, unknown>>)[part] instanceof Promise)
      refuse(`runBench, ${part}`, 'a value', 'promise', 'Write `await` before it.');
  const { data, student } = options as Partial<Record<string, unknown>>;
  if (has(data, 'image', 'size'))
    refuse(
      'runBench, data',
      '{ train, test }',
      data,
      'That is a single dataset. Pass one for training and one for testing.',
    );
  for (const given of [student, has(student, 'build') ? student.build : undefined])
    if (has(given, 'predict') || has(given, 'forward'))
      refuse('runBench, student', 'a function', given, 'Build a model in it: each training takes a new one.');
}

/** True for an object with these fields. */
const has = <Field extends string>(
  value: unknown,
  ...fields: readonly Field[]
): value is Readonly<Record<Field, unknown>> =>
  typeof value === 'object' && value !== null && fields.every((field) => field in value);

function keeping(notes: string[], log: RunLog | undefined): RunLog {
  return {
    say(text) {
      notes.push(text);
      log?.say(text);
    },
    progress: (label) => log?.progress(label) ?? { name: 'quiet' },
    ...(log?.meter !== undefined && { meter: log.meter.bind(log) }),
  };
}

async function studentsOf(root: string, { rows }: Report): Promise<readonly BenchedStudent[]> {
  const folder = runFolder(root);
  const found: BenchedStudent[] = [];
  for (const { method, perSeed } of rows) {
    for (const { seed, testAccuracyLast } of perSeed) {
      const training = folder.student(method, seed);
      const networks = (await readMethodResult(training, method, seed))?.cohort?.networks ?? [];
      const at = Math.max(
        0,
        networks.findIndex(({ counted }) => counted),
      );
      const path = modelFolders(training, Math.max(1, networks.length))[at] ?? training.model;
      found.push({ method, seed, path, testAccuracy: testAccuracyLast });
    }
  }
  return found;
}
