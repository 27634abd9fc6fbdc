import { input, layers, model } from '@tensorflow/tfjs-layers';
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { BuiltModel, ModelShape } from './built-model.js';
import { CLASSIFIER_LAYER, POOLING_LAYER, apply, classify, convBatchNorm, relu } from './conv-bn.js';

/**
 * A small network without shortcuts that trains in minutes on an engine without native code: four 3×3 convolutions with
 * batch norm and ReLU (`width`, `2·width`, `4·width`, `4·width` filters), 2×2 max pooling before each but the first,
 * global average pooling, one dense layer.
 *
 * Layers are called `stem_conv`, `stage1_conv`, …; each one's output after ReLU is `stem_output`, `stage1_output`, ….
 * Our own architecture, for the quick preset; it is from no paper.
 *
 * @param width filters of the first convolution
 */
export function plain(name: string, width: number, shape: ModelShape): BuiltModel {
  const images = input({ shape: [...shape.imageShape], name: 'images' });
  let x = convReluAt(images, 'stem', width);
  for (const [stage, factor] of [2, 4, 4].entries()) {
    const prefix = `stage${stage + 1}`;
    const pooled = apply(layers.maxPooling2d({ poolSize: 2, strides: 2, name: `${prefix}_pool` }), x);
    x = convReluAt(pooled, prefix, factor * width);
  }
  const logits = classify(x, 4 * width, shape.classes);
  return {
    model: model({ inputs: images, outputs: logits, name }),
    taps: {
      stem: 'stem_output',
      stage1: 'stage1_output',
      stage2: 'stage2_output',
      stage3: 'stage3_output',
      embedding: POOLING_LAYER,
      logits: CLASSIFIER_LAYER,
    },
  };
}

function convReluAt(x: SymbolicTensor, prefix: string, filters: number): SymbolicTensor {
  return relu(convBatchNorm(x, { prefix }, { filters, size: 3, stride: 1 }), `${prefix}_output`);
}
