import { join, relative } from 'node:path';
import { writeWhole } from '@distilljs/core';
import { clearPlaces, ranking, STUDY_REPORT_SCHEMA, studyFiles, USUAL_FORMATS } from '../report/index.js';
import type { Report, ReportFormat, StudyReport, StudyTaskReport } from '../report/index.js';
import { acrossTasks } from '../statistics/index.js';
import type { TaskScores } from '../statistics/index.js';
import { readMatrix, studyFolder } from './matrix.js';
import type { MatrixRun } from './matrix.js';
import { readTeacherResult } from './stored.js';
import { UnfinishedRun } from './run-folder.js';
import type { RunFolder } from './run-folder.js';
import { reportSources, writeReport } from './write-report.js';

/** A study's report and its files. */
export interface WrittenStudyReport {
  readonly report: StudyReport;
  /** Path of index.html. */
  readonly page: string;
  /** Paths of the study's written files, without those of its tasks. */
  readonly files: readonly string[];
}

/**
 * Rewrites the report of every task, and the study's report.json, report.md, report.csv and index.html. The study may be unfinished.
 *
 * @param formats default: these four
 * @throws DistillError code `data` for a file that is damaged
 */
export async function writeStudyReport(
  root: string,
  formats: readonly ReportFormat[] = USUAL_FORMATS,
): Promise<WrittenStudyReport> {
  const { report: folder } = studyFolder(root);
  const report = await studyReport(root, async (task) => (await writeReport(task, formats)).report);
  const files: string[] = [];
  for (const format of formats)
    for (const { path, content } of studyFiles(report, format)) {
      const file = join(folder, path);
      await writeWhole(file, content);
      files.push(file);
    }
  return { report, page: join(folder, 'index.html'), files };
}

/**
 * The report of a study so far.
 *
 * @param reportOf makes the report of a task
 * @throws DistillError code `data` for a file that is damaged
 */
export async function studyReport(
  root: string,
  reportOf: (task: RunFolder) => Promise<Report> = async (task) => (await reportSources(task)).report,
): Promise<StudyReport> {
  const matrix = await readMatrix(root);
  const { report: folder } = studyFolder(root);
  const tasks: StudyTaskReport[] = [];
  const scores: TaskScores[] = [];
  for (const run of matrix?.runs ?? []) {
    const report = await reportOf(run.folder).catch(unlessUnfinished);
    tasks.push(await taskReport(run, folder, report));
    if (report !== undefined) scores.push(taskScores(run.name, report));
  }
  const methods = [...new Set(tasks.flatMap(({ cells }) => cells.map(({ method }) => method)))];
  const statistics = acrossTasks(scores);
  return {
    schema: STUDY_REPORT_SCHEMA,
    methods,
    tasks,
    ...(statistics.methods.length > 1 && { statistics }),
  };
}

/** What the task's own ranking compares: methods with the same network, over the same seeds. */
const taskScores = (task: string, report: Report): TaskScores => ({
  task,
  methods: ranking(report).methods.map(({ method, accuracies }) => ({
    method,
    accuracies: Object.fromEntries(accuracies),
  })),
});

async function taskReport(
  { name, folder, run: { config } }: MatrixRun,
  from: string,
  report: Report | undefined,
): Promise<StudyTaskReport> {
  const { dataset, student, methods, seeds } = config;
  const teacher = await readTeacherResult(folder.teacher);
  return {
    name,
    dataset: dataset.name,
    student: student.model,
    teacher: teacher === undefined ? null : { model: teacher.model, testAccuracy: teacher.testAccuracy },
    page:
      report === undefined ? null : relative(from, join(folder.report, 'index.html')).replaceAll('\\', '/'),
    clear: report === undefined ? [] : clearPlaces(report),
    cells: methods.map(({ as }) => {
      const row = report?.rows.find(({ method }) => method === as);
      const done = row?.seeds ?? [];
      return {
        method: as,
        testAccuracyLast: row?.testAccuracyLast ?? null,
        seeds: done,
        missing: seeds.filter((seed) => !done.includes(seed)),
        ...(row?.ownNetwork === true && { ownNetwork: true }),
      };
    }),
  };
}

/** A task without a finished training has no report; errors for damaged files pass through. */
function unlessUnfinished(error: unknown): undefined {
  if (!(error instanceof UnfinishedRun)) throw error;
}
