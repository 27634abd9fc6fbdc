import { DistillError } from '@distilljs/core';
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { input, layers, model } from '@tensorflow/tfjs-layers';
import type { BuiltModel, ModelShape } from './built-model.js';
import { CLASSIFIER_LAYER, POOLING_LAYER, apply, classify, convBatchNorm, dense, relu } from './conv-bn.js';
import { LARGE_EDGE } from './stem.js';

const STAGE_WIDTHS = [64, 128, 256, 512, 512] as const;
/** Width of each hidden dense layer. */
const HIDDEN = 4096;
/** Edge of the last map at 224 pixels, which the hidden dense layers are made for. */
const LAST_EDGE = 7;

/** The variant of VGG. */
export interface VggOptions {
  /** Convolutions of each stage. */
  readonly convolutions: readonly number[];
  /** ImageNet's VGG for 224 pixels, with two hidden dense layers of 4096 instead of global pooling. */
  readonly hidden?: boolean;
}

/**
 * The VGG of the distillation benchmarks: five stages of 3×3 convolutions with batch norm and ReLU, of 64, 128, 256, 512 and
 * 512 filters, 2×2 max pooling after the first three (and the fourth, for images from 64×64 on), global average pooling, one
 * dense layer.
 *
 * With `hidden` it is ImageNet's VGG: max pooling after all five stages, then two dense layers of 4096 with ReLU and dropout of
 * rate 0.5 (`hidden1`, `hidden2`) before the last.
 *
 * Layers are called `stage1_conv1`, `stage1_bn1`, …; a stage's output after ReLU is `stage1_output`, after pooling
 * `stage1_pool`. The stem is the first convolution with its ReLU.
 *
 * Source: Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", 2015, table 1, with
 * batch norm. Convolutions have no bias here: batch norm would cancel it.
 *
 * @throws DistillError code `shape` with `hidden` for images whose last map is not 7×7
 */
export function vgg(
  name: string,
  { convolutions, hidden = false }: VggOptions,
  shape: ModelShape,
): BuiltModel {
  const images = input({ shape: [...shape.imageShape], name: 'images' });
  const [height, width] = shape.imageShape;
  if (hidden) expectLastEdge(name, height, width);
  const pooled = hidden ? 5 : Math.min(height, width) < LARGE_EDGE ? 3 : 4;
  let x: SymbolicTensor = images;
  for (const [index, filters] of STAGE_WIDTHS.entries()) {
    const count = convolutions[index] ?? 0;
    const prefix = `stage${index + 1}`;
    for (let at = 1; at <= count; at++) {
      const y = convBatchNorm(x, { prefix, suffix: `${at}` }, { filters, size: 3, stride: 1 });
      x = relu(y, at === count ? `${prefix}_output` : `${prefix}_relu${at}`);
    }
    if (index < pooled) {
      x = apply(layers.maxPooling2d({ poolSize: 2, strides: 2, name: `${prefix}_pool` }), x);
    }
  }
  const logits = hidden ? classifyHidden(x, shape.classes) : classify(x, 512, shape.classes);
  return {
    model: model({ inputs: images, outputs: logits, name }),
    taps: {
      stem: (convolutions[0] ?? 0) > 1 ? 'stage1_relu1' : 'stage1_output',
      stage1: 'stage1_output',
      stage2: 'stage2_output',
      stage3: 'stage3_output',
      stage4: 'stage4_output',
      stage5: 'stage5_output',
      embedding: hidden ? 'hidden2_output' : POOLING_LAYER,
      logits: CLASSIFIER_LAYER,
    },
  };
}

/** Two hidden dense layers and the last: `[batch, 7, 7, 512]` → logits `[batch, classes]`. */
function classifyHidden(map: SymbolicTensor, classes: number): SymbolicTensor {
  let x = apply(layers.flatten({ name: 'flatten' }), map);
  let width = LAST_EDGE * LAST_EDGE * 512;
  for (const name of ['hidden1', 'hidden2']) {
    x = relu(dense(x, width, HIDDEN, name), `${name}_output`);
    x = apply(layers.dropout({ rate: 0.5, name: `${name}_dropout` }), x);
    width = HIDDEN;
  }
  return dense(x, HIDDEN, classes, CLASSIFIER_LAYER);
}

/** Whether the hidden dense layers take images of this size: halved five times, the map must be 7×7 (edges of 224 to 255). */
export const fitsHidden = (height: number, width: number): boolean =>
  [height, width].every((edge) => Math.floor(edge / 32) === LAST_EDGE);

function expectLastEdge(name: string, height: number, width: number): void {
  if (fitsHidden(height, width)) return;
  throw new DistillError({
    code: 'shape',
    where: `model ${name}`,
    expected: 'images of 224×224, the size that its hidden dense layers need',
    got: `${height}×${width}`,
    hint: `Resize the images, or use ${name.replace('-224', '')}, which pools globally.`,
  });
}
