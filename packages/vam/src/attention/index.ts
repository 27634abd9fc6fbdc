export { mixParents } from './mix-parents.js';
export { annealedTemperature, attentionEntropy, hardAttention, taskAttention } from './task-attention.js';
