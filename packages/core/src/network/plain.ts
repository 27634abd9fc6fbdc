import { serialization } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { withInner } from './layer.js';
import type { Container, Layer } from './layer.js';

/**
 * Layers of tfjs that compute the same of the same inputs and weights whenever they are asked: they count nothing, and what they
 * draw in training comes from the stream that they are given.
 */
const PLAIN = new RegExp(
  [
    '^(Functional|Model|Sequential|InputLayer|Activation|(|Leaky|P|Thresholded)ReLU|ELU|Softmax',
    'Dense|(Conv[123]|(Separable|Depthwise)Conv2)D|Conv2DTranspose|Dropout|Flatten|Reshape|Permute|RepeatVector',
    '(Batch|Layer)Normalization|Add|Subtract|Multiply|Average|Maximum|Minimum|Concatenate|Dot',
    '((Max|Average)Pooling[123]|Global(Max|Average)Pooling[12]|(ZeroPadding|Cropping|UpSampling)2)D)$',
  ].join('|'),
);

const plain = new WeakSet();

/** Marks a network of core's making whose forward pass is a function of images, weights and random numbers alone. */
export function markPlain(network: object, model: LayersModel): void {
  if (withInner(model as Container).every(isPlainLayer)) plain.add(network);
}

/** Another form of a network, which does nothing of its own either. */
export function markAs<T extends object>(network: T, of: object): T {
  if (plain.has(of)) plain.add(network);
  return network;
}

export const isPlain = (network: object): boolean => plain.has(network);

function isPlainLayer(layer: Layer): boolean {
  const kind = layer.getClassName();
  const { classNameMap } = serialization.SerializationMap.getMap();
  const isTfjs = PLAIN.test(kind) && (classNameMap[kind]?.[0] as unknown) === layer.constructor;
  const hook = (layer as unknown as { readonly _callHook?: unknown })._callHook;
  return isTfjs && hook == null && !Object.hasOwn(layer, 'call') && !Object.hasOwn(layer, 'apply');
}
