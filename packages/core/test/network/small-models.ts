import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { createRandom, seedWeights } from '@distilljs/core';

/*
 * Models for 6×6×2 images and 3 classes, one per thing that a network may be built of. Layers are named, so that a test
 * can tap them.
 */

type Symbolic = SymbolicTensor;
type Part = (x: Symbolic) => Symbolic;

const { layers } = tfl;
const apply = (layer: tfl.layers.Layer, x: Symbolic | Symbolic[]): Symbolic => layer.apply(x) as Symbolic;

/** A layer as a part of a {@link chain}. */
export const through =
  (layer: tfl.layers.Layer): Part =>
  (x) =>
    apply(layer, x);
export const bn = (name: string, options: object = {}): tfl.layers.Layer =>
  layers.batchNormalization({ name, epsilon: 1e-3, momentum: 0.9, ...options });
export const conv = (name: string, filters: number, options: object = {}): tfl.layers.Layer =>
  layers.conv2d({ name, filters, kernelSize: 3, padding: 'same', useBias: false, ...options });
const relu = (name: string): tfl.layers.Layer => layers.activation({ name, activation: 'relu' });

/** A model of these parts, with pooling and a dense layer `logits` behind them. */
export function chain(name: string, ...parts: readonly Part[]): LayersModel {
  const input = tfl.input({ shape: [6, 6, 2] });
  const body = parts.reduce<Symbolic>((x, part) => part(x), input);
  const pooled =
    body.shape.length === 4
      ? apply(layers.globalAveragePooling2d({ name: 'pool', dataFormat: 'channelsLast' }), body)
      : body;
  return tfl.model({
    inputs: input,
    outputs: apply(layers.dense({ name: 'logits', units: 3 }), pooled),
    name,
  });
}

/** Builders by what is special about them. */
export const smallModels: Readonly<Record<string, () => LayersModel>> = {
  'convolution, batch norm, ReLU': () =>
    chain('plain', through(conv('conv', 4)), through(bn('bn')), through(relu('relu'))),

  'a bias under batch norm': () =>
    chain('bias', through(conv('conv', 4, { useBias: true })), through(bn('bn'))),

  'batch norm without scale or centre': () =>
    chain(
      'bare',
      through(conv('conv1', 4)),
      through(bn('no_scale', { scale: false })),
      through(conv('conv2', 4)),
      through(bn('no_centre', { center: false })),
      through(relu('relu')),
    ),

  'depthwise convolution with two outputs per channel': () =>
    chain(
      'depthwise',
      through(layers.depthwiseConv2d({ name: 'conv', kernelSize: 3, depthMultiplier: 2, padding: 'same' })),
      through(bn('bn')),
      through(layers.reLU({ name: 'relu6', maxValue: 6 })),
      through(
        layers.depthwiseConv2d({
          name: 'strided',
          kernelSize: 3,
          strides: 2,
          padding: 'valid',
          useBias: false,
        }),
      ),
      through(bn('bn2')),
      through(layers.reLU({ name: 'relu' })),
    ),

  'a depthwise convolution with a dilation, which tfjs-layers leaves out': () =>
    chain(
      'dilated_depthwise',
      through(layers.depthwiseConv2d({ name: 'conv', kernelSize: 3, dilationRate: 2, padding: 'same' })),
      through(bn('bn')),
      through(relu('relu')),
    ),

  'explicit zero padding before strides': () =>
    chain(
      'padded',
      through(layers.zeroPadding2d({ name: 'pad', padding: [1, 1] })),
      through(conv('conv', 4, { padding: 'valid', strides: 2 })),
      through(bn('bn')),
      through(relu('relu')),
    ),

  'strides with same padding, and dilation': () =>
    chain(
      'strided',
      through(conv('conv', 4, { strides: 2 })),
      through(bn('bn')),
      through(relu('relu')),
      through(conv('dilated', 3, { dilationRate: 2 })),
      through(bn('bn2')),
    ),

  'dense layers with batch norm, also on positions': () =>
    chain(
      'dense',
      through(layers.reshape({ name: 'rows', targetShape: [36, 2] })),
      through(layers.dense({ name: 'per_position', units: 3 })),
      through(bn('bn')),
      through(relu('relu')),
      through(layers.flatten({ name: 'flat' })),
      through(layers.dense({ name: 'hidden', units: 5, useBias: false })),
      through(bn('bn2')),
      through(relu('relu2')),
    ),

  'a convolution that is read twice': () =>
    chain('branches', (x) => {
      const y = apply(conv('conv', 4), x);
      const normal = apply(relu('relu'), apply(bn('bn'), y));
      return apply(bn('bn_after'), apply(layers.add({ name: 'add' }), [normal, y]));
    }),

  'a shared convolution and a shared batch norm': () =>
    chain('shared', (x) => {
      const [twice, norm] = [conv('twice', 2), bn('norm')];
      const first = apply(relu('relu1'), apply(norm, apply(twice, x)));
      const second = apply(bn('own'), apply(twice, first));
      const third = apply(norm, apply(conv('other', 2), second));
      return apply(layers.concatenate({ name: 'both' }), [second, third]);
    }),

  'a nested model, applied twice': () => {
    const input = tfl.input({ shape: [6, 6, 2] });
    const body = apply(relu('relu'), apply(bn('bn'), apply(conv('conv', 2), input)));
    const inner = tfl.model({ inputs: input, outputs: body, name: 'block' });
    return chain('nested', through(inner), through(inner), through(bn('bn_after')));
  },

  'a sequential model': () =>
    tfl.sequential({
      name: 'sequential',
      layers: [
        layers.conv2d({ name: 'conv', filters: 4, kernelSize: 3, inputShape: [6, 6, 2] }),
        bn('bn'),
        layers.activation({ name: 'relu', activation: 'relu' }),
        layers.dropout({ name: 'drop', rate: 0.5 }),
        layers.flatten({ name: 'flat' }),
        layers.dense({ name: 'logits', units: 3 }),
      ],
    }),

  'a sequential model within a sequential model': () => {
    const inner = tfl.sequential({ name: 'inner' });
    inner.add(layers.conv2d({ name: 'conv', filters: 4, kernelSize: 3, inputShape: [6, 6, 2] }));
    inner.add(bn('bn'));
    const outer = tfl.sequential({ name: 'outer' });
    outer.add(inner);
    outer.add(layers.reLU({ name: 'relu' }));
    outer.add(layers.flatten({ name: 'flat' }));
    outer.add(layers.dense({ name: 'logits', units: 3 }));
    return outer;
  },

  'layers that cannot be folded': () =>
    chain(
      'unfoldable',
      through(layers.separableConv2d({ name: 'separable', filters: 4, kernelSize: 3, padding: 'same' })),
      through(bn('bn')),
      through(conv('activated', 4, { activation: 'relu' })),
      through(bn('bn2')),
      through(layers.maxPooling2d({ name: 'max', poolSize: 2 })),
      through(bn('bn3')),
      through(layers.leakyReLU({ name: 'leaky' })),
    ),
};

/** Gives every weight a seeded value that a mistake would not survive: no zeros, no ones, variances above 0. */
export function randomizeWeights<M extends LayersModel>(model: M, seed = 1): M {
  seedWeights(model, createRandom(seed));
  tf.tidy(() => {
    const random = createRandom(seed).fork('values');
    const weights = model.getWeights();
    model.setWeights(
      model.weights.map(({ originalName }, index) => {
        const weight = weights[index] as tf.Tensor;
        if (originalName.includes('kernel')) return weight;
        const low = /variance|gamma/.test(originalName) ? 0.5 : -0.5;
        return tf.tensor(
          Float32Array.from({ length: weight.size }, () => low + random.uniform()),
          weight.shape,
        );
      }),
    );
  });
  return model;
}

/** `[count, 6, 6, 2]` seeded values around 0. */
export function someImages(count: number, seed = 7): tf.Tensor4D {
  const random = createRandom(seed);
  return tf.tensor4d(
    Float32Array.from({ length: count * 72 }, () => random.normal()),
    [count, 6, 6, 2],
  );
}
