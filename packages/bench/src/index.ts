export { runBench } from './code/run-bench.js';
export type { BenchedStudent, BenchOutcome } from './code/run-bench.js';
export type {
  BenchData,
  BenchMethod,
  BenchOptions,
  BenchStudent,
  BenchTeacher,
} from './code/bench-options.js';
export { terminalLog } from './cli/output.js';
export { presetNames, presets } from './config/index.js';
export type { PresetName, RunConfig } from './config/index.js';
export {
  datasetNames,
  loadCifar,
  loadDataset,
  loadSplits,
  splitValidation,
  subset,
  synthetic,
} from './dataset/index.js';
export type { DatasetSource, GivenData } from './dataset/index.js';
export { exportStudent } from './export/index.js';
export type { ExportOptions, ModelCard } from './export/index.js';
export { buildModel, loadTorchWeights, modelNames } from './model/index.js';
export type { BuiltModel, ModelName, ModelShape, TorchWeights } from './model/index.js';
export type { Report, ReportRow } from './report/index.js';
export type { CatalogEntry, MadeStudent, MakeStudent, StudentRequest } from './run/catalog-entry.js';
export { createMethod, methodCatalog, methodNames } from './run/method-catalog.js';
export type { Existing } from './run/open-folder.js';
export type { Divergence } from './run/train-students.js';
export type { RunLog } from './run/run-context.js';
export { rewriteReport } from './run/write-report.js';
export { comparePaired, summarize } from './statistics/index.js';
export type { PairedComparison, Summary } from './statistics/index.js';
