import { isDistillError } from '@distilljs/core';
import type { MethodResult, TeacherResult } from '../report/index.js';
import { cellName, cellsOf } from '../run/cells.js';
import {
  expectInspections,
  expectMetrics,
  expectModels,
  keptPredictions,
  measuredModels,
  teacherDigest,
  teacherPredictions,
} from '../run/kept-files.js';
import type { KeptFile } from '../run/kept-files.js';
import { readMatrix } from '../run/matrix.js';
import type { MatrixRun } from '../run/matrix.js';
import { readPredictions } from '../run/read-predictions.js';
import { readCorruptions } from '../run/read-measures.js';
import { readRace } from '../run/race.js';
import { missingRun } from '../run/run-folder.js';
import type { RunFolder, TrainingFolder } from '../run/run-folder.js';
import { readMethodResult, readTeacherResult } from '../run/stored.js';
import { curveFindings, mixFindings, originFindings, teacherFindings } from './verify-findings.js';
import type { VerifyFinding } from './verify-findings.js';

export interface VerifiedRun {
  readonly findings: readonly VerifyFinding[];
  /** Trainings that were looked at. */
  readonly trainings: number;
}

/**
 * Looks for what makes the numbers of a run or a study wrong or hard to believe.
 *
 * @throws DistillError code `data` when the folder holds no run
 */
export async function verifyRun(root: string): Promise<VerifiedRun> {
  const matrix = await readMatrix(root);
  if (matrix === undefined) throw missingRun(root);
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
  const lookBeside = async (
    name: string,
    place: TrainingFolder,
    result: MethodResult | TeacherResult,
    files: readonly KeptFile[],
    network: string | undefined,
  ): Promise<void> => {
    await attempt(name, () => expectMetrics(place, result));
    await attempt(name, () => readCorruptions(place, network));
    for (const file of files) {
      const kept = await attempt(name, () => readPredictions(file));
      if (kept === undefined || data === undefined || kept.fingerprint === data.test.fingerprint) continue;
      const hint = 'Remove the file; `distill-bench predictions RUN` makes it again.';
      add('error', name, 'its predictions are of other test images than the run’s', hint);
    }
  };
  const teacher = await attempt('teacher', () => readTeacherResult(folder.teacher));
  const results: MethodResult[] = [];
  const missing: string[] = teacher === undefined ? ['teacher'] : [];
  const isWanted = await wantedCells(folder, run);
  for (const cell of cellsOf(config)) {
    if (cell.kind !== 'student') continue;
    const name = cellName(cell);
    const place = folder.student(cell.method, cell.seed);
    const result = await attempt(name, () => readMethodResult(place, cell.method, cell.seed));
    if (result === undefined) {
      if (isWanted(name)) missing.push(name);
      continue;
    }
    results.push(result);
    await attempt(name, () => measuredModels(place, result));
    await attempt(name, () => expectInspections(place, result));
    await lookBeside(name, place, result, keptPredictions(place, result), result.modelDigest);
    for (const finding of curveFindings(name, result.epochs)) findings.push(finding);
  }
  if (missing.length > 0) {
    const named = missing.slice(0, 5).join(', ') + (missing.length > 5 ? ', …' : '');
    add(
      'error',
      'run',
      `${missing.length} trainings are not finished: ${named}`,
      'Continue with `distill-bench run --resume`.',
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
    const kept = teacherPredictions(folder.teacher, teacher);
    await lookBeside('teacher', folder.teacher, teacher, [kept], teacherDigest(teacher));
    findings.push(...teacherFindings(teacher, results));
  }
  findings.push(...originFindings(results, data?.train.fingerprint), ...mixFindings(results));
  if (data === undefined)
    add(
      'warning',
      'run',
      'the folder does not say which images it was made with',
      'Runs of this version keep it in data.json.',
    );
  return { findings, trainings: results.length + (teacher === undefined ? 0 : 1) };
}

/** Of a race only what it wants next is missing; what it dropped, or had no time for, is not. */
async function wantedCells(
  folder: RunFolder,
  { config, data }: MatrixRun['run'],
): Promise<(name: string) => boolean> {
  if (config.race === undefined) return () => true;
  const { next, confirmation, file } = await readRace(folder, config, data?.validation.size ?? 0);
  if (file.ended === 'budget') return () => false;
  const wanted = [
    ...(next?.methods ?? []).map((method) => `${method}/${next?.seed ?? ''}`),
    ...(confirmation?.missing ?? []).map(cellName),
  ];
  return (name) => wanted.includes(name);
}
