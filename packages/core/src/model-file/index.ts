export { loadModel } from './load-model.js';
export type { LoadOptions } from './read-artifacts.js';
export { saveModel } from './save-model.js';
