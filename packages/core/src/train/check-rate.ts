import type { OptionCheck } from '../option/index.js';

/** A learning rate: a number of at least 0, or a schedule. */
export const checkRate: OptionCheck = (value) => {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return undefined;
  if (typeof value === 'object' && value !== null && 'rate' in value && typeof value.rate === 'function')
    return undefined;
  return 'a number of at least 0, or a schedule (constantRate, cosineRate, stepRate)';
};
