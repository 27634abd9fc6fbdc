export { cellMetrics, correctness } from './cell-metrics.js';
export type { CalibrationBin, CellMetrics, CellScores } from './cell-metrics.js';
export { decodePredictions } from './decode-predictions.js';
export { float16Bits } from './half-floats.js';
export { probabilitiesOf, recordPredictions } from './predictions-file.js';
export type { PredictionRecord, Predictions } from './predictions-file.js';
