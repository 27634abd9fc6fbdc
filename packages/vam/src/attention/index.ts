export { heldVariable } from './held-variable.js';
export { mixParents } from './mix-parents.js';
export { annealedTemperature, attentionEntropy, hardAttention, taskAttention } from './task-attention.js';
