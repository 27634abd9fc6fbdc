export { buildReport } from './build-report.js';
export { renderCsv, renderSeedsCsv } from './csv.js';
export type {
  Answer,
  CellCost,
  CellLatency,
  Mistake,
  RowCorruptions,
  RowCost,
  RowFigures,
  RowMetrics,
} from './figures.js';
export type { MethodInspections } from './exhibit-section.js';
export { findings } from './findings.js';
export type { Findings } from './findings.js';
export { renderHtml } from './html.js';
export { renderMarkdown } from './markdown.js';
export { REPORT_SCHEMA, RESULT_SCHEMA } from './report-data.js';
export type {
  CohortResult,
  MethodResult,
  Report,
  ReportRow,
  RunEnvironment,
  RunFacts,
  SeedAccuracy,
  TeacherResult,
  TeacherResultFacts,
} from './report-data.js';
export { renderTerminal } from './terminal.js';
