export { buildReport } from './build-report.js';
export { isNearChance } from './caveats.js';
export { renderCsv, renderSeedsCsv } from './csv.js';
export type {
  Answer,
  CellCost,
  EmbeddingFigures,
  KeptPredictions,
  Mistake,
  RowCorruptions,
  RowCost,
  RowFigures,
  RowMetrics,
  SeedCorruptions,
  SeedMetrics,
} from './figures.js';
export { colourScale } from './heat-map.js';
export type { ColourScale } from './heat-map.js';
export { renderPage } from './page/document.js';
export type { MethodInspections } from './page/exhibits.js';
export { findings } from './findings.js';
export type { Findings } from './findings.js';
export { studyFiles, reportFiles, reportFormats, USUAL_FORMATS } from './formats.js';
export type { ReportFile, ReportFormat, ReportSources } from './formats.js';
export { renderLatex } from './latex.js';
export { tensorboardFiles } from './tensorboard.js';
export { HeatTable } from './page/heat-table.js';
export { DataTable } from './page/data-table.js';
export { Details, Drawing, Entries, Section } from './page/parts.js';
export { renderHtml, reportContent } from './page/report-page.js';
export { renderMarkdown } from './markdown.js';
export { figure, NONE, percent, points, probability } from './format.js';
export { bestMethod, clearPlaces, ranking } from './ranking.js';
export type { RaceConfirmation, RaceReport } from './race-data.js';
export { REPORT_SCHEMA, RESULT_SCHEMA } from './report-data.js';
export type {
  CohortResult,
  MethodOrigin,
  MadeWith,
  MethodResult,
  Report,
  ReportRow,
  RunEnvironment,
  RunFacts,
  SeedAccuracy,
  TeacherResult,
  TeacherResultFacts,
  TriedOptions,
  Tuning,
} from './report-data.js';
export { STUDY_REPORT_SCHEMA } from './study-data.js';
export type { StudyReport, StudyTaskCell, StudyTaskReport } from './study-data.js';
export { renderStudyHtml, studyContent } from './page/study-page.js';
export { renderStudyCsv, renderStudyMarkdown, renderStudyTerminal } from './study-text.js';
export { isShare, measureTitle } from './measure-title.js';
export { renderPlot } from './plot.js';
export { ACCENT } from './accuracy-plot.js';
export { renderTerminal } from './terminal.js';
