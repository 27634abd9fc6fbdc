import type { VNode } from 'preact';
import { findings } from '../findings.js';
import { printable } from '../format.js';
import { renderPlot } from '../plot.js';
import { reportPlots } from '../plots.js';
import type { MethodResult, Report } from '../report-data.js';
import { title } from '../words.js';
import { Answer } from './answer.js';
import { Classes } from './classes.js';
import { Limits, Reproduction } from './closing.js';
import { Definitions } from './definitions.js';
import { renderPage } from './document.js';
import { Embeddings } from './embeddings.js';
import { Exhibits } from './exhibits.js';
import type { MethodInspections } from './exhibits.js';
import { AccuracyFigure, CostFigure, Curves } from './figures.js';
import { Calibration, Corruptions } from './measures.js';
import type { DrawnPlot } from './parts.js';
import { Pairwise } from './pairwise.js';
import { CohortTable, NetworkTable, RaceSection, ResultTable, TuningSection } from './result-tables.js';

/**
 * The report as one page that stands alone: no request, readable without its script, on light and dark, on paper and by ear.
 *
 * @param results what the report was made of: the learning curves are drawn from them
 * @param inspections what the methods showed of themselves
 */
export async function renderHtml(
  report: Report,
  results: readonly MethodResult[],
  inspections: readonly MethodInspections[] = [],
): Promise<string> {
  return renderPage({ title: title(printable(report)) }, await reportContent(report, results, inspections));
}

/**
 * The parts of such a page, for a page that shows more.
 *
 * @param closing its last part. Default: how to make the run again from its folder
 */
export async function reportContent(
  given: Report,
  givenResults: readonly MethodResult[],
  givenInspections: readonly MethodInspections[] = [],
  closing?: VNode,
): Promise<VNode> {
  const [report, results, shown] = printable([given, givenResults, givenInspections] as const);
  const found = findings(report);
  const drawn = await drawnPlots(report, results);
  const find = (name: string): DrawnPlot | undefined => drawn.get(name);
  return (
    <>
      <Answer report={report} findings={found} />
      <AccuracyFigure report={report} find={find} />
      <CostFigure report={report} find={find} />
      <ResultTable report={report} />
      <CohortTable report={report} />
      <RaceSection report={report} />
      <Curves report={report} find={find} />
      <Pairwise report={report} />
      <Classes report={report} />
      <Calibration report={report} find={find} />
      <Corruptions report={report} find={find} />
      <Embeddings report={report} />
      <TuningSection report={report} />
      <Exhibits shown={shown} />
      <Limits caveats={found.caveats} omitted={report.omitted} />
      <Definitions report={report} />
      <NetworkTable report={report} />
      {closing ?? <Reproduction report={report} />}
    </>
  );
}

async function drawnPlots(
  report: Report,
  results: readonly MethodResult[],
): Promise<ReadonlyMap<string, DrawnPlot>> {
  const drawn = await Promise.all(
    reportPlots(report, results).map(
      async ({ name, words, spec }, at) =>
        [name, { words, svg: await renderPlot(`plot-${at}`, spec) }] as const,
    ),
  );
  return new Map(drawn);
}
