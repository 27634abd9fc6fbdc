export { LOWEST_TEMPERATURE } from './attention-optimizer.js';
export { meanEntropy } from './entropy-term.js';
export type { VamOptions, VamSettings } from './options.js';
export { vam } from './vam.js';
