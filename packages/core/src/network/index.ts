export { asNetwork } from './as-network.js';
export type { NetworkLike } from './as-network.js';
export type { ForwardOptions, FrozenNetwork, Network, NetworkOutput, NetworkShape } from './contract.js';
export { freeze } from './freeze.js';
export { createNetwork } from './network.js';
export type { NetworkOptions } from './network.js';
export { networkOutput } from './output.js';
export { loadModel, saveModel } from './save-model.js';
export { seedWeights } from './seed-weights.js';
