import { initializers, input, layers, model } from '@tensorflow/tfjs-layers';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { AdaptiveAveragePooling } from './adaptive-pooling-layer.js';
import { checkOptions } from '@distilljs/core';
import type { OptionCheck } from '@distilljs/core';
import { classHeads, denseLayer } from './class-heads.js';
import { shapeChecks } from './hme-options.js';
import type { Complete, HmeShape } from './hme-options.js';
import { registerHme } from './read-experts.js';
import { TaskAttention } from './task-attention-layer.js';

/** Number of experts per level, and output channels of each. */
const LEVELS = [
  { experts: 2, filters: 64 },
  { experts: 4, filters: 64 },
  { experts: 8, filters: 32 },
] as const;
const HEAD_MAP = 7;
const HEAD_WIDTH = 128;
const DROPOUT = 0.15;

/** Three poolings by 2 must leave at least one pixel. */
const poolableShape: OptionCheck = (value) => {
  const expected = shapeChecks.imageShape(value);
  if (expected !== undefined) return expected;
  const [height = 0, width = 0] = value as readonly number[];
  return Math.min(height, width) >= 8 ? undefined : 'images of at least 8×8';
};

/**
 * KDExplainer as its authors' released code builds it for 32×32 images, without a trunk. Its levels have 2, 4 and 8
 * experts of two 3×3 convolutions and a pooling each. Every class has a head of three dense layers on a 7×7 map.
 *
 * 2,993,922 parameters for 10 classes and `one_logit`, nearly all of them in the heads. The released class also
 * registers a stem of 9,600 parameters that it never uses. Convolution kernels start from a normal distribution scaled
 * by fan-out, which tfjs truncates at two standard deviations. Call `registerHme()` before loading a saved model
 * elsewhere.
 *
 * @throws DistillError code `option` for options that do not exist or are out of range
 * @see github.com/xmq1221/KDExplainer, LEARNTOBRANCH.py. Certainty: released code.
 */
export function hmeReleased(given: HmeShape): LayersModel {
  const { imageShape, classes, head } = checkOptions<Complete<HmeShape>>(
    'hmeReleased',
    given as Partial<Complete<HmeShape>>,
    { head: 'binary' } as unknown as Complete<HmeShape>,
    { ...shapeChecks, imageShape: poolableShape },
  );
  registerHme();
  const images = input({ shape: [...imageShape], name: 'images' });
  let parents: SymbolicTensor[] = [];
  LEVELS.forEach(({ experts, filters }, index) => {
    const level = index + 1;
    const inputs =
      index === 0
        ? Array.from({ length: experts }, () => images)
        : (new TaskAttention({ children: experts, name: `attention${level}` }).apply(
            parents,
          ) as SymbolicTensor[]);
    parents = inputs.map((x, at) => expert(x, `level${level}_expert${at + 1}`, filters));
  });
  const maps = parents.map((x, at) => {
    const pooled = new AdaptiveAveragePooling({ size: HEAD_MAP, name: `pool${at + 1}` }).apply(x);
    return layers.flatten({ name: `flat${at + 1}` }).apply(pooled) as SymbolicTensor;
  });
  const mixed = new TaskAttention({ children: classes, name: 'attention_classes' }).apply(
    maps,
  ) as SymbolicTensor[];
  return model({
    inputs: images,
    outputs: classHeads(mixed, head, hiddenLayers),
    name: 'kdexplainer',
  });
}

function expert(x: SymbolicTensor, name: string, filters: number): SymbolicTensor {
  const kernelInitializer = initializers.varianceScaling({
    scale: 2,
    mode: 'fanOut',
    distribution: 'normal',
  });
  let y = x;
  for (const [at, width] of [64, filters].entries()) {
    const part = `${name}_${at + 1}`;
    const settings = { kernelSize: 3, padding: 'same', kernelInitializer } as const;
    y = layers.conv2d({ name: `${part}_conv`, filters: width, ...settings }).apply(y) as SymbolicTensor;
    y = layers
      .batchNormalization({ name: `${part}_bn`, momentum: 0.9, epsilon: 1e-5 })
      .apply(y) as SymbolicTensor;
    y = layers.reLU({ name: `${part}_relu` }).apply(y) as SymbolicTensor;
  }
  return layers.maxPooling2d({ poolSize: 2, strides: 2, name: `${name}_pool` }).apply(y) as SymbolicTensor;
}

function hiddenLayers(x: SymbolicTensor, name: string): SymbolicTensor {
  let y = x;
  for (const part of [`${name}_hidden1`, `${name}_hidden2`]) {
    y = denseLayer(part, HEAD_WIDTH, 'relu').apply(y) as SymbolicTensor;
    y = layers.dropout({ rate: DROPOUT, name: `${part}_drop` }).apply(y) as SymbolicTensor;
  }
  return y;
}
