import {
  createNetwork,
  createRandom,
  freeze,
  loadModel,
  metadataOf,
  modelMetadata,
  resolveEngine,
  seedWeights,
  setModelMetadata,
} from '@distilljs/core';
import { describeOnEngines } from '@distilljs/core/testing';
import { foldVam, registerVamConv2D, unfoldVam, vamLayers, withVam } from '@distilljs/vam';
import type { WithVamOptions } from '@distilljs/vam';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { expectClose } from './golden.js';
import type { Nested } from './golden.js';

/** Stem, strided convolution with bias and ReLU, a 1×1 one and a depthwise one, then a nested model. */
function plainModel(): tfl.LayersModel {
  const make = tfl.layers;
  const images = tfl.input({ shape: [6, 6, 3] });
  const apply = (layer: tfl.layers.Layer, x: tfl.SymbolicTensor): tfl.SymbolicTensor =>
    layer.apply(x) as tfl.SymbolicTensor;
  let x = apply(
    make.conv2d({ name: 'stem', filters: 6, kernelSize: 3, padding: 'same', useBias: false }),
    images,
  );
  x = apply(make.batchNormalization({ name: 'norm' }), x);
  x = apply(
    make.conv2d({
      name: 'down',
      filters: 8,
      kernelSize: 3,
      strides: 2,
      activation: 'relu',
      biasInitializer: 'randomNormal',
    }),
    x,
  );
  x = apply(make.conv2d({ name: 'point', filters: 8, kernelSize: 1 }), x);
  x = apply(make.depthwiseConv2d({ name: 'depth', kernelSize: 1 }), x);
  const inner = make.conv2d({ name: 'conv', filters: 5, kernelSize: [2, 1], inputShape: [2, 2, 8] });
  x = apply(tfl.sequential({ name: 'inner', layers: [inner] }), x);
  x = apply(make.globalAveragePooling2d({ name: 'pool', dataFormat: 'channelsLast' }), x);
  const model = tfl.model({
    inputs: images,
    outputs: apply(make.dense({ name: 'logits', units: 3 }), x),
    name: 'plain',
  });
  seedWeights(model, createRandom(1));
  return model;
}

const imagesOf = (size = 2): tf.Tensor4D => {
  const random = createRandom(3);
  return tf.tensor4d(
    Float32Array.from({ length: size * 108 }, () => random.normal()),
    [size, 6, 6, 3],
  );
};
function outputs(model: tfl.LayersModel): number[] {
  const values = tf.tidy(() => model.predict(imagesOf()) as tf.Tensor);
  const found = [...values.dataSync()];
  values.dispose();
  return found;
}
const names = (model: tfl.LayersModel): string[] => vamLayers(model).map(({ path }) => path);

/** Runs on a plain model and its copy with attention, and checks that both are freed. */
function withModels(
  given: Partial<WithVamOptions>,
  look: (vam: tfl.LayersModel, plain: tfl.LayersModel) => void,
): void {
  const before = tf.memory().numTensors;
  const plain = plainModel();
  const vam = withVam(plain, given);
  look(vam, plain);
  vam.dispose();
  plain.dispose();
  expect(tf.memory().numTensors).toBe(before);
}

await describeOnEngines('withVam', () => {
  it('converts k×k convolutions behind the first, those of nested models too, and leaves the rest', () => {
    withModels({ blockSize: 4 }, (vam, plain) => {
      expect(names(vam)).toEqual(['down', 'inner/conv']);
      expect(names(plain)).toEqual([]);
      expect(vam.layers.map(({ name }) => name)).toEqual(plain.layers.map(({ name }) => name));
    });
    withModels({ blockSize: 7 }, (vam) => {
      // 6 input maps are one block of 7: attention would be 1 whatever Θ is.
      expect(names(vam)).toEqual(['inner/conv']);
    });
  });

  it('converts 1×1 convolutions where there are no others behind the first', () => {
    const make = tfl.layers;
    const plain = tfl.sequential({
      layers: [
        make.conv2d({ name: 'stem', filters: 8, kernelSize: 3, inputShape: [6, 6, 3] }),
        make.depthwiseConv2d({ name: 'depth', kernelSize: 3 }),
        make.conv2d({ name: 'point', filters: 4, kernelSize: 1 }),
        make.conv2d({ name: 'narrow', filters: 4, kernelSize: 1 }),
      ],
    });
    const vam = withVam(plain, { blockSize: 4 });
    expect(names(vam)).toEqual(['point']);
    vam.dispose();
    plain.dispose();
  });

  it('keeps the weights, so that uniform attention with blocks is the plain model', () => {
    withModels({ blockSize: [2, 3], rescale: 'blocks' }, (vam, plain) => {
      for (const { layer } of vamLayers(vam))
        tf.tidy(() => {
          layer.theta.assign(tf.zerosLike(layer.theta));
        });
      expectClose(outputs(vam), outputs(plain));
    });
  });

  it('draws Θ from the seed, uniform in [0, 1)', () => {
    const thetas = (seed: number): Nested[] => {
      const found: Nested[] = [];
      withModels({ blockSize: 2, seed }, (vam) => {
        for (const { layer } of vamLayers(vam)) found.push(layer.theta.arraySync());
      });
      return found;
    };
    expect(thetas(1)).toEqual(thetas(1));
    expect(thetas(1)).not.toEqual(thetas(2));
    for (const value of thetas(1).flat(3) as number[]) expect(value >= 0 && value < 1).toBe(true);
  });

  it('takes layers by name, also those with one parent block', () => {
    withModels({ layers: ['inner/conv', 'point'], blockSize: 16 }, (vam) => {
      expect(names(vam)).toEqual(['point', 'inner/conv']);
    });
  });

  it.each<[Partial<WithVamOptions>, RegExp]>([
    [{ blockSize: 0 }, /withVam\.blockSize: expected a whole number, at least 1, or two of them/],
    [{ layers: [] }, /withVam\.layers: expected one of "eligible", or a list of at least one name, got \[\]/],
    [{ layers: ['dwon'] }, /withVam\.layers: .*got 'dwon'\. Did you mean 'down'\?/],
    [{ layers: ['depth'] }, /'depth', a DepthwiseConv2D layer/],
    [{ layers: ['down'], grouped: true, blockSize: 4 }, /6 input maps, which blocks of 4 do not divide/],
    [
      { blockSize: 64 },
      /expected a k×k convolution behind the first, with more than 64 input maps, got none/,
    ],
  ])('refuses %o', (given, message) => {
    const plain = plainModel();
    expect(() => withVam(plain, given)).toThrow(message);
    plain.dispose();
  });

  it('can be reinitialized from a seed like any model, and frozen', () => {
    withModels({ blockSize: 4 }, (vam) => {
      const network = createNetwork(vam);
      seedWeights(vam, createRandom(9));
      const before = vamLayers(vam)[0]?.layer.theta.arraySync();
      seedWeights(vam, createRandom(9));
      expect(vamLayers(vam)[0]?.layer.theta.arraySync()).toEqual(before);
      const frozen = freeze(network);
      tf.tidy(() => {
        expectClose(frozen.forward(imagesOf()).logits, outputs(vam));
      });
      expect(frozen.macs).toBe(network.macs);
      frozen.dispose();
    });
  });
});

await describeOnEngines('foldVam', () => {
  it.each<[string, Partial<WithVamOptions>]>([
    ['blocks of 2', { blockSize: 2 }],
    ['short blocks', { blockSize: [4, 3], rescale: 'blocks' }],
    ['variant B', { blockSize: 2, grouped: true }],
  ])('gives an equal plain model back with %s', (_what, given) => {
    withModels(given, (vam, plain) => {
      const folded = foldVam(vam);
      expectClose(outputs(folded), outputs(vam));
      expect(names(folded)).toEqual([]);
      expect(folded.countParams()).toBe(plain.countParams());
      expect(folded.layers.map((layer) => layer.getConfig())).toEqual(
        plain.layers.map((layer) => layer.getConfig()),
      );
      folded.dispose();
    });
  });

  it('works after saving and loading, by both loaders', async () => {
    const plain = plainModel();
    const vam = withVam(plain, { blockSize: 2, rescale: 'blocks' });
    const network = createNetwork(vam);
    const folder = await mkdtemp(join(tmpdir(), 'vam-'));
    await network.save(`file://${folder}`);
    registerVamConv2D();
    const loaded = await loadModel(`file://${folder}`);
    expectClose(outputs(loaded), outputs(vam));
    const folded = foldVam(loaded);
    expectClose(outputs(folded), outputs(vam));
    for (const model of [plain, vam, loaded, folded]) model.dispose();
  });
});

it('a copy keeps which nested models are frozen, and the metadata; so does the plain copy of it', async () => {
  await resolveEngine('cpu');
  const plain = plainModel();
  plain.getLayer('inner').trainable = false;
  const data = { imageShape: [6, 6, 3], classNames: ['cat', 'dog', 'owl'] } as const;
  setModelMetadata(plain, metadataOf(data, { mean: [0.1, 0.2, 0.3], std: [1, 2, 3] }));
  const vam = withVam(plain, { blockSize: 4 });
  const folded = foldVam(vam);
  const trained = (model: tfl.LayersModel): string[] => Object.keys(createNetwork(model).variables);
  expect(trained(vam).filter((name) => name.startsWith('inner/'))).toEqual([]);
  expect(trained(folded)).toEqual(trained(plain));
  for (const model of [vam, folded]) expect(modelMetadata(model)).toEqual(modelMetadata(plain));
  for (const model of [plain, vam, folded]) model.dispose();
});

await describeOnEngines('a layer that is folded in place', () => {
  it('is saved as a plain convolution, and attends again when unfolded', async () => {
    const plain = plainModel();
    const vam = withVam(plain, { blockSize: 2, grouped: true });
    const attending = outputs(vam);
    for (const { layer } of vamLayers(vam)) layer.fold();
    expectClose(outputs(vam), attending);
    const copy = foldVam(vam);
    expectClose(outputs(copy), attending);
    copy.dispose();
    expect(vam.countParams()).toBe(plain.countParams());
    const folder = await mkdtemp(join(tmpdir(), 'vam-'));
    await createNetwork(vam).save(`file://${folder}`);
    const loaded = await loadModel(`file://${folder}`);
    expect(loaded.layers.map((layer) => layer.getClassName())).toEqual(
      plain.layers.map((layer) => layer.getClassName()),
    );
    expectClose(outputs(loaded), attending);

    const network = createNetwork(vam);
    const images = imagesOf();
    expect(() => network.forward(images, { training: true })).toThrow(
      /'down': expected a layer that attends, to train it/,
    );
    unfoldVam(vam);
    expectClose(outputs(vam), attending);
    expect(() => network.forward(images, { training: true })).not.toThrow();
    images.dispose();
    for (const model of [plain, vam, loaded]) model.dispose();
  });
});

it('names a layer that cannot be made anew', async () => {
  await resolveEngine('cpu');
  class Foreign extends tfl.layers.Layer {
    static readonly className = 'Foreign';
  }
  const make = tfl.layers;
  const model = tfl.sequential({
    layers: [
      make.conv2d({ filters: 32, kernelSize: 1, inputShape: [4, 4, 3] }),
      make.conv2d({ filters: 2, kernelSize: 3 }),
      new Foreign({}),
    ],
  });
  expect(() => withVam(model)).toThrow(
    /expected layers that can be rebuilt from their configuration, got Unknown layer: Foreign.*registerHme\(\)/s,
  );
  model.dispose();
});
