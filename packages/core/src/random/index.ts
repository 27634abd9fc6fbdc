export { createRandom, expectRandom, lateStream } from './random.js';
export type { Random } from './random.js';
