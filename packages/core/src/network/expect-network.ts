import { describeValue, DistillError } from '../error/index.js';

/** The error for a value that is not a network. */
export function noNetwork(where: string, given: unknown): DistillError {
  const has = (field: string): boolean => typeof given === 'object' && given !== null && field in given;
  const isGraphModel = has('executor');
  const isModel = has('predict') && has('layers');
  return new DistillError({
    code: 'option',
    where,
    expected: 'a network (createNetwork) or a tfjs LayersModel',
    got: isGraphModel
      ? 'a graph model'
      : isModel
        ? 'a LayersModel'
        : has('fingerprint')
          ? 'a frozen network'
          : describeValue(given),
    hint: isGraphModel
      ? 'A graph model from the converter has no trainable layers; load a layers model.'
      : isModel
        ? 'Write `createNetwork(model)`.'
        : has('classify')
          ? 'A classifier can be evaluated, but it has no layers.'
          : 'Load a model with `await loadModel(folder)`, or a teacher of any kind with `await loadTeacher(place)`.',
  });
}

/**
 * Checks that a value is a network: untyped callers may pass anything.
 *
 * @throws DistillError code `option` for a value without a list of tap names
 */
export function expectNetwork(where: string, given: unknown): void {
  if (typeof given === 'object' && given !== null && 'tapNames' in given && Array.isArray(given.tapNames))
    return;
  throw noNetwork(where, given);
}
