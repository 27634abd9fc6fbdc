import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { input, layers, model } from '@tensorflow/tfjs-layers';
import type { BuiltModel, ModelShape } from './built-model.js';
import { CLASSIFIER_LAYER, POOLING_LAYER, classify, convBatchNorm, relu } from './conv-bn.js';

const STAGE_WIDTHS = [64, 128, 256, 512, 512] as const;
/** Images of this edge and above are halved once more, before the last stage. */
const LARGE_EDGE = 64;

/**
 * The VGG of the distillation benchmarks: five stages of 3×3 convolutions with batch norm and ReLU, of 64, 128, 256, 512 and
 * 512 filters, 2×2 max pooling after the first three (and the fourth, for images from 64×64 on), global average pooling, one
 * dense layer.
 *
 * Layers are called `stage1_conv1`, `stage1_bn1`, …; a stage's output after ReLU is `stage1_output`, the same pooled
 * `stage1_pool`. The stem is the first convolution with its ReLU.
 *
 * Source: Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", 2015, table 1, with
 * batch norm and without its hidden dense layers, as the distillation benchmarks build it; convolutions have no bias here,
 * which batch norm would cancel.
 *
 * @param convolutions of each stage
 */
export function vgg(name: string, convolutions: readonly number[], shape: ModelShape): BuiltModel {
  const images = input({ shape: [...shape.imageShape], name: 'images' });
  const [height, width] = shape.imageShape;
  const pooled = Math.min(height, width) < LARGE_EDGE ? 3 : 4;
  let x: SymbolicTensor = images;
  for (const [index, filters] of STAGE_WIDTHS.entries()) {
    const count = convolutions[index] ?? 0;
    const prefix = `stage${index + 1}`;
    for (let at = 1; at <= count; at++) {
      const y = convBatchNorm(x, { prefix, suffix: `${at}` }, { filters, size: 3, stride: 1 });
      x = relu(y, at === count ? `${prefix}_output` : `${prefix}_relu${at}`);
    }
    if (index < pooled) {
      const pool = layers.maxPooling2d({ poolSize: 2, strides: 2, name: `${prefix}_pool` });
      x = pool.apply(x) as SymbolicTensor;
    }
  }
  const logits = classify(x, 512, shape.classes);
  return {
    model: model({ inputs: images, outputs: logits, name }),
    taps: {
      stem: (convolutions[0] ?? 0) > 1 ? 'stage1_relu1' : 'stage1_output',
      stage1: 'stage1_output',
      stage2: 'stage2_output',
      stage3: 'stage3_output',
      stage4: 'stage4_output',
      stage5: 'stage5_output',
      embedding: POOLING_LAYER,
      logits: CLASSIFIER_LAYER,
    },
  };
}
