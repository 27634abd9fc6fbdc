export { checkOptions } from './check-options.js';
export type { OptionChecks } from './check-options.js';
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
export { defineMethod, NO_COST } from './define-method.js';
export type { MethodDefinition, MethodFactory, Prepared } from './define-method.js';
export { eitherOf, flag, inRange, listOf, nonNegative, oneOf, optional, positive, text, wholeNumber } from './option-checks.js';
export type { OptionCheck } from './option-checks.js';
