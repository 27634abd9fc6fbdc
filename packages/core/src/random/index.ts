export { createRandom, lateStream } from './random.js';
export type { Random } from './random.js';
