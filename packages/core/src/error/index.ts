export { describeValue, isPromise } from './describe-value.js';
export { DistillError, isDistillError } from './distill-error.js';
export type { DistillErrorCode, DistillErrorFields } from './distill-error.js';
export { nearestNameHint } from './nearest-name.js';
export { shownText } from './shown-text.js';
