export {
  datasetNames,
  loadCifar,
  loadDataset,
  loadSplits,
  splitValidation,
  subset,
  synthetic,
} from './dataset/index.js';
export {
  mergeConfig,
  parseConfig,
  presetNames,
  presets,
  resolveConfig,
  resolveStudy,
} from './config/index.js';
export type { RunConfig, StudyConfig } from './config/index.js';
export { exportStudent } from './export/index.js';
export type { ExportOptions, ModelCard } from './export/index.js';
export { buildModel, loadTorchWeights, modelNames } from './model/index.js';
export type { BuiltModel, ModelShape, TorchWeights } from './model/index.js';
export { createMethod, methodCatalog, methodNames } from './run/method-catalog.js';
export { runBench } from './code/run-bench.js';
export { rewriteReport } from './run/write-report.js';
export { comparePaired, summarize } from './statistics/index.js';
export type { BenchedStudent, BenchOutcome } from './code/run-bench.js';
export type {
  BenchData,
  BenchMethod,
  BenchOptions,
  BenchStudent,
  BenchTeacher,
} from './code/bench-options.js';
