export { commonShape } from './common-shape.js';
export { createTransfer, transfer } from './transfer.js';
export type { Transfer, TransferWeights } from './transfer.js';
