import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { createNetwork, isDistillError } from '@distilljs/core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildModel, modelNames } from '../../src/model/index.js';
import type { ZooTap } from '../../src/model/index.js';

const CIFAR: readonly [number, number, number] = [32, 32, 3];

beforeAll(async () => {
  await tf.setBackend('cpu');
});
afterEach(() => {
  tf.disposeVariables();
});

/** A network of which only the shapes are looked at. */
const unweighted = (name: string, classes: number): LayersModel =>
  buildModel(name, { imageShape: CIFAR, classes }, { weights: 'zero' }).model;

/** Trainable parameters as PyTorch counts them: kernels, biases, batch-norm scales and offsets. */
function trainable(model: LayersModel): number {
  return model.trainableWeights.reduce(
    (sum, weight) => sum + weight.shape.reduce<number>((a, b) => a * (b ?? 1), 1),
    0,
  );
}

/**
 * The same count by arithmetic. A 3×3 convolution without bias has 9·in·out weights, a batch norm 2·out. With n blocks:
 * stem 432 + 32; stage 1: n·(2·2304 + 64) = 4672n; stage 2: first block 4608 + 9216 + 128, its shortcut 512 + 64 →
 * 14,528, others 18,560; stage 3: 18,432 + 36,864 + 256, shortcut 2048 + 128 → 57,728, others 73,984; dense 65·classes.
 */
function resnetParameters(depth: number, classes: number): number {
  const n = (depth - 2) / 6;
  return 464 + 4672 * n + 14_528 + 18_560 * (n - 1) + 57_728 + 73_984 * (n - 1) + 65 * classes;
}

describe('resnet', () => {
  // RepDistiller counts the same 278,324 for its resnet20 at 100 classes.
  it.each([
    [8, 78_042, 83_892],
    [14, 175_258, 181_108],
    [20, 272_474, 278_324],
    [32, 466_906, 472_756],
    [44, 661_338, 667_188],
    [56, 855_770, 861_620],
    [110, 1_730_714, 1_736_564],
  ])('resnet%i has the parameters of its layers', (depth, at10, at100) => {
    expect(resnetParameters(depth, 10)).toBe(at10);
    expect(resnetParameters(depth, 100)).toBe(at100);
    expect(trainable(unweighted(`resnet${depth}`, 10))).toBe(at10);
    expect(trainable(unweighted(`resnet${depth}`, 100))).toBe(at100);
  });

  // The distillation benchmarks count the same.
  it.each([
    ['resnet8x4', 1_233_540],
    ['resnet32x4', 7_433_860],
  ])('%s has the parameters of its layers', (name, at100) => {
    expect(trainable(unweighted(name, 100))).toBe(at100);
  });

  it('halves the map at the second and third stage', () => {
    const { model, taps } = buildModel('resnet14', { imageShape: CIFAR, classes: 10 });
    const shape = (alias: ZooTap): unknown => model.getLayer(taps[alias]).outputShape;
    expect(shape('stem')).toEqual([null, 32, 32, 16]);
    expect(shape('stage1')).toEqual([null, 32, 32, 16]);
    expect(shape('stage2')).toEqual([null, 16, 16, 32]);
    expect(shape('stage3')).toEqual([null, 8, 8, 64]);
    expect(shape('embedding')).toEqual([null, 64]);
    expect(shape('logits')).toEqual([null, 10]);
  });

  it('names its layers by place', () => {
    const { model } = buildModel('resnet8', { imageShape: CIFAR, classes: 10 });
    const names = model.layers.map((layer) => layer.name);
    expect(names.slice(0, 4)).toEqual(['images', 'stem_conv', 'stem_bn', 'stem_output']);
    expect(names).toContain('stage2_block1_pad1');
    expect(names).toContain('stage2_block1_shortcut_conv');
    expect(names).not.toContain('stage1_block1_shortcut_conv');
    expect(new Set(names).size).toBe(names.length);
  });

  it('pads stride-2 convolutions on all four sides', () => {
    // With all weights 1, batch norm neutral and an image of ones, the first output of a stride-2 3×3 convolution sees
    // 2×2 ones of 16 channels each when one row and column of zeros stand before it, 3×3 when they stand behind it.
    const { model } = buildModel('resnet8', { imageShape: CIFAR, classes: 2 });
    const pad = model.getLayer('stage2_block1_pad1');
    const convolution = model.getLayer('stage2_block1_conv1');
    const corner = tf.tidy(() => {
      convolution.setWeights([tf.ones([3, 3, 16, 32])]);
      const y = convolution.apply(pad.apply(tf.ones([1, 32, 32, 16]))) as tf.Tensor4D;
      return y.dataSync()[0];
    });
    expect(corner).toBe(2 * 2 * 16);
  });
});

/**
 * The same for WRN-d-k by arithmetic. A block from a to b channels: batch norms 2a and 2b, convolutions 9ab and 9b², and
 * ab for a shortcut where a ≠ b; the stem 432, the last batch norm 2·64k, dense (64k + 1)·classes.
 */
function wideResnetParameters(depth: number, k: number, classes: number): number {
  const block = (a: number, b: number): number =>
    2 * a + 2 * b + 9 * a * b + 9 * b * b + (a === b ? 0 : a * b);
  const widths = [16, 16 * k, 32 * k, 64 * k];
  const stages = widths.slice(1).map((b, stage) => {
    const rest = (depth - 4) / 6 - 1;
    return block(widths[stage] ?? 0, b) + rest * block(b, b);
  });
  return 432 + stages.reduce((sum, stage) => sum + stage, 0) + 2 * 64 * k + (64 * k + 1) * classes;
}

describe('wideResnet', () => {
  // The public PyTorch networks of the distillation benchmarks count the same at 100 classes for 16-2, 28-2 and 40-2.
  it.each([
    ['wrn-10-1', 10, 1, 77_850, 83_700],
    ['wrn-10-4', 10, 4, 1_198_810, 1_221_940],
    ['wrn-16-1', 16, 1, 175_066, 180_916],
    ['wrn-16-2', 16, 2, 691_674, 703_284],
    ['wrn-22-4', 22, 4, 4_298_970, 4_322_100],
    ['wrn-28-2', 28, 2, 1_467_610, 1_479_220],
    ['wrn-40-1', 40, 1, 563_930, 569_780],
    ['wrn-40-2', 40, 2, 2_243_546, 2_255_156],
  ])('%s has the parameters of its layers', (name, depth, k, at10, at100) => {
    expect(wideResnetParameters(depth, k, 10)).toBe(at10);
    expect(wideResnetParameters(depth, k, 100)).toBe(at100);
    expect(trainable(unweighted(name, 10))).toBe(at10);
    expect(trainable(unweighted(name, 100))).toBe(at100);
  });

  it('activates each block after its sum, in the shape of its stage', () => {
    const { model, taps } = buildModel('wrn-16-2', { imageShape: CIFAR, classes: 10 });
    const outputs = model.layers.filter((layer) => /^stage\d_block\d_output$/.test(layer.name));
    const shapes = outputs.map((layer) => layer.outputShape.slice(1));
    const [first, second, third] = [
      [32, 32, 32],
      [16, 16, 64],
      [8, 8, 128],
    ];
    expect(shapes).toEqual([first, first, second, second, third, third]);
    expect(outputs.map((layer) => layer.name).at(-1)).toBe(taps.stage3);
    expect(model.getLayer('stem_output').outputShape).toEqual([null, 32, 32, 16]);
  });

  it('hands the activated input to a shortcut that changes the shape, and the sum to one that does not', () => {
    const { model } = buildModel('wrn-16-2', { imageShape: CIFAR, classes: 10 });
    const readBy = (name: string): string[] =>
      [model.getLayer(name).input]
        .flat()
        .map((tensor) => (tensor as unknown as { sourceLayer: { name: string } }).sourceLayer.name);
    expect(readBy('stage2_block1_shortcut_conv')).toEqual(['stage1_block2_output']);
    expect(readBy('stage2_block1_pad1')).toEqual(['stage1_block2_output']);
    expect(readBy('stage2_block2_add')).toEqual(['stage2_block2_conv2', 'stage2_block1_add']);
  });
});

describe('plain', () => {
  // Width w: 27w + 18w² + 72w² + 144w² convolution weights, 2·11w batch norm, (4w + 1)·classes dense.
  it.each([
    ['plain8', 8, 15_698],
    ['plain16', 16, 61_338],
    ['plain32', 32, 242_474],
  ])('%s has the parameters of its layers', (name, w, expected) => {
    expect(27 * w + 234 * w * w + 22 * w + (4 * w + 1) * 10).toBe(expected);
    expect(trainable(unweighted(name, 10))).toBe(expected);
  });
});

/** 3×3 convolutions of the widths given, batch norms, dense: no biases but the last, where PyTorch's VGG has one per filter. */
function vggParameters(widths: readonly number[], classes: number): number {
  const convolutions = widths.map((width, at) => 9 * (widths[at - 1] ?? 3) * width + 2 * width);
  return convolutions.reduce((sum, layer) => sum + layer, 0) + 513 * classes;
}

describe('vgg', () => {
  // With the biases of the convolutions (1,472 and 2,944) the distillation benchmarks' 3,965,028 and 9,462,180.
  it.each([
    ['vgg8', [64, 128, 256, 512, 512], 3_965_028 - 1_472],
    ['vgg13', [64, 64, 128, 128, 256, 256, 512, 512, 512, 512], 9_462_180 - 2_944],
  ])('%s has the parameters of its layers', (name, widths, at100) => {
    expect(vggParameters(widths, 100)).toBe(at100);
    expect(trainable(unweighted(name, 100))).toBe(at100);
  });

  it.each([
    ['vgg11', 8],
    ['vgg16', 13],
    ['vgg19', 16],
  ])('%s is called by its layers with weights', (name, convolutions) => {
    const { model } = buildModel(name, { imageShape: CIFAR, classes: 10 });
    const kinds = model.layers.map((layer) => layer.getClassName());
    expect(kinds.filter((kind) => kind === 'Conv2D')).toHaveLength(convolutions);
  });

  it.each([
    [32, [32, 16, 8, 4, 4]],
    [64, [64, 32, 16, 8, 4]],
  ])('has five stages at images of %i, tapped before they are pooled', (edge, edges) => {
    const { model, taps } = buildModel('vgg8', { imageShape: [edge, edge, 3], classes: 10 });
    const stages = [taps.stage1, taps.stage2, taps.stage3, taps.stage4, taps.stage5];
    expect(stages.map((layer) => model.getLayer(String(layer)).outputShape[1])).toEqual(edges);
    expect(model.getLayer('stage1_pool').outputShape).toEqual([null, edge / 2, edge / 2, 64]);
    expect(model.layers.some((layer) => layer.name === 'stage4_pool')).toBe(edge === 64);
  });
});

describe('mobilenet', () => {
  // A separable convolution from a to b channels: 9a + 2a depthwise, ab + 2b pointwise; the stem 432 + 32.
  const separable = (a: number, b: number): number => 11 * a + a * b + 2 * b;

  it.each([
    ['mobilenet16', 16, 11_226],
    ['mobilenet32', 32, 37_162],
    ['mobilenet64', 64, 135_114],
  ])('%s has the parameters of its layers', (name, w, expected) => {
    const blocks = [
      separable(16, w),
      separable(w, 2 * w),
      separable(2 * w, 2 * w),
      separable(2 * w, 4 * w),
      separable(4 * w, 4 * w),
    ];
    expect(464 + blocks.reduce((sum, block) => sum + block, 0) + (4 * w + 1) * 10).toBe(expected);
    expect(trainable(unweighted(name, 10))).toBe(expected);
  });

  it('has the stages of a residual network', () => {
    const { model, taps } = buildModel('mobilenet16', { imageShape: CIFAR, classes: 10 });
    const shapes = [taps.stage1, taps.stage2, taps.stage3].map((tap) => model.getLayer(tap).outputShape);
    expect(shapes).toEqual([
      [null, 32, 32, 16],
      [null, 16, 16, 32],
      [null, 8, 8, 64],
    ]);
    expect(model.getLayer('stage2_block1_pad1').outputShape).toEqual([null, 34, 34, 16]);
  });
});

/** A network with weights of 0, and its parameters and MACs. */
function count(name: string, edge: number, classes: number): { parameters: number; macs: number } {
  const shape = { imageShape: [edge, edge, 3], classes } as const;
  const { model, taps } = buildModel(name, shape, { weights: 'zero' });
  const { parameters, macs } = createNetwork(model, { name, taps });
  return { parameters, macs };
}

describe('networks that PyTorch has too', () => {
  // Parameters and GFLOPS (multiply-adds) of torchvision's documentation: `num_params` and `_ops` of each weights' meta. They
  // count biases, ours are those of the last dense layer: 1000. mobilenetv2-0.5: sum(p.numel()) of mobilenet_v2(width_mult=0.5).
  it.each([
    ['resnet18', 11_689_512, 1.814],
    ['resnet34', 21_797_672, 3.664],
    ['resnet50', 25_557_032, 4.089],
    ['mobilenetv2', 3_504_872, 0.301],
    ['mobilenetv2-0.5', 1_968_680, undefined],
    ['shufflenetv2-0.5', 1_366_792, 0.04],
    ['shufflenetv2', 2_278_604, 0.145],
  ])('%s has the parameters and operations of torchvision at 224 pixels', (name, parameters, giga) => {
    const counted = count(name, 224, 1000);
    expect(counted).toEqual(count(`${name}-224`, 224, 1000));
    expect(counted.parameters).toBe(parameters);
    if (giga !== undefined) expect(Math.abs(counted.macs / 1e9 - giga)).toBeLessThan(0.0011);
  });

  // torchvision's vgg11_bn has 132,868,840 parameters; without the 2,752 biases of its convolutions these.
  it('vgg11-224 has the parameters of torchvision, and takes images of its size alone', () => {
    const { parameters, macs } = count('vgg11-224', 224, 1000);
    expect(parameters).toBe(132_868_840 - (64 + 128 + 2 * 256 + 4 * 512));
    expect(macs / 1e9).toBeCloseTo(7.609, 2);
    const failure = attempt(() => buildModel('vgg11-224', { imageShape: CIFAR, classes: 10 }));
    expect(String(failure)).toContain('expected images of 224×224');
    expect(String(failure)).toContain('or use vgg11');
  });

  // As RepDistiller's networks count at 100 classes: sum(p.numel()).
  it.each([
    ['resnet50', 23_705_252],
    ['mobilenetv2-half', 812_836],
    ['shufflenetv1', 949_258],
    ['shufflenetv2', 1_355_528],
  ])('%s has the parameters of the distillation benchmarks at 32 pixels', (name, parameters) => {
    const counted = count(name, 32, 100);
    expect(counted.parameters).toBe(parameters);
    if (name !== 'mobilenetv2-half') expect(counted).toEqual(count(`${name}-32`, 32, 100));
  });

  it.each([
    ['resnet18', 32, [32, 32, 16, 8, 4]],
    ['resnet18', 224, [112, 56, 28, 14, 7]],
    ['resnet50', 65, [33, 17, 9, 5, 3]],
    ['mobilenetv2', 32, [32, 32, 32, 16, 8, 4]],
    ['mobilenetv2', 224, [112, 112, 56, 28, 14, 7]],
    ['mobilenetv2-half', 32, [16, 16, 16, 8, 4, 2]],
    ['shufflenetv1', 32, [32, 16, 8, 4]],
    ['shufflenetv2', 224, [112, 28, 14, 7]],
    ['shufflenetv2-0.5', 33, [33, 17, 9, 5]],
  ])('%s at %i pixels is tapped at its stem and the end of each stage', (name, edge, edges) => {
    const shape = { imageShape: [edge, edge, 3], classes: 2 } as const;
    const { model, taps } = buildModel(name, shape, { weights: 'zero' });
    const { embedding, logits, ...maps } = taps;
    expect(Object.keys(maps)).toEqual(['stem', ...edges.slice(1).map((_, at) => `stage${at + 1}`)]);
    expect(Object.values(maps).map((layer) => model.getLayer(layer).outputShape[1])).toEqual(edges);
    expect(model.getLayer(embedding).outputShape).toHaveLength(2);
    expect(model.outputNames).toEqual([logits]);
  });

  it('are plain models of tfjs: what is saved loads without code of ours', async () => {
    const tensors = tf.memory().numTensors;
    for (const name of ['shufflenetv1', 'shufflenetv2-0.5', 'mobilenetv2-0.5']) {
      const { model } = buildModel(name, { imageShape: [16, 16, 3], classes: 3 });
      let saved: tf.io.ModelArtifacts | undefined;
      await model.save(
        tf.io.withSaveHandler((artifacts) => {
          saved = artifacts;
          return Promise.resolve({ modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) });
        }),
      );
      const loaded = await loadLayersModel(tf.io.fromMemory(saved as tf.io.ModelArtifacts));
      const outputs = tf.tidy(() => {
        const images = tf.randomUniform([2, 16, 16, 3], -1, 1, 'float32', 3);
        return [model, loaded].map((each) => [...(each.predict(images) as tf.Tensor).dataSync()]);
      });
      expect(outputs[1]).toEqual(outputs[0]);
      model.dispose();
      loaded.dispose();
    }
    expect(tf.memory().numTensors).toBe(tensors);
  });
});

describe('buildModel', () => {
  it.each(
    modelNames.filter(
      (name) =>
        !/resnet(?:18|34|44|50|56|110|32x4)|wrn-(?:22|28|40)|vgg1[1369]|mobilenetv2$|shufflenetv[12]$|-32$|-224$/.test(
          name,
        ),
    ),
  )('%s gives finite logits', (name) => {
    const { model, taps } = buildModel(name, { imageShape: [16, 16, 3], classes: 5 });
    const logits = tf.tidy(() =>
      (model.predict(tf.randomUniform([2, 16, 16, 3], -1, 1, 'float32', 7)) as tf.Tensor).dataSync(),
    );
    expect(logits).toHaveLength(10);
    expect(logits.every(Number.isFinite)).toBe(true);
    expect(Object.values(taps).every((layer) => model.getLayer(layer).name === layer)).toBe(true);
    expect(model.outputNames).toEqual([taps.logits]);
    expect(model.name).toBe(name);
  });

  it('keeps its initializers through a save', () => {
    const { model } = buildModel('plain8', { imageShape: CIFAR, classes: 10 });
    const config = JSON.stringify(model.toJSON(undefined, false));
    expect(config).toContain('"mode":"fan_out"');
    expect(config).toContain('"epsilon":0.00001');
    expect(config).toContain('"momentum":0.9');
  });

  it('frees everything on dispose', () => {
    const before = tf.memory().numTensors;
    buildModel('resnet8', { imageShape: CIFAR, classes: 10 }).model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('suggests the nearest name', () => {
    const failure = attempt(() => buildModel('resnet21', { imageShape: CIFAR, classes: 10 }));
    expect(isDistillError(failure) && failure.code).toBe('option');
    expect(String(failure)).toContain("Did you mean 'resnet20'?");
  });

  it('refuses images that vanish on the way', () => {
    const failure = attempt(() => buildModel('plain8', { imageShape: [4, 32, 3], classes: 10 }));
    expect(isDistillError(failure) && failure.code).toBe('shape');
  });
});

function attempt(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}
