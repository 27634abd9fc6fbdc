import * as tf from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import { batchNormTraining } from '../engine/kernels/batch-norm-training.js';
import { relu } from '../engine/kernels/relu.js';
import { runSteps } from './forward-pass.js';
import type { Apply, ForwardStep, Pass } from './forward-pass.js';
import { readGraph, singleNode } from './graph.js';
import type { Graph, GraphNode } from './graph.js';
import {
  innerLayers,
  isContainer,
  isPlainConvolution,
  isPlainRelu,
  layerConfig,
  weightsOf,
  withInner,
} from './layer.js';
import type { Layer, LayerConfig } from './layer.js';
import { dropoutLayer, droppingCells, withSeededCells } from './random-layers.js';

/** Compiles every layer of a graph to a separate step. */
export const compileGraph = (graph: Graph): readonly ForwardStep[] =>
  graph.nodes.map((node) => {
    const run = compileLayer(node);
    return {
      nodes: [node],
      run: (inputs, pass, kwargs) =>
        node.still === true && pass.training
          ? run(inputs, { ...pass, training: false }, { ...kwargs, training: false })
          : run(inputs, pass, kwargs),
    };
  });

/**
 * How one layer runs in a forward pass. Most layers run as in tfjs. Some do not, because the version in
 * tfjs-layers is slow in training or unseeded (dropout), possibly inside a wrapper. Slow are batch norm (some
 * 30 operations), ReLU's gradient (two), and convolutions, which compute the gradient even of the images.
 */
export function compileLayer(node: GraphNode): Apply {
  const { layer } = node;
  const { kind, config } = layerConfig(layer);
  if (kind === 'InputLayer') return ([x]) => x;
  if (node.bare === true) return withoutActivation(kind, layer);
  if (isPlainRelu(kind, config)) return ([x]) => relu(x as tf.Tensor);
  if (kind === 'BatchNormalization') return batchNorm(node, config);
  if (kind === 'LayerNormalization') return layerNorm(node, config);
  if (kind === 'Conv2D' && isPlainConvolution(config)) {
    const kernel = weightsOf(layer).get('kernel') as tf.Variable<tf.Rank.R4>;
    const strides = config['strides'] as [number, number];
    const padding = config['padding'] as 'same' | 'valid';
    const dilation = config['dilationRate'] as [number, number];
    return ([x]) => tf.conv2d(x as tf.Tensor4D, kernel, strides, padding, 'NHWC', dilation);
  }
  if (kind === 'Conv2D' && isDilated(config)) return dilatedConvolution(layer, config);
  const dropped = dropoutLayer(node);
  if (dropped !== undefined) return ([x], pass) => dropped(x as tf.Tensor, pass);
  if (kind === 'TimeDistributed') return timeDistributed(node);
  const cells = droppingCells(layer);
  if (cells.length === 0) return asTfjs(layer);
  return (inputs, pass, kwargs) => withSeededCells(cells, node, pass, () => layer.apply(inputs, kwargs));
}

/** Unfused: tfjs fuses a convolution with its bias but has no gradient for a fused dilated one. */
function dilatedConvolution(layer: Layer, config: LayerConfig): Apply {
  const weights = weightsOf(layer);
  const kernel = weights.get('kernel') as tf.Variable<tf.Rank.R4>;
  const bias = weights.get('bias');
  const strides = config['strides'] as [number, number];
  const padding = config['padding'] as 'same' | 'valid';
  const dilation = config['dilationRate'] as [number, number];
  const isFirst = config['dataFormat'] === 'channelsFirst';
  const { activation } = layer as unknown as {
    readonly activation: { apply(x: tf.Tensor): tf.Tensor } | null;
  };
  return ([x]) => {
    const image = (isFirst ? tf.transpose(x as tf.Tensor4D, [0, 2, 3, 1]) : x) as tf.Tensor4D;
    const convolved = tf.conv2d(image, kernel, strides, padding, 'NHWC', dilation);
    const shifted = bias === undefined ? convolved : tf.add<tf.Tensor4D>(convolved, bias);
    const y = activation == null ? shifted : activation.apply(shifted);
    return isFirst ? tf.transpose(y, [0, 3, 1, 2]) : y;
  };
}

const isDilated = ({ dilationRate }: LayerConfig): boolean =>
  Math.max(...[dilationRate ?? 1].flat().map(Number)) > 1;

const asTfjs =
  (layer: Layer): Apply =>
  (inputs, _, kwargs) =>
    layer.apply(inputs, kwargs);

function batchNorm(node: GraphNode, config: LayerConfig): Apply {
  const { layer } = node;
  const weights = weightsOf(layer);
  const gamma = (weights.get('gamma') ?? null) as tf.Tensor1D | null;
  const beta = (weights.get('beta') ?? null) as tf.Tensor1D | null;
  const epsilon = config['epsilon'] as number;
  const momentum = config['momentum'] as number;
  const movingMean = weights.get('moving_mean') as tf.Variable;
  const movingVariance = weights.get('moving_variance') as tf.Variable;
  // Written out: tfjs has no gradient for its own inference form without scale or centre.
  const frozen = (x: tf.Tensor): tf.Tensor => {
    // Keras saves a list with one entry.
    const axis = Number(config['axis']);
    const broadcast = x.shape.map((size, at) => (at === (axis < 0 ? axis + x.rank : axis) ? size : 1));
    const rstd = tf.rsqrt(tf.add(movingVariance, epsilon));
    const scale = gamma === null ? rstd : tf.mul(gamma, rstd);
    const shift = tf.sub(beta ?? 0, tf.mul(movingMean, scale));
    return tf.add(tf.mul(x, tf.reshape(scale, broadcast)), tf.reshape(shift, broadcast));
  };
  return (inputs, pass, kwargs) => {
    // tfjs has no batch norm for volumes.
    const isAsked = kwargs?.['training'] === false;
    if (!pass.training && !isAsked && node.shape.length < 4) return layer.apply(inputs, kwargs);
    // A frozen layer uses and keeps its moving statistics, as in Keras but unlike in tfjs.
    if (!pass.training || node.frozen) return frozen(inputs[0] as tf.Tensor);
    const { y, mean, variance } = batchNormTraining(inputs[0] as tf.Tensor, gamma, beta, epsilon);
    pass.statistics.push(
      { moving: movingMean, batch: mean, momentum },
      { moving: movingVariance, batch: variance, momentum },
    );
    return y;
  };
}

/**
 * `(x − mean) / sqrt(variance + ε) · gamma + beta` over the layer's axes. tfjs runs it as batch norm, which has
 * no gradient without scale or centre.
 */
function layerNorm({ layer }: GraphNode, config: LayerConfig): Apply {
  const weights = weightsOf(layer);
  const epsilon = config['epsilon'] as number;
  return (inputs, pass, kwargs) => {
    const x = inputs[0] as tf.Tensor;
    // tfjs has no layer norm for more than four axes.
    if (!pass.training || x.rank > 4) return layer.apply(inputs, kwargs);
    const axes = [config['axis'] as number | number[]]
      .flat()
      .map((axis) => (axis < 0 ? axis + x.rank : axis));
    const perUnit = (weight: tf.Tensor): tf.Tensor =>
      tf.reshape(
        weight,
        x.shape.map((size, axis) => (axes.includes(axis) ? size : 1)),
      );
    const { mean, variance } = tf.moments(x, axes, true);
    const normalized = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, epsilon)));
    const [gamma, beta] = [weights.get('gamma'), weights.get('beta')];
    const scaled = gamma === undefined ? normalized : tf.mul(normalized, perUnit(gamma));
    return beta === undefined ? scaled : tf.add(scaled, perUnit(beta));
  };
}

/** Kinds that run differently from tfjs in training, so that a tfjs wrapper must not run them itself. */
const OWN_IN_TRAINING: ReadonlySet<string> = new Set([
  'BatchNormalization',
  'LayerNormalization',
  'Dropout',
  'SpatialDropout1D',
]);

/** Runs the wrapped layer or model for each time step, as tfjs does. */
function timeDistributed(node: GraphNode): Apply {
  const { layer } = node;
  const wrapped = innerLayers(layer)[0];
  const cells = droppingCells(layer);
  const tfjsOwn: Apply = (inputs, pass, kwargs) =>
    withSeededCells(cells, node, pass, () => layer.apply(inputs, kwargs));
  const isOwn = withInner(layer).some((inner) => OWN_IN_TRAINING.has(layerConfig(inner).kind));
  if (wrapped === undefined || !isOwn) return tfjsOwn;

  const around = { name: `${node.name}/`, key: `${node.key}/`, frozen: node.frozen };
  const graph = isContainer(wrapped) ? readGraph(wrapped, around) : singleLayer(singleNode(wrapped, node));
  const steps = compileGraph(graph);
  return (inputs, pass, kwargs) => {
    if (!pass.training) return tfjsOwn(inputs, pass, kwargs);
    const outputs = tf.unstack(inputs[0] as tf.Tensor, 1).map((x, time) => {
      const step: Pass = { ...pass, random: pass.random?.fork(`${node.key}-${time}`) };
      return runSteps(graph, steps, x, step, kwargs)[graph.output] as tf.Tensor;
    });
    return tf.stack(outputs, 1);
  };
}

function singleLayer(node: GraphNode): Graph {
  const scopes = [{ parent: -1, inputs: [0] }];
  const inputShape = node.inputShapes[0] ?? [];
  return { nodes: [node], scopes, input: 0, inputShape, inputType: 'float32', output: 1 };
}

/** Runs a softmax layer as the identity, and any other layer with a linear activation. */
function withoutActivation(kind: string, layer: Layer): Apply {
  if (kind === 'Softmax' || kind === 'Activation') return ([x]) => x;
  const { activation } = layers.activation({ activation: 'linear' }) as unknown as { activation: unknown };
  // Everything but the activation is inherited from the layer, which stays unchanged.
  return asTfjs(Object.create(layer, { activation: { value: activation } }) as Layer);
}
