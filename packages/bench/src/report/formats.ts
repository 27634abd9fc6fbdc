import { Buffer } from 'node:buffer';
import { DistillError } from '@distilljs/core';
import { renderCsv, renderSeedsCsv } from './csv.js';
import { printable } from './format.js';
import { renderLatex, renderStudyLatex } from './latex.js';
import { renderMarkdown } from './markdown.js';
import type { MethodInspections } from './page/exhibits.js';
import { renderHtml } from './page/report-page.js';
import { renderStudyHtml } from './page/study-page.js';
import { renderPlotOnPaper } from './plot.js';
import { reportPlots } from './plots.js';
import type { MethodResult, Report, TeacherResult } from './report-data.js';
import type { StudyReport } from './study-data.js';
import { renderStudyCsv, renderStudyMarkdown } from './study-text.js';
import { tensorboardFiles } from './tensorboard.js';

/** Everything that a report is written from. */
export interface ReportSources {
  readonly report: Report;
  readonly teacher: TeacherResult;
  readonly results: readonly MethodResult[];
  readonly shown: readonly MethodInspections[];
}

/** A file of a report, by its path within the report's folder. */
export interface ReportFile {
  readonly path: string;
  readonly content: string | Uint8Array;
}

export const reportFormats = ['html', 'md', 'csv', 'json', 'latex', 'tensorboard', 'svg', 'png'] as const;
export type ReportFormat = (typeof reportFormats)[number];

/** The default formats. */
export const USUAL_FORMATS: readonly ReportFormat[] = ['html', 'md', 'csv', 'json'];

/** PNG pixels per pixel of the drawing, so that prints are sharp. */
const PNG_SCALE = 3;

/**
 * The files of a report in one format.
 *
 * @throws DistillError code `option` for `png` where the package sharp is not installed
 */
export async function reportFiles(
  { report, teacher, results, shown }: ReportSources,
  format: ReportFormat,
): Promise<readonly ReportFile[]> {
  switch (format) {
    case 'html':
      return [{ path: 'index.html', content: await renderHtml(report, results, shown) }];
    case 'md':
      return [{ path: 'report.md', content: renderMarkdown(report) }];
    case 'csv':
      return [
        { path: 'report.csv', content: renderCsv(report) },
        { path: 'seeds.csv', content: renderSeedsCsv(report) },
      ];
    case 'json':
      return [{ path: 'report.json', content: jsonText(report) }];
    case 'latex':
      return [{ path: 'report.tex', content: renderLatex(report) }];
    case 'tensorboard':
      return tensorboardFiles(teacher, results).map(({ path, content }) => ({
        path: `tensorboard/${path}`,
        content,
      }));
    case 'svg':
      return await plotFiles(report, results);
    case 'png':
      return await pictures(await plotFiles(report, results));
  }
}

/** The files of a study's report, beside those of its tasks; none in formats that show single trainings. */
export function studyFiles(report: StudyReport, format: ReportFormat): readonly ReportFile[] {
  switch (format) {
    case 'html':
      return [{ path: 'index.html', content: renderStudyHtml(report) }];
    case 'md':
      return [{ path: 'report.md', content: renderStudyMarkdown(report) }];
    case 'csv':
      return [{ path: 'report.csv', content: renderStudyCsv(report) }];
    case 'json':
      return [{ path: 'report.json', content: jsonText(report) }];
    case 'latex':
      return [{ path: 'report.tex', content: renderStudyLatex(report) }];
    default:
      return [];
  }
}

/** Plots that repeat another one in a narrower form. Names of other plots contain those of methods. */
const FOR_PHONES = ['accuracy-narrow', 'cost-narrow'];

const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

async function plotFiles(
  given: Report,
  givenResults: readonly MethodResult[],
): Promise<readonly { readonly path: string; readonly content: string }[]> {
  const [report, results] = printable([given, givenResults] as const);
  const plots = reportPlots(report, results).filter(({ name }) => !FOR_PHONES.includes(name));
  return await Promise.all(
    plots.map(async ({ name, spec }) => ({
      path: `plots/${name.replace(/[^\w.+-]/g, '_')}.svg`,
      content: await renderPlotOnPaper(spec),
    })),
  );
}

async function pictures(
  drawings: readonly { readonly path: string; readonly content: string }[],
): Promise<readonly ReportFile[]> {
  const sharp = await import('sharp').then(
    (module) => module.default,
    (cause: unknown) => {
      throw new DistillError({
        code: 'option',
        where: '--format png',
        expected: 'the package sharp',
        got: 'a failure to load it',
        hint: 'Install it with `npm i sharp`, or use --format svg.',
        cause,
      });
    },
  );
  return await Promise.all(
    drawings.map(async ({ path, content }) => ({
      path: path.replace(/svg$/, 'png'),
      content: await sharp(Buffer.from(content), { density: 72 * PNG_SCALE })
        .png()
        .toBuffer(),
    })),
  );
}
