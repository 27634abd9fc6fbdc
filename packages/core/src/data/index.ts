export type { Dataset } from './dataset.js';
export type { BatchSampler } from './sampler.js';
