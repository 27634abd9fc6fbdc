export {
  annealedTemperature,
  attentionEntropy,
  hardAttention,
  mixParents,
  taskAttention,
} from './attention/index.js';
export {
  attentionParameters,
  blockCount,
  foldVam,
  registerVamConv2D,
  unfoldVam,
  VamConv2D,
  vamLayers,
  withVam,
} from './convolution/index.js';
export type {
  AttentionConfig,
  BlockCount,
  BlockSize,
  VamConv2DConfig,
  WithVamOptions,
} from './convolution/index.js';
export { LOWEST_TEMPERATURE, meanEntropy, vam } from './method/index.js';
export type { VamOptions, VamSettings } from './method/index.js';
