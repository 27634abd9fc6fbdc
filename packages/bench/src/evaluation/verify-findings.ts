import type { EpochReport } from '@distilljs/core';
import type { MethodResult, TeacherResult } from '../report/index.js';
import { withoutThreads } from '../run/environment.js';

/** A reason to doubt the numbers of a run. */
export interface VerifyFinding {
  /** An error means that numbers are missing or wrong. */
  readonly severity: 'error' | 'warning';
  /** The training, e.g. `kd/0`, or `run` for the whole run; in a study prefixed with the task. */
  readonly where: string;
  readonly found: string;
  readonly hint: string;
}

/** The last share of a training's epochs, whose curves are checked. */
const END = 0.2;
const FEWEST_EPOCHS = 10;
/** A rise in validation accuracy over that share that a longer training would probably continue. */
const RISE = 0.01;
/** A drop of training accuracy from its best that suggests too large steps. */
const FALL = 0.1;

/** Findings from a training's curves. */
export function curveFindings(where: string, epochs: readonly EpochReport[]): readonly VerifyFinding[] {
  const last = epochs.filter(({ phase }) => phase === epochs.at(-1)?.phase);
  if (last.length < FEWEST_EPOCHS) return [];
  const findings: VerifyFinding[] = [];
  const train = last.map(({ trainAccuracy }) => trainAccuracy[0] ?? NaN);
  const end = Math.max(5, Math.ceil(END * last.length));
  const best = Math.max(...train);
  const reached = meanOf(train.slice(-Math.max(1, Math.floor(end / 2))));
  if (best - reached > FALL)
    findings.push({
      ...{ severity: 'warning', where },
      found: `training accuracy fell from ${percent(best)} to ${percent(reached)}`,
      hint: 'The learning rate is probably too high: halve optimizer.learningRate, or add schedule.warmupEpochs.',
    });
  const validation = last.slice(-end).map((epoch) => epoch.validation[0]?.accuracy ?? NaN);
  const { slope, error } = lineThrough(validation);
  const rise = slope * (validation.length - 1);
  if (rise > RISE && slope > 2 * error)
    findings.push({
      ...{ severity: 'warning', where },
      found: `validation accuracy still rose by ${(100 * rise).toFixed(1)} points over the last ${validation.length} epochs`,
      hint: 'Train for more epochs: methods that learn slowly are ranked too low.',
    });
  return findings;
}

/** The least-squares line through values at 0, 1, 2, …, with the standard error of its slope. */
function lineThrough(values: readonly number[]): { readonly slope: number; readonly error: number } {
  const n = values.length;
  const [centre, mean] = [(n - 1) / 2, meanOf(values)];
  const squares = values.reduce((sum, _, at) => sum + (at - centre) ** 2, 0);
  const slope = values.reduce((sum, value, at) => sum + (at - centre) * (value - mean), 0) / squares;
  const rest = values.reduce((sum, value, at) => sum + (value - mean - slope * (at - centre)) ** 2, 0);
  return { slope, error: Math.sqrt(rest / Math.max(1, n - 2) / squares) };
}

/**
 * Trainings with unequal starting points: other images, another teacher, student or method of a user's own, or other initial weights for
 * the same seed.
 */
export function originFindings(
  results: readonly MethodResult[],
  data: string | undefined,
): readonly VerifyFinding[] {
  const findings: VerifyFinding[] = [];
  const named = (of: readonly MethodResult[]): string =>
    of
      .slice(0, 5)
      .map(({ method, seed }) => `${method}/${seed}`)
      .join(', ') + (of.length > 5 ? ', …' : '');
  const compare = (
    where: string,
    what: string,
    all: readonly MethodResult[],
    of: (result: MethodResult) => string | undefined,
    expected?: string,
  ): void => {
    const known = all.filter((result) => of(result) !== undefined);
    const first = expected ?? (known[0] && of(known[0]));
    const others = known.filter((result) => of(result) !== first);
    if (others.length === 0) return;
    const than =
      expected === undefined && known[0] !== undefined ? `than ${named([known[0]])}` : 'than the run';
    findings.push({
      ...{ severity: 'error', where },
      found: `${named(others)} began with other ${what} ${than}`,
      hint: `Remove ${others.length === 1 ? 'its folder' : 'their folders'}; --resume trains ${others.length === 1 ? 'it' : 'them'} again.`,
    });
  };
  compare('run', 'training images', results, ({ origin }) => origin?.data, data);
  compare('run', 'weights of the teacher', results, ({ origin }) => origin?.teacher);
  compare('run', 'files of the student', results, ({ sources }) => sources?.student);
  for (const name of new Set(results.map(({ method }) => method)))
    compare(
      `method ${name}`,
      'files of the method',
      results.filter(({ method }) => method === name),
      ({ sources }) => sources?.method,
    );
  for (const seed of new Set(results.map((result) => result.seed)))
    compare(
      `seed ${seed}`,
      'weights of the student',
      results.filter((result) => result.seed === seed),
      ({ origin }) => origin?.firstWeights,
    );
  return findings;
}

export function teacherFindings(
  { testAccuracy }: Pick<TeacherResult, 'testAccuracy'>,
  results: readonly MethodResult[],
): readonly VerifyFinding[] {
  const methods = [...new Set(results.map(({ method }) => method))];
  const better = methods.filter(
    (name) =>
      meanOf(results.filter(({ method }) => method === name).map((result) => result.testAccuracyBest)) >=
      testAccuracy,
  );
  if (better.length === 0) return [];
  return [
    {
      ...{ severity: 'warning', where: 'teacher' },
      found: `it has ${percent(testAccuracy)} on the test images, no more than ${better.join(', ')}`,
      hint: 'Train it longer or use a larger one: students can learn little from this one.',
    },
  ];
}

/** Results in one folder that were made with different engines, versions or, on `node`, numbers of threads. */
export function mixFindings(results: readonly MethodResult[]): readonly VerifyFinding[] {
  const made = results.flatMap(({ madeWith }) => madeWith ?? []);
  const words = made.map(({ engine, threads, packages }) =>
    [
      withoutThreads(engine),
      ...(threads === undefined ? [] : [`${threads} ${threads === 1 ? 'thread' : 'threads'}`]),
      ...Object.entries(packages).map(([name, version]) => `${name} ${version}`),
    ].join(', '),
  );
  const kinds = [...new Set(words)];
  if (kinds.length < 2) return [];
  return [
    {
      ...{ severity: 'warning', where: 'run' },
      found: `trainings were made in ${kinds.length} ways: ${kinds.slice(0, 3).join('; ')}`,
      hint: 'Differences between engines, versions or numbers of threads would look like differences between methods. Train all in one way.',
    },
  ];
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
