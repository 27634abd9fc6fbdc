import { serialization } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { withInner } from './layer.js';
import type { Container, Layer } from './layer.js';

/**
 * tfjs's stateless layers: equal inputs and weights always give equal outputs, and random numbers in training
 * come only from the given stream.
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

/** Marks a network made by core whose forward pass depends only on images, weights and random numbers. */
export function markPlain(network: object, model: LayersModel): void {
  if (withInner(model as Container).every(isPlainLayer)) plain.add(network);
}

/** Marks a derived form of a network, which adds no state, like the original. */
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
  const isChanged = hook != null || Object.hasOwn(layer, 'call') || Object.hasOwn(layer, 'apply');
  return (isTfjs || isDeclared(layer)) && !isChanged;
}

/**
 * True for a layer whose class has a static `repeatable = true`: from equal inputs and weights it always computes
 * the same, and draws no random numbers. A subclass declares that anew.
 */
function isDeclared({ constructor: made }: Layer): boolean {
  return Object.hasOwn(made, 'repeatable') && (made as { readonly repeatable?: unknown }).repeatable === true;
}
