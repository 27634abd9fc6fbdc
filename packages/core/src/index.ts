export * from './baseline/index.js';
export * from './data/index.js';
export * from './error/index.js';
export { onOneTape, stopGradient, withoutTape } from './engine/tape.js';
export * from './loss/index.js';
export * from './method/index.js';
export * from './network/index.js';
export * from './random/index.js';
export * from './tensor/index.js';
