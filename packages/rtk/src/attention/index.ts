export { attentionWeights, attentionWeightShapes, createAttentionWeights } from './attention-weights.js';
export type { AttentionShape, DescribedLayer } from './attention-weights.js';
export { layerAttention } from './layer-attention.js';
export type { AttentionStatistics, AttentionWeights, LayerAttention } from './layer-attention.js';
export { linearNorm, moveStatistics } from './linear-norm.js';
export type { LinearNorm, Normed, NormStatistics } from './linear-norm.js';
