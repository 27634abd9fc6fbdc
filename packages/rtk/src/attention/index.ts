export { attentionWeights, attentionWeightShapes, createAttentionWeights } from './attention-weights.js';
export type { AttentionShape, DescribedLayer } from './attention-weights.js';
export { layerAttention, linearNorm, moveStatistics } from './layer-attention.js';
export type {
  AttentionStatistics,
  AttentionWeights,
  LayerAttention,
  LinearNorm,
  Normed,
  NormStatistics,
} from './layer-attention.js';
