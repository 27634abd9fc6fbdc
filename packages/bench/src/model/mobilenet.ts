import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { input, model } from '@tensorflow/tfjs-layers';
import type { BuiltModel, ModelShape } from './built-model.js';
import {
  CLASSIFIER_LAYER,
  POOLING_LAYER,
  batchNorm,
  classify,
  convBatchNorm,
  depthwise,
  relu,
} from './conv-bn.js';

const STEM_WIDTH = 16;
/** Separable convolutions of each stage; the second and third begin at stride 2. */
const BLOCKS = [1, 2, 2] as const;

/**
 * A small MobileNet for 32×32 images: a 3×3 stem of 16 filters, then depthwise separable convolutions in three stages of
 * `width`, `2·width` and `4·width` filters, global average pooling, one dense layer. A separable convolution is a 3×3
 * depthwise convolution and a 1×1 convolution, each with batch norm and ReLU.
 *
 * Layers are called `stem_conv`, `stage2_block1_depthwise1`, `stage2_block1_conv2`, …; a block's output after ReLU is
 * `stage2_block1_output`.
 *
 * Source: Howard et al., "MobileNets", 2017, for the block; the arrangement, at width 64, is the MobileNet student of Lee and
 * Song, "Graph-based Knowledge Distillation by Multi-head Attention Network", BMVC 2019. Its figure does not say where batch
 * norm and ReLU stand; here they stand as in MobileNets.
 *
 * @param width filters of the first stage
 */
export function mobilenet(name: string, width: number, shape: ModelShape): BuiltModel {
  const images = input({ shape: [...shape.imageShape], name: 'images' });
  const stem = convBatchNorm(images, { prefix: 'stem' }, { filters: STEM_WIDTH, size: 3, stride: 1 });
  let x = relu(stem, 'stem_output');
  BLOCKS.forEach((blocks, stage) => {
    for (let block = 1; block <= blocks; block++) {
      const stride = stage > 0 && block === 1 ? 2 : 1;
      x = separable(x, `stage${stage + 1}_block${block}`, width * 2 ** stage, stride);
    }
  });
  const logits = classify(x, 4 * width, shape.classes);
  return {
    model: model({ inputs: images, outputs: logits, name }),
    taps: {
      stem: 'stem_output',
      stage1: 'stage1_block1_output',
      stage2: 'stage2_block2_output',
      stage3: 'stage3_block2_output',
      embedding: POOLING_LAYER,
      logits: CLASSIFIER_LAYER,
    },
  };
}

function separable(x: SymbolicTensor, prefix: string, filters: number, stride: number): SymbolicTensor {
  const spatial = batchNorm(depthwise(x, { prefix, suffix: '1' }, { size: 3, stride }), {
    prefix,
    suffix: '1',
  });
  const hidden = relu(spatial, `${prefix}_relu1`);
  return relu(
    convBatchNorm(hidden, { prefix, suffix: '2' }, { filters, size: 1, stride: 1 }),
    `${prefix}_output`,
  );
}
