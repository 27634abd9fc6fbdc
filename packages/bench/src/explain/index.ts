export { explainRun } from './explain-run.js';
export type { ExplainedRun, ExplainedTraining } from './explained.js';
