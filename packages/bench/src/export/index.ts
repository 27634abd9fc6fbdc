export { expectReplaceable } from './export-files.js';
export { exportStudent } from './export-student.js';
export type { ExportOptions } from './export-student.js';
export type { Latencies, Latency } from './latency.js';
export type { ModelCard } from './model-card.js';
export { quantizations } from './quantize.js';
export type { Quantization } from './quantize.js';
