import * as tf from '@tensorflow/tfjs-core';
import type { Graph, GraphNode } from './graph.js';
import { activationOf, isPlainRelu, layerConfig, normalizesAnotherAxis, weightsOf } from './layer.js';

/** A sequence of layers that one fused operation replaces: a linear layer, its batch norm, its ReLU. */
export interface Fold {
  readonly linear: GraphNode;
  readonly batchNorm: GraphNode | undefined;
  readonly relu: GraphNode | undefined;
}

const FOLDABLE = new Set(['Conv2D', 'DepthwiseConv2D', 'Dense']);

/**
 * Finds every linear layer whose output goes only to one batch norm and/or one ReLU.
 *
 * @param keep values that must remain available (taps) and are therefore not folded away
 */
export function findFolds(graph: Graph, keep: ReadonlySet<number>): readonly Fold[] {
  const readers = new Map<number, GraphNode[]>();
  for (const node of graph.nodes) {
    for (const input of node.inputs) readers.set(input, [...(readers.get(input) ?? []), node]);
  }
  const onlyReader = (node: GraphNode): GraphNode | undefined => {
    const value = node.outputs[0] ?? 0;
    const all = readers.get(value) ?? [];
    return all.length === 1 && value !== graph.output && !keep.has(value) ? all[0] : undefined;
  };
  const kindOf = (node: GraphNode | undefined): string =>
    node === undefined ? '' : layerConfig(node.layer).kind;

  const isFoldable = (node: GraphNode | undefined): boolean =>
    node !== undefined &&
    kindOf(node) === 'BatchNormalization' &&
    !normalizesAnotherAxis('BatchNormalization', layerConfig(node.layer).config, node.shape.length + 1);

  return graph.nodes.flatMap((linear) => {
    const { kind, config } = layerConfig(linear.layer);
    if (!FOLDABLE.has(kind) || config['dataFormat'] === 'channelsFirst') return [];
    if (activationOf(config) !== 'linear') return [];
    let next = onlyReader(linear);
    const batchNorm = isFoldable(next) ? next : undefined;
    if (batchNorm !== undefined) next = onlyReader(batchNorm);
    const isRelu = next !== undefined && isPlainRelu(kindOf(next), layerConfig(next.layer).config);
    const relu = isRelu ? next : undefined;
    return batchNorm === undefined && relu === undefined ? [] : [{ linear, batchNorm, relu }];
  });
}

/** Weights of a folded layer; both are fresh tensors that the caller owns. */
export interface FoldedWeights {
  readonly kernel: tf.Tensor;
  readonly bias: tf.Tensor1D;
}

/**
 * Kernel and bias of `batchNorm(linear(x))` as one linear layer:
 * with s = gamma / sqrt(moving_variance + epsilon), kernel' = kernel · s per output channel and
 * bias' = beta + (bias − moving_mean) · s.
 */
export function foldWeights({ linear, batchNorm }: Fold): FoldedWeights {
  return tf.tidy(() => {
    const weights = weightsOf(linear.layer);
    const isDepthwise = layerConfig(linear.layer).kind === 'DepthwiseConv2D';
    const kernel = (weights.get('kernel') ?? weights.get('depthwise_kernel')) as tf.Tensor;
    const channels = linear.shape.at(-1) ?? 1;
    const bias = (weights.get('bias') ?? tf.zeros([channels])) as tf.Tensor1D;
    if (batchNorm === undefined) return { kernel: tf.clone(kernel), bias: tf.clone(bias) };

    const norm = weightsOf(batchNorm.layer);
    const { config } = layerConfig(batchNorm.layer);
    const rstd = tf.rsqrt(tf.add(norm.get('moving_variance') as tf.Tensor, config['epsilon'] as number));
    const gamma = norm.get('gamma');
    const scale = gamma === undefined ? rstd : tf.mul(gamma, rstd);
    const shifted = tf.mul(tf.sub(bias, norm.get('moving_mean') as tf.Tensor), scale);
    const beta = norm.get('beta');
    // A depthwise kernel is [h, w, inputs, multiplier]; its output channels are the last two axes, flattened.
    const perOutput = isDepthwise ? tf.reshape(scale, kernel.shape.slice(2)) : scale;
    return {
      kernel: tf.mul(kernel, perOutput),
      bias: (beta === undefined ? shifted : tf.add(shifted, beta)) as tf.Tensor1D,
    };
  });
}

/** Runs a folded layer as one fused operation. */
export function applyFold({ linear, relu }: Fold, { kernel, bias }: FoldedWeights, x: tf.Tensor): tf.Tensor {
  const { kind, config } = layerConfig(linear.layer);
  const activation = relu === undefined ? 'linear' : 'relu';
  if (kind === 'Dense') {
    // The dense layer of tfjs-layers accepts any rank; a matrix product needs rank 2.
    const rows = tf.reshape<tf.Rank.R2>(x, [-1, x.shape.at(-1) ?? 1]);
    const y = tf.fused.matMul({ a: rows, b: kernel, bias, activation });
    return x.rank === 2 ? y : tf.reshape(y, [...x.shape.slice(0, -1), bias.size]);
  }
  const settings = {
    x: x as tf.Tensor4D,
    filter: kernel as tf.Tensor4D,
    strides: config['strides'] as [number, number],
    pad: config['padding'] as 'same' | 'valid',
    // tfjs-layers ignores the dilation of a depthwise convolution.
    dilations: (kind === 'Conv2D' ? config['dilationRate'] : [1, 1]) as [number, number],
    bias,
    activation,
  } as const;
  return kind === 'Conv2D' ? tf.fused.conv2d(settings) : tf.fused.depthwiseConv2d(settings);
}
