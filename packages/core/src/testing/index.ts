export { describeMethod } from './describe-method.js';
export type { MethodConformance } from './describe-method.js';
export { testWebGpu } from './test-webgpu.js';
export { testEngines } from './test-engines.js';
export type { TestEngine } from './test-engines.js';
export { tinyDataset } from './tiny-dataset.js';
export { tinyNetwork } from './tiny-network.js';
export type { TinyNetworkOptions } from './tiny-network.js';
export { bytesOf, weightBytes } from './weights.js';
