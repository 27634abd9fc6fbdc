import type { Step } from '@distilljs/core';

/**
 * Computes a value once per step, however many updates ask for it: a step's updates share one tape. The tensors are freed
 * with the step's others.
 */
export function oncePerStep<T>(compute: (step: Step) => T): (step: Step) => T {
  const known = new WeakMap<Step, T>();
  return (step) => {
    if (known.has(step)) return known.get(step) as T;
    const value = compute(step);
    known.set(step, value);
    return value;
  };
}
