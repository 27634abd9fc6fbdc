export type { AttentionConfig, VamConv2DConfig } from './attention-config.js';
export { foldVam, unfoldVam, vamLayers } from './fold-vam.js';
export { registerVamConv2D, VamConv2D } from './vam-conv2d.js';
export { attentionParameters, blockCount, blockMembership } from './virtual-blocks.js';
export type { BlockCount, BlockSize } from './virtual-blocks.js';
export { withVam, withVamChecks } from './with-vam.js';
export type { WithVamOptions } from './with-vam.js';
