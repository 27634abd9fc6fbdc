export { LOWEST_TEMPERATURE } from './attention-optimizer.js';
export { meanEntropy } from './entropy-term.js';
export { vam } from './vam.js';
export type { VamOptions, VamSettings } from './vam.js';
