import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '@distilljs/core';
import { allSeeds } from '../config/index.js';
import type { MethodConfig, RunConfig } from '../config/index.js';
import { loadDataset } from '../dataset/index.js';
import { buildReport, reportFiles, USUAL_FORMATS } from '../report/index.js';
import type {
  MethodInspections,
  MethodResult,
  Report,
  ReportFormat,
  ReportSources,
  RunFacts,
  Tuning,
} from '../report/index.js';
import type { DataFingerprints } from './datasets.js';
import { findMethod } from './method-catalog.js';
import { raceReport } from './race.js';
import { readEmbeddings } from './read-measures.js';
import { expectInspections } from './kept-files.js';
import { readFigures } from './read-predictions.js';
import { missingRun, runFolder, UnfinishedRun } from './run-folder.js';
import type { RunFolder } from './run-folder.js';
import { readInspections, readMethodResult, readRun, readTeacherResult } from './stored.js';
import { readTuning } from './tuning.js';

/** A report and its files. */
export interface WrittenReport {
  readonly report: Report;
  /** Path of index.html. */
  readonly page: string;
  /** Paths of all files that were written. */
  readonly files: readonly string[];
}

/**
 * Writes a report from what a run folder holds, finished or not.
 *
 * @param formats default: report.json, report.md, report.csv, seeds.csv and index.html
 * @throws DistillError code `data` when the folder holds no run, or no finished training
 */
export async function writeReport(
  folder: RunFolder,
  formats: readonly ReportFormat[] = USUAL_FORMATS,
): Promise<WrittenReport> {
  const sources = await reportSources(folder);
  const files: string[] = [];
  for (const format of formats)
    for (const { path, content } of await reportFiles(sources, format)) {
      const file = join(folder.report, ...path.split('/'));
      await writeWhole(file, content);
      files.push(file);
    }
  return { report: sources.report, page: join(folder.report, 'index.html'), files };
}

/**
 * The data that a run folder's report is written from.
 *
 * @throws DistillError code `data` when the folder holds no run, or no finished training
 */
export async function reportSources(folder: RunFolder): Promise<ReportSources> {
  const run = await readRun(folder);
  if (run === undefined) throw missingRun(folder.root, await contents(folder.root));
  const { config, environment } = run;
  const teacher = await readTeacherResult(folder.teacher);
  if (teacher === undefined) throw new UnfinishedRun(folder.root, 'a run with a trained teacher');
  const results: MethodResult[] = [];
  for (const { as } of config.methods) {
    for (const seed of allSeeds(config)) {
      const result = await readMethodResult(folder.student(as, seed), as, seed);
      if (result !== undefined) results.push(result);
    }
  }
  if (results.length === 0) throw new UnfinishedRun(folder.root, 'at least one finished training');
  const report = buildReport(config, environment, teacher, results, {
    ...(await runFacts(config, run.data)),
    tuning: await tuningOf(folder, config),
    embeddings: await readEmbeddings(folder),
    race: await raceReport(folder, config, run.data?.validation.size ?? 0),
    predictions: await readFigures(folder, config, teacher, results, run.data),
  });
  return { report, teacher, results, shown: await inspectionsOf(folder, config, results) };
}

/** The tunings of the methods whose options are already chosen. */
async function tuningOf(folder: RunFolder, config: RunConfig): Promise<readonly Tuning[]> {
  const all = await Promise.all(config.methods.map(({ as }) => readTuning(folder, config, as)));
  return all.filter((each) => each !== undefined);
}

/** The inspections that methods recorded, for every method and seed that has any. */
async function inspectionsOf(
  folder: RunFolder,
  config: RunConfig,
  results: readonly MethodResult[],
): Promise<MethodInspections[]> {
  const all = config.methods.flatMap(({ as }) =>
    allSeeds(config).map(async (seed): Promise<MethodInspections> => {
      const place = folder.student(as, seed);
      const result = results.find((each) => each.method === as && each.seed === seed);
      if (result !== undefined) await expectInspections(place, result);
      return { method: as, seed, inspections: await readInspections(place) };
    }),
  );
  return (await Promise.all(all)).filter(({ inspections }) => inspections.length > 0);
}

/** {@link writeReport} for the path of a run folder. */
export async function rewriteReport(root: string, formats?: readonly ReportFormat[]): Promise<WrittenReport> {
  return await writeReport(runFolder(root), formats);
}

async function contents(folder: string): Promise<string> {
  const entries = await readdir(folder).catch((error: unknown) => (error as NodeJS.ErrnoException).code);
  if (Array.isArray(entries)) return `a folder with ${entries.length} other entries`;
  return entries === 'ENOTDIR' ? 'something else with that name' : 'no such folder';
}

/**
 * Facts for a report that the results do not contain.
 *
 * @param data omitted for a folder that did not keep it
 */
export async function runFacts({ dataset, methods }: RunConfig, data?: DataFingerprints): Promise<RunFacts> {
  const isOurs = ({ from, given }: MethodConfig): boolean => from === undefined && given !== true;
  const own = methods.filter((method) => isOurs(method) && findMethod(method.name)?.ownNetwork === true);
  return { testImages: data?.test.size ?? (await testImages(dataset)), ownNetworks: own.map(({ as }) => as) };
}

async function testImages(dataset: RunConfig['dataset']): Promise<number | undefined> {
  if (dataset.name === 'synthetic') return dataset.testSize;
  try {
    return (await loadDataset(dataset, 'test')).size;
  } catch {
    // A report may be written where the data is missing: it then omits what depends on the number of test images.
    return undefined;
  }
}
