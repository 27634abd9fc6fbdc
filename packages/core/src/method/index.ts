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
export { defineMethod, NO_COST, withTeacher } from './define-method.js';
export type { LossMethod, MethodFactory, PlannedMethod, Prepared, TaughtContext } from './define-method.js';
export { taskReads, taskTerms } from './task-terms.js';
export type { TaskOptions } from './task-terms.js';
