import type { GradientPolicy } from '../../method/contract.js';

/** The gradient of the weighted sum of all terms, in one backward pass: what an update does by default. */
export function sumOfTerms(): GradientPolicy {
  return { name: 'sum', combine: (backward) => backward.gradient() };
}
