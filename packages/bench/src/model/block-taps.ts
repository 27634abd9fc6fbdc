import type { BuiltModel } from './built-model.js';
import { CLASSIFIER_LAYER, POOLING_LAYER } from './conv-bn.js';

/**
 * Aliases of a network of stages of blocks: a stage is tapped at its last block's output.
 *
 * @param blocks of each stage, of which there are three to five
 */
export function blockTaps(blocks: readonly number[]): BuiltModel['taps'] {
  const stages = blocks.map((count, index) => [
    `stage${index + 1}`,
    `stage${index + 1}_block${count}_output`,
  ]);
  return {
    stem: 'stem_output',
    ...(Object.fromEntries(stages) as Pick<BuiltModel['taps'], 'stage1' | 'stage2' | 'stage3'>),
    embedding: POOLING_LAYER,
    logits: CLASSIFIER_LAYER,
  };
}
