export { kd } from './kd.js';
export type { KdOptions } from './kd.js';
export { labelSmoothing } from './label-smoothing.js';
export type { LabelSmoothingOptions } from './label-smoothing.js';
export { student } from './student.js';
export type { StudentOptions } from './student.js';
