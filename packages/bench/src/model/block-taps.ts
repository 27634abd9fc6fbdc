import type { BuiltModel } from './built-model.js';
import { CLASSIFIER_LAYER, POOLING_LAYER } from './conv-bn.js';

/**
 * Aliases of a network of three stages of blocks: a stage is tapped at its last block's output.
 *
 * @param blocks of each stage
 */
export const blockTaps = (blocks: number): BuiltModel['taps'] => ({
  stem: 'stem_output',
  stage1: `stage1_block${blocks}_output`,
  stage2: `stage2_block${blocks}_output`,
  stage3: `stage3_block${blocks}_output`,
  embedding: POOLING_LAYER,
  logits: CLASSIFIER_LAYER,
});
