export type { ForwardOptions, FrozenNetwork, Network, NetworkOutput, NetworkShape } from './contract.js';
