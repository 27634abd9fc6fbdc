export type { CalibrationBin, CellMetrics, CellScores } from './cell-metrics.js';
