export { correlationCongruence } from './correlation-congruence.js';
export type { PairReduction } from './correlation-congruence.js';
export { mimic } from './mimic.js';
export { reverseKd } from './reverse-kd.js';
