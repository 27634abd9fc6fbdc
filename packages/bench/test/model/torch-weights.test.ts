import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { input, layers, model as layersModel } from '@tensorflow/tfjs-layers';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { isDistillError, resolveEngine } from '@distilljs/core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildModel, loadTorchWeights } from '../../src/model/index.js';
import { torchCases } from './torch-cases.js';
import { formulaValues, formulaWeights, torchFile } from './torch-formula.js';
import type { TorchCase } from './torch-cases.js';
import type { FormulaTensor } from './torch-formula.js';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'torch-weights-'));
  await resolveEngine('wasm');
});
afterEach(() => {
  tf.disposeVariables();
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function write(
  tensors: ReadonlyMap<string, FormulaTensor>,
  options?: Parameters<typeof torchFile>[1],
): string {
  const path = join(folder, 'weights.safetensors');
  writeFileSync(path, torchFile(tensors, options));
  return path;
}

const caseOf = (model: string): TorchCase => torchCases.find((each) => each.model === model) as TorchCase;
const build = ({ model, images }: Pick<TorchCase, 'model' | 'images'>, classes = 7): LayersModel =>
  buildModel(model, { imageShape: images, classes }, { weights: 'zero' }).model;

/** Largest difference of the logits from PyTorch's, over the largest of these. */
function difference(model: LayersModel, { images: [height, width], logits }: TorchCase): number {
  const size = [2, height, width, 3] as [number, number, number, number];
  const values = formulaValues(`images ${height}x${width}`, 2 * height * width * 3, 2, -1);
  const found = tf.tidy(() => (model.predict(tf.tensor4d(values, size)) as tf.Tensor).dataSync());
  const scale = Math.max(...logits.flat().map(Math.abs));
  return Math.max(...logits.flat().map((value, at) => Math.abs(value - (found[at] ?? NaN)))) / scale;
}

async function refusal(run: () => Promise<unknown>): Promise<string> {
  try {
    await run();
  } catch (error) {
    if (isDistillError(error)) return error.message.replaceAll(folder, '');
    throw error;
  }
  return 'no error';
}

describe('weights of PyTorch', () => {
  it.each(torchCases.filter(({ model }) => model !== 'hidden-vgg'))(
    '$model by the names of $naming gives its logits',
    async (given) => {
      const model = build(given);
      await loadTorchWeights(model, write(formulaWeights(given.keys)));
      expect(difference(model, given)).toBeLessThan(1e-4);
    },
  );

  it('of dense layers behind a flattened map are taken in its order, with biases before batch norm', async () => {
    const given = caseOf('hidden-vgg');
    const images = input({ shape: [14, 14, 3] });
    const conv = layers.conv2d({
      name: 'stage1_conv1',
      filters: 6,
      kernelSize: 3,
      padding: 'same',
      useBias: false,
    });
    // Another epsilon than PyTorch's.
    const norm = layers.batchNormalization({ name: 'stage1_bn1', epsilon: 1e-3 });
    const chain = [
      conv,
      norm,
      layers.reLU(),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.flatten(),
      layers.dense({ name: 'hidden1', units: 8, activation: 'relu' }),
      layers.dense({ name: 'hidden2', units: 8, activation: 'relu' }),
      layers.dense({ name: 'classifier', units: 7 }),
    ];
    const outputs = chain.reduce((x, layer) => layer.apply(x) as typeof images, images);
    const model = layersModel({ inputs: images, outputs });
    expect(await loadTorchWeights(model, write(formulaWeights(given.keys)))).toEqual({
      naming: 'torchvision',
    });
    expect(difference(model, given)).toBeLessThan(1e-4);
  });

  it.each(['F64', 'BF16'])(
    'are read as %s, with a prefix on every key and counts of batches',
    async (dtype) => {
      const given = caseOf('resnet8');
      const wrapped = new Map(
        [...formulaWeights(given.keys)].map(([key, value]) => [`module.model.${key}`, value]),
      );
      const extra = { 'module.model.bn1.num_batches_tracked': { dtype: 'I64', shape: [] } };
      const model = build(given);
      await loadTorchWeights(model, write(wrapped, { dtype, extra }));
      // bfloat16 has 8 bits of precision.
      expect(difference(model, given)).toBeLessThan(dtype === 'F64' ? 1e-4 : 0.1);
      const cut = (model.getLayer('classifier').getWeights()[1] as tf.Tensor).dataSync()[0] as number;
      const whole = formulaWeights(given.keys).get('fc.bias')?.values[0] ?? NaN;
      expect(cut).toBeCloseTo(whole, dtype === 'F64' ? 7 : 2);
    },
  );

  it('that are missing and left over are all listed with the nearest, and nothing is set', async () => {
    const given = caseOf('resnet8');
    const tensors = formulaWeights(given.keys);
    const moved = tensors.get('layer2.0.conv2.weight') as FormulaTensor;
    tensors.delete('layer2.0.conv2.weight');
    tensors.set('layer2.0.conv_2.weight', moved);
    tensors.set('aux.weight', moved);
    const model = build(given);
    const message = await refusal(() => loadTorchWeights(model, write(tensors)));
    expect(message).toBe(
      "/weights.safetensors: expected the 47 keys of resnet8 (torchvision, timm, RepDistiller), got 1 missing: 'layer2.0.conv2.weight' (nearest: 'layer2.0.conv_2.weight'); 2 unexpected: 'layer2.0.conv_2.weight' (nearest: 'layer2.0.conv2.weight'), 'aux.weight'. Build the network that the file belongs to.",
    );
    expect((model.getWeights()[0] as tf.Tensor).dataSync().every((value) => value === 0)).toBe(true);
  });

  it('of another stem, or of other classes, are refused with what there is', async () => {
    const large = caseOf('shufflenetv2-0.5-224');
    const file = write(formulaWeights(large.keys));
    const other = build({ model: 'shufflenetv2-0.5-32', images: [8, 8, 3] });
    const stem = await refusal(() => loadTorchWeights(other, file));
    expect(stem).toContain("'conv1.0.weight' [24, 3, 1, 1], got [24, 3, 3, 3]");
    expect(stem).toContain('shufflenetv2-0.5-224');
    const classes = await refusal(() => loadTorchWeights(build(large, 10), file));
    expect(classes).toContain("The file's network has 7 classes, this one 10.");
  });

  it('that are not finite are named', async () => {
    const given = caseOf('resnet8');
    const tensors = formulaWeights(given.keys);
    (tensors.get('fc.bias') as FormulaTensor).values[3] = NaN;
    const message = await refusal(() => loadTorchWeights(build(given), write(tensors)));
    expect(message).toContain(
      "/weights.safetensors, 'fc.bias': expected finite floating-point numbers, got NaN.",
    );
  });

  it('of a network that is ours alone, and files of other formats, are refused', async () => {
    const { model } = buildModel('plain8', { imageShape: [8, 8, 3], classes: 2 });
    expect(await refusal(() => loadTorchWeights(model, write(new Map())))).toContain("got 'plain8'");
    expect(await refusal(() => loadTorchWeights(model, join(folder, 'best.pth')))).toContain('save_file');
    expect(await refusal(() => loadTorchWeights(model, join(folder, 'none.safetensors')))).toContain(
      'no such file',
    );
    const other = join(folder, 'other.safetensors');
    writeFileSync(other, 'a text of some length that is no such file');
    expect(await refusal(() => loadTorchWeights(model, other))).toContain('a header of');
  });
});
