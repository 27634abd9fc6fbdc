export { aliasesOf, measureRun, METRICS_SCHEMA } from './measure-run.js';
export type { MeasuredMethod, MeasuredNetwork, MetricsOptions, RunMetrics } from './measure-run.js';
export { measure } from './protocols.js';
export type { EmbeddedSet, EmbeddedSets, Measures } from './protocols.js';
