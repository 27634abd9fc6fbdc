import { describeValue, DistillError, isPromise } from '../error/index.js';

/**
 * Checks that a value is a LayersModel: untyped callers may pass anything.
 *
 * @throws DistillError code `option`, with a hint where the intent is clear
 */
export function expectModel(given: unknown, where = 'model'): void {
  const isObject = typeof given === 'object' && given !== null;
  if (isObject && 'inputs' in given && 'outputs' in given && 'layers' in given) return;
  throw new DistillError({
    code: 'option',
    where,
    expected: 'a tfjs LayersModel',
    got: describeValue(given),
    hint: isPromise(given)
      ? 'Write `await` before it.'
      : isObject && 'model' in given
        ? 'A network has its model as `network.model`.'
        : undefined,
  });
}
