export * from './data/index.js';
export * from './error/index.js';
export * from './method/index.js';
export * from './network/index.js';
export * from './random/index.js';
export * from './tensor/index.js';
