import { describeValue, DistillError, isPromise } from '../error/index.js';

/**
 * Callers without types hand in anything.
 *
 * @throws DistillError code `option`, saying what was meant where that can be told
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
