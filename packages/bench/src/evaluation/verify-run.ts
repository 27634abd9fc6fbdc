import { join, sep } from 'node:path';
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
import { counted } from '../terminal/index.js';

export interface VerifiedRun {
  readonly findings: readonly VerifyFinding[];
  /** Number of trainings that were checked. */
  readonly trainings: number;
}

/**
 * Finds reasons why the numbers of a run or a study may be wrong or unreliable.
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
  const found = collector(folder.root);
  const teacher = await found.attempt('teacher', () => readTeacherResult(folder.teacher));
  const { results, missing } = await verifyStudents(found, folder, run);
  const unfinished = teacher === undefined ? ['teacher', ...missing] : missing;
  if (unfinished.length > 0) {
    const named = unfinished.slice(0, 5).join(', ') + (unfinished.length > 5 ? ', …' : '');
    const hint = 'Continue with `distill-bench run --resume`.';
    found.add('error', 'run', `${counted(unfinished.length, 'training')} not finished: ${named}`, hint);
  }
  if (teacher !== undefined) {
    await verifyTeacher(found, folder, run, teacher);
    found.findings.push(...teacherFindings(teacher, results));
  }
  found.findings.push(...originFindings(results, run.data?.train.fingerprint), ...mixFindings(results));
  if (run.data === undefined) {
    const what = 'the folder does not record which images it was made with';
    found.add('warning', 'run', what, 'Runs of this version keep it in data.json.');
  }
  return { findings: found.findings, trainings: results.length + (teacher === undefined ? 0 : 1) };
}

/** Collects findings. */
interface Collector {
  readonly findings: VerifyFinding[];
  add(severity: VerifyFinding['severity'], where: string, found: string, hint: string): void;
  /** The result of `work`; a `DistillError` becomes a finding that names the file. */
  attempt<T>(where: string, work: () => Promise<T>): Promise<T | undefined>;
}

function collector(root: string): Collector {
  const findings: VerifyFinding[] = [];
  const add: Collector['add'] = (severity, where, found, hint) =>
    void findings.push({ severity, where, found, hint });
  return {
    findings,
    add,
    async attempt(where, work) {
      try {
        return await work();
      } catch (error) {
        if (!isDistillError(error)) throw error;
        const { expected, got, hint = 'Restore it from a copy.' } = error;
        const file = error.where.replaceAll(join(root, where, sep), '');
        add('error', where, `${file}: expected ${expected}, got ${got}`, hint);
        return undefined;
      }
    },
  };
}

async function verifyStudents(
  found: Collector,
  folder: RunFolder,
  run: MatrixRun['run'],
): Promise<{ readonly results: readonly MethodResult[]; readonly missing: readonly string[] }> {
  const results: MethodResult[] = [];
  const missing: string[] = [];
  const isWanted = await wantedCells(folder, run);
  for (const cell of cellsOf(run.config)) {
    if (cell.kind !== 'student') continue;
    const name = cellName(cell);
    const place = folder.student(cell.method, cell.seed);
    const result = await found.attempt(name, () => readMethodResult(place, cell.method, cell.seed));
    if (result === undefined) {
      if (isWanted(name)) missing.push(name);
      continue;
    }
    results.push(result);
    await found.attempt(name, () => measuredModels(place, result));
    await found.attempt(name, () => expectInspections(place, result));
    const files = keptPredictions(place, result);
    await verifyFiles(found, { name, place, result, files, network: result.modelDigest }, run);
    found.findings.push(...curveFindings(name, result.epochs));
  }
  return { results, missing };
}

async function verifyTeacher(
  found: Collector,
  { teacher: place }: RunFolder,
  run: MatrixRun['run'],
  result: TeacherResult,
): Promise<void> {
  if (result.fingerprint === undefined) {
    const hint = 'Restore the teacher from a copy, or start the run over.';
    await found.attempt('teacher', () => expectModels([place.model], result.modelDigest, hint));
  }
  const files = [teacherPredictions(place, result)];
  await verifyFiles(found, { name: 'teacher', place, result, files, network: teacherDigest(result) }, run);
}

/** Checks the files beside a training's result: metrics, predictions, accuracies on corrupted images. */
async function verifyFiles(
  found: Collector,
  training: {
    readonly name: string;
    readonly place: TrainingFolder;
    readonly result: MethodResult | TeacherResult;
    readonly files: readonly KeptFile[];
    readonly network: string | undefined;
  },
  { data }: MatrixRun['run'],
): Promise<void> {
  const { name, place, result, files, network } = training;
  await found.attempt(name, () => expectMetrics(place, result));
  await found.attempt(name, () => readCorruptions(place, network));
  for (const file of files) {
    const kept = await found.attempt(name, () => readPredictions(file));
    if (kept === undefined || data === undefined || kept.fingerprint === data.test.fingerprint) continue;
    const hint = 'Remove the file; `distill-bench predictions RUN` makes it again.';
    found.add('error', name, 'its predictions are of other test images than the run’s', hint);
  }
}

/** Which cells count as missing: in a race only the next ones, not those it dropped or had no time for. */
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
