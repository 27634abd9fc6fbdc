/** What a page needs to run a trained student on plain tfjs: the entry point `@distilljs/core/student`. */
export { DistillError, isDistillError } from '../error/index.js';
export { modelMetadata } from '../model-file/index.js';
export type { ModelMetadata } from '../model-file/index.js';
export { loadStudent, studentOf } from './load-student.js';
export type {
  Classification,
  ClassifyOptions,
  RankedClass,
  Student,
  LoadStudentOptions,
} from './load-student.js';
export type { Decode, Decoded, ImageInput } from './read-image.js';
