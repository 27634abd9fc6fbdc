import { readGraph, singleNode } from './graph.js';
import type { Graph, GraphNode } from './graph.js';
import { innerLayers, isContainer, layerConfig, weightsOf } from './layer.js';
import type { Layer, LayerConfig } from './layer.js';

/**
 * Multiply–accumulate operations of one image's forward pass; NaN if the model leaves the image size open.
 *
 * Counted, as in common FLOP counters: convolutions (output positions × kernel size; input positions for
 * transposed ones), dense layers (at every position), recurrent layers (time steps × both kernels), dot
 * products of two inputs. A separable convolution counts both kernels. Not counted: batch norm, activations,
 * pooling, additions, biases.
 */
export const countMacs = (graph: Graph): number =>
  graph.nodes.reduce((macs, node) => macs + layerMacs(node), 0);

const product = (axes: readonly number[]): number =>
  axes.reduce((all, axis) => all * (axis < 0 ? NaN : axis), 1);

const KERNEL = /^(depthwise_|pointwise_|recurrent_)?kernel(_\d+)?$/;

function layerMacs(node: GraphNode): number {
  const { layer, shape } = node;
  const { kind, config } = layerConfig(layer);
  const given = node.inputShapes[0] ?? [];
  const inner = innerLayers(layer)[0];
  if (kind === 'TimeDistributed' && inner !== undefined)
    return product(given.slice(0, 1)) * wrapped(inner, node);
  if (kind === 'Dot') return dotMacs(node);

  const kernels = [...weightsOf(layer)].flatMap(([name, { size }]) => (KERNEL.test(name) ? [size] : []));
  const size = kernels.reduce((sum, each) => sum + each, 0);
  if (size === 0) return 0;
  if (inner !== undefined) {
    const recurrent = layerConfig(kind === 'Bidirectional' ? inner : layer);
    // In a convolutional LSTM both kernels slide over the state, whose positions are those of the output.
    const positions = recurrent.kind === 'ConvLSTM2D' ? spatial(shape.slice(-3), recurrent.config) : [];
    return product(given.slice(0, 1)) * product(positions) * size;
  }
  const over = kind.endsWith('Transpose') ? given : shape;
  return product(spatial(over, config)) * size;
}

const spatial = (axes: readonly number[], { dataFormat }: LayerConfig): readonly number[] =>
  dataFormat === 'channelsFirst' ? axes.slice(1) : axes.slice(0, -1);

function wrapped(inner: Layer, node: GraphNode): number {
  return isContainer(inner) ? countMacs(readGraph(inner)) : layerMacs(singleNode(inner, node));
}

/** Output size × length of the contracted axis. */
function dotMacs({ layer, shape, inputShapes }: GraphNode): number {
  const axes = layerConfig(layer).config['axes'] as number | readonly number[];
  const first = Array.isArray(axes) ? Number((axes as readonly number[])[0]) : Number(axes);
  const given = inputShapes[0] ?? [];
  return product(shape) * (given[first < 0 ? given.length + first : first - 1] ?? NaN);
}
