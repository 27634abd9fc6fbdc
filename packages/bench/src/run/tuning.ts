import { DistillError, isDistillError } from '@distilljs/core';
import type { Dataset } from '@distilljs/core';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { MethodConfig, RunConfig } from '../config/index.js';
import type { TriedOptions, Tuning } from '../report/index.js';
import { secondsPerEpoch, summarize } from '../statistics/index.js';
import type { TuningCell } from './cells.js';
import { buildCohort, planMethod } from './cohort.js';
import type { RunData } from './datasets.js';
import { sourcesOf } from './foreign-sources.js';
import { expectHeld } from './lock.js';
import type { RunContext } from './run-context.js';
import { removeCheckpoints } from './replaced.js';
import type { RunFolder, TrainingFolder } from './run-folder.js';
import { inputsFor } from './student-input.js';
import { distillTraining, optimizerOf } from './train-network.js';
import type { RunTeacher } from './train-teacher.js';
import { readJson, writeJson } from './write-json.js';

/*
 * Options are chosen on the validation images, before the run's trainings and with separate seeds. No test image is used until the
 * choice is made.
 */

/** Version of {@link TrialResult} as a file. */
const TRIAL_SCHEMA = 1;

/** `tune/METHOD/TRIAL/SEED/result.json` */
export interface TrialResult {
  readonly schema: typeof TRIAL_SCHEMA;
  readonly method: string;
  readonly trial: number;
  readonly seed: number;
  /** The trial's options, in addition to the method's configured ones. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Validation accuracy after the last epoch; null where training diverged. */
  readonly validationAccuracyLast: number | null;
  readonly epochs: number;
  readonly secondsPerEpoch: number | null;
}

const trialResult = z.looseObject({
  schema: z.literal(TRIAL_SCHEMA),
  method: z.string(),
  trial: z.number().int(),
  seed: z.number().int(),
  options: z.looseObject({}),
  validationAccuracyLast: z.number().min(0).max(1).nullable(),
});

/**
 * The result of a trial; undefined where there is none yet.
 *
 * @throws DistillError code `data` for a file that is damaged, or that is another trial's
 */
export async function readTrial(
  { result: file }: TrainingFolder,
  cell: Pick<TuningCell, 'method' | 'trial' | 'seed'>,
): Promise<TrialResult | undefined> {
  const hint = 'Remove the file; `distill-bench run --resume` makes it again.';
  const found = await readJson(file, hint);
  if (found === undefined) return undefined;
  const { data } = trialResult.safeParse(found);
  const isOwn = data?.method === cell.method && data.trial === cell.trial && data.seed === cell.seed;
  if (isOwn) return found as TrialResult;
  const expected = `the result of trial ${cell.trial} of ${cell.method} with seed ${cell.seed}`;
  throw new DistillError({ code: 'data', where: file, expected, got: 'another file', hint });
}

/** The same data without its test images: reading one throws. */
export function withoutTest({ train, validation, test }: RunData): RunData {
  const hidden: Dataset = {
    ...test,
    image() {
      throw new Error('a test image was asked for while options are chosen');
    },
  };
  return { train, validation, test: hidden };
}

/** A method with a trial's options over its own. */
export const withOptions = (method: MethodConfig, options: TrialResult['options']): MethodConfig => ({
  ...method,
  options: { ...method.options, ...options },
});

/**
 * One trial: read from its folder if finished, else trained, from its checkpoint if there is one. No network is kept.
 *
 * @returns undefined when the signal ended it
 */
export async function provideTrial(
  { method: as, trial, seed }: Pick<TuningCell, 'method' | 'trial' | 'seed'>,
  teacher: RunTeacher,
  folder: TrainingFolder,
  given: RunContext,
): Promise<TrialResult | undefined> {
  const known = await readTrial(folder, { method: as, trial, seed });
  if (known !== undefined) return known;
  const context = { ...given, data: withoutTest(given.data) };
  const { config, data, log, madeWith } = context;
  const configured = config.methods.find((method) => method.as === as);
  const options = config.tune?.[as]?.[trial];
  if (configured === undefined || options === undefined) throw new Error(`no trial ${trial} of ${as}`);
  await sourcesOf(configured, config, data.train, folder);
  const { method, models, change } = planMethod(withOptions(configured, options), config.student.model);
  const networks = await buildCohort(models, data.train, seed, change);
  const label = `${as} trial ${trial} seed ${seed}`;
  const same = { schema: TRIAL_SCHEMA, method: as, trial, seed, options } as const;
  let result: TrialResult;
  try {
    const trained = await distillTraining(
      {
        label,
        networks,
        method,
        teacher: teacher.network,
        ...(await inputsFor(config.student, data.train, teacher.input)),
        teacherOutputs: teacher.outputs,
        epochs: config.epochs,
        keep: 'last',
        seed,
        optimizer: optimizerOf(config, config.optimizer.learningRate, config.epochs),
        folder,
      },
      context,
    );
    try {
      if (trained.stopped !== undefined) return undefined;
      const { history } = trained;
      const last = history.findLast(({ validation }) => validation.length > 0)?.validation ?? [];
      // In a cohort, networks with the student's architecture count, as in the comparison.
      const counted = last.filter((_, index) => models[index] === config.student.model);
      const mean = counted.reduce((sum, { accuracy }) => sum + accuracy, 0) / counted.length;
      result = {
        ...same,
        validationAccuracyLast: Number.isFinite(mean) ? mean : null,
        epochs: history.length,
        secondsPerEpoch: secondsPerEpoch(history),
      };
    } finally {
      trained.dispose();
    }
  } catch (error) {
    // Divergence is a result of the options.
    if (!isDistillError(error) || error.code !== 'numeric') throw error;
    result = { ...same, validationAccuracyLast: null, epochs: 0, secondsPerEpoch: null };
  } finally {
    for (const network of networks) network.dispose();
  }
  await expectHeld(folder.root);
  await writeJson(folder.result, { ...result, madeWith });
  await removeCheckpoints(folder.checkpoint);
  const { validationAccuracyLast: accuracy } = result;
  log.say(
    `${label}: ${accuracy === null ? 'diverged' : `${(100 * accuracy).toFixed(2)} % on the validation images`}`,
  );
  return result;
}

/**
 * The trials of a method and the chosen one: the highest mean validation accuracy, the first of equal ones. A trial that diverged with
 * any seed is not chosen.
 *
 * @returns undefined for a method that is not tuned, or not yet
 */
export async function readTuning(
  folder: RunFolder,
  { tune = {}, tuning }: RunConfig,
  method: string,
): Promise<Tuning | undefined> {
  const trials: TriedOptions[] = [];
  for (const [trial, options] of (tune[method] ?? []).entries()) {
    const accuracies: (number | null)[] = [];
    for (const seed of tuning?.seeds ?? []) {
      const result = await readTrial(folder.trial(method, trial, seed), { method, trial, seed });
      if (result === undefined) return undefined;
      expectSame(folder, result, options);
      accuracies.push(result.validationAccuracyLast);
    }
    const all = accuracies.filter((accuracy) => accuracy !== null);
    trials.push({ options, validationAccuracy: all.length < accuracies.length ? null : summarize(all) });
  }
  if (trials.length === 0) return undefined;
  const means = trials.map(({ validationAccuracy }) => validationAccuracy?.mean ?? -Infinity);
  const best = Math.max(...means);
  return {
    method,
    trials,
    chosen: best === -Infinity ? null : means.indexOf(best),
    seeds: tuning?.seeds ?? [],
  };
}

/** Checks a trial's options: after a manual change of the grid, a result would belong to other options. */
function expectSame(
  { root }: RunFolder,
  { method, trial, options: tried }: TrialResult,
  options: object,
): void {
  if (isDeepStrictEqual(tried, JSON.parse(JSON.stringify(options)))) return;
  throw new DistillError({
    code: 'data',
    where: `${root}, tune/${method}/${trial}`,
    expected: `the options of the run's configuration, ${JSON.stringify(options)}`,
    got: JSON.stringify(tried),
    hint: 'Restore config.json, or remove the folder tune to choose again.',
  });
}

/**
 * A method with the options that tuning chose.
 *
 * @throws DistillError code `config` before tuning is done; `numeric` when every trial diverged
 */
export async function tunedMethod(
  folder: RunFolder,
  config: RunConfig,
  method: MethodConfig,
): Promise<MethodConfig> {
  if (config.tune?.[method.as] === undefined) return method;
  const tuned = await readTuning(folder, config, method.as);
  const where = `${folder.root}, ${method.as}`;
  if (tuned === undefined) {
    const hint = 'Train the cells tune/… first.';
    throw new DistillError({
      code: 'config',
      where,
      expected: 'a method whose options are chosen',
      got: 'trials that are not done',
      hint,
    });
  }
  const chosen = tuned.chosen === null ? undefined : tuned.trials[tuned.chosen];
  if (chosen !== undefined) return withOptions(method, chosen.options);
  const expected = 'options with which training stays finite';
  throw new DistillError({
    code: 'numeric',
    where,
    expected,
    got: `${tuned.trials.length} trials that all diverged`,
  });
}
