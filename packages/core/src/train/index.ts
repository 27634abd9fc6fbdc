export type { Callback, PlannedPhase, RunControl } from './callback.js';
export { distill } from './distill.js';
export type { DistillOptions, DistillResult } from './distill-types.js';
export { ensembleOf } from './classifier.js';
export type { Classifier, ClassifierLike } from './classifier.js';
export { evaluate } from './evaluate.js';
export type { Optimizer, OptimizerSpec, OptimizerState, TrainingPosition } from './optimizer.js';
export { adam, sgd } from './optimizers.js';
export type { AdamOptions, SgdOptions } from './optimizers.js';
export { clipByGlobalNorm, clipToTerm, sumOfTerms } from './policies.js';
export type { ClipToTermOptions } from './policies.js';
export type {
  BestEpoch,
  EpochReport,
  Evaluation,
  InspectedAxis,
  InspectedExhibit,
  StepReport,
  Stop,
  TermReport,
  ValueLabel,
} from './report.js';
export { asSchedule, constantRate, cosineRate, stepRate } from './schedule.js';
export type { Schedule, WarmUp } from './schedule.js';
