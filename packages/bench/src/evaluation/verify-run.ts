import { DistillError, isDistillError } from '@distilljs/core';
import type { EpochReport } from '@distilljs/core';
import type { MethodResult, TeacherResult } from '../report/index.js';
import { cellName, cellsOf } from '../run/cells.js';
import type { MadeWith } from '../run/environment.js';
import { readMatrix } from '../run/matrix.js';
import type { MatrixRun } from '../run/matrix.js';
import { countedFiles, readPredictions } from '../run/read-predictions.js';
import { modelFolders } from '../run/run-folder.js';
import { expectModels, readMethodResult, readTeacherResult } from '../run/stored.js';

/** Something to know about a run before its numbers are believed. */
export interface VerifyFinding {
  /** An error means that numbers are missing, or not what they say. */
  readonly severity: 'error' | 'warning';
  /** The training, e.g. `kd/0`; `run` for the whole. Of a study with the task before it. */
  readonly where: string;
  readonly found: string;
  readonly hint: string;
}

export interface VerifiedRun {
  readonly findings: readonly VerifyFinding[];
  /** Trainings that were looked at. */
  readonly trainings: number;
}

/** Of a training's epochs: the end, whose curve is looked at. */
const END = 0.2;
const FEWEST_EPOCHS = 10;
/** A rise over the end of a training that a longer one would go on with. */
const RISE = 0.01;
/** How far training accuracy falls back from its best where steps are too large. */
const FALL = 0.1;

/**
 * Looks for what makes the numbers of a run or a study wrong or hard to believe.
 *
 * @throws DistillError code `data` when the folder holds no run
 */
export async function verifyRun(root: string): Promise<VerifiedRun> {
  const matrix = await readMatrix(root);
  if (matrix === undefined) {
    const hint = 'Make one with `distill-bench run`.';
    throw new DistillError({ code: 'data', where: root, expected: 'a run folder', got: 'none', hint });
  }
  const findings: VerifyFinding[] = [];
  let trainings = 0;
  for (const run of matrix.runs) {
    const found = await verifyOne(run);
    trainings += found.trainings;
    const task = run.name === '' ? '' : `${run.name}/`;
    findings.push(...found.findings.map((finding) => ({ ...finding, where: `${task}${finding.where}` })));
  }
  return { findings, trainings };
}

async function verifyOne({ folder, run }: MatrixRun): Promise<VerifiedRun> {
  const { config, data } = run;
  const findings: VerifyFinding[] = [];
  const add = (severity: VerifyFinding['severity'], where: string, found: string, hint: string): void =>
    void findings.push({ severity, where, found, hint });
  const attempt = async <T>(where: string, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (!isDistillError(error)) throw error;
      add(
        'error',
        where,
        `expected ${error.expected}, got ${error.got}`,
        error.hint ?? 'Restore it from a copy.',
      );
      return undefined;
    }
  };
  const teacher = await attempt('teacher', () => readTeacherResult(folder.teacher));
  const results: MethodResult[] = [];
  const missing: string[] = teacher === undefined ? ['teacher'] : [];
  for (const cell of cellsOf(config)) {
    if (cell.kind !== 'student') continue;
    const name = cellName(cell);
    const place = folder.student(cell.method, cell.seed);
    const result = await attempt(name, () => readMethodResult(place, cell.method, cell.seed));
    if (result === undefined) {
      missing.push(name);
      continue;
    }
    results.push(result);
    const models = modelFolders(place, Math.max(1, result.cohort?.networks.length ?? 1));
    const again = `Remove ${place.result}; --resume trains it again.`;
    await attempt(name, () => expectModels(models, result.modelDigest, again));
    for (const file of countedFiles(folder, result)) {
      const kept = await attempt(name, () => readPredictions(file));
      if (kept !== undefined && data !== undefined && kept.fingerprint !== data.test.fingerprint)
        add('error', name, 'its predictions are of other test images than the run’s', again);
    }
    for (const finding of curveFindings(name, result.epochs)) findings.push(finding);
  }
  if (missing.length > 0) {
    const named = missing.slice(0, 5).join(', ') + (missing.length > 5 ? ', …' : '');
    add(
      'error',
      'run',
      `${missing.length} trainings are not finished: ${named}`,
      'Go on with `distill-bench run --resume`.',
    );
  }
  if (teacher !== undefined) {
    const { modelDigest, fingerprint } = teacher;
    if (fingerprint === undefined)
      await attempt('teacher', () =>
        expectModels(
          [folder.teacher.model],
          modelDigest,
          'Restore the teacher from a copy, or start the run over.',
        ),
      );
    findings.push(...teacherFindings(teacher, results));
  }
  findings.push(...mixFindings(results));
  if (data === undefined)
    add(
      'warning',
      'run',
      'the folder does not say which images it was made with',
      'Runs of this version keep it in data.json.',
    );
  return { findings, trainings: results.length + (teacher === undefined ? 0 : 1) };
}

/** What a training's curves say. */
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

/** The line of least squares through values at 0, 1, 2, …, with the standard error of its slope. */
function lineThrough(values: readonly number[]): { readonly slope: number; readonly error: number } {
  const n = values.length;
  const [centre, mean] = [(n - 1) / 2, meanOf(values)];
  const squares = values.reduce((sum, _, at) => sum + (at - centre) ** 2, 0);
  const slope = values.reduce((sum, value, at) => sum + (at - centre) * (value - mean), 0) / squares;
  const rest = values.reduce((sum, value, at) => sum + (value - mean - slope * (at - centre)) ** 2, 0);
  return { slope, error: Math.sqrt(rest / Math.max(1, n - 2) / squares) };
}

function teacherFindings(
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
      hint: 'Train it for longer or take a larger one: there is little to learn from it.',
    },
  ];
}

/** Results of one folder that were made on several engines, or with several versions. */
function mixFindings(results: readonly MethodResult[]): readonly VerifyFinding[] {
  const made = results.flatMap((result) => (result as { readonly madeWith?: MadeWith }).madeWith ?? []);
  const words = made.map(({ engine, packages }) =>
    [
      engine.replace(/, \d+ threads?(?: \(.*\))?\)$/, ')'),
      ...Object.entries(packages).map(([name, version]) => `${name} ${version}`),
    ].join(', '),
  );
  const kinds = [...new Set(words)];
  if (kinds.length < 2) return [];
  return [
    {
      ...{ severity: 'warning', where: 'run' },
      found: `trainings were made in ${kinds.length} ways: ${kinds.slice(0, 3).join('; ')}`,
      hint: 'Differences between engines or versions would look like differences between methods. Train all with one.',
    },
  ];
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
