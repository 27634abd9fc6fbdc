export type {
  AuxiliaryCost,
  Backward,
  GradientPolicy,
  LossTerms,
  Method,
  Phase,
  Plan,
  PlanContext,
  Reads,
  Step,
  Term,
  Update,
} from './contract.js';
