export type {
  AuxiliaryCost,
  Backward,
  Exhibit,
  ExhibitAxis,
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
export { defineMethod, NO_COST } from './define-method.js';
export type { MethodDefinition, MethodFactory, Prepared } from './define-method.js';
