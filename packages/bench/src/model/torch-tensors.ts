import * as tf from '@tensorflow/tfjs-core';
import type { layers, SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { TorchLayer } from './torch-layers.js';

/** PyTorch's default epsilon, which all of these libraries keep. */
const TORCH_EPSILON = 1e-5;

/** A tensor that a layer needs from the file. */
export interface NeededTensor {
  readonly key: string;
  readonly shape: readonly number[];
  /** May be missing: the bias of a convolution before batch norm, which the zoo's networks omit. */
  readonly isOptional: boolean;
}

/** Reads the values of a tensor in the file by its key; undefined where there is none. */
export type ReadValues = (key: string) => Float32Array | undefined;

const NORM_PARTS = ['weight', 'bias', 'running_mean', 'running_var'] as const;

/**
 * The tensors of a layer, in PyTorch's shapes: `[out, in / groups, h, w]`, `[out, in]`, `[channels]`.
 *
 * @param normed the module is a convolution whose output goes to a batch norm
 */
export function neededTensors(
  { layer, module, group }: TorchLayer,
  normed: boolean,
): readonly NeededTensor[] {
  const [first = 0, second = 0, inputs = 0, last = 0] = (layer.weights[0]?.shape ?? []) as number[];
  const needed = (part: string, shape: readonly number[], isOptional = false): NeededTensor => ({
    key: `${module}.${part}`,
    shape,
    isOptional,
  });
  const biased = (channels: number): readonly NeededTensor[] =>
    normed ? [needed('bias', [channels], true)] : [];
  switch (layer.getClassName()) {
    case 'BatchNormalization':
      return NORM_PARTS.map((part) => needed(part, [first]));
    case 'Conv2D':
      return [needed('weight', [last * group.of, inputs, first, second]), ...biased(last * group.of)];
    case 'DepthwiseConv2D':
      return [needed('weight', [inputs * last, 1, first, second]), ...biased(inputs * last)];
    default:
      return [needed('weight', [second, first]), needed('bias', [second])];
  }
}

/**
 * The weights of a layer in tfjs's order and layout. The caller disposes them.
 *
 * @param before the module of the convolution whose output this batch norm reads
 */
export function layerWeights(
  { layer, module, group }: TorchLayer,
  before: string | undefined,
  read: ReadValues,
): tf.Tensor[] {
  const shape = (layer.weights[0]?.shape ?? []) as number[];
  const [first = 0, second = 0, inputs = 0, last = 0] = shape;
  const weight = read(`${module}.weight`) ?? new Float32Array();
  const kind = layer.getClassName();
  if (kind === 'BatchNormalization') {
    const [gamma, beta, mean, variance] = NORM_PARTS.map((part) => read(`${module}.${part}`) ?? weight);
    const offset = before === undefined ? undefined : read(`${before}.bias`);
    const moved = offset === undefined ? mean : mean?.map((value, at) => value - (offset[at] ?? 0));
    const difference = TORCH_EPSILON - Number(layer.getConfig()['epsilon']);
    const widened = difference === 0 ? variance : variance?.map((value) => value + difference);
    return [gamma, beta, moved, widened].map((values) => tf.tensor1d(values ?? weight));
  }
  return tf.tidy(() => {
    if (kind === 'Conv2D') {
      const all = tf.tensor4d(weight, [last * group.of, inputs, first, second]);
      return [tf.transpose(tf.slice(all, [group.at * last], [last]), [2, 3, 1, 0])];
    }
    if (kind === 'DepthwiseConv2D') {
      const filters = tf.tensor4d(weight, [inputs, last, first, second]);
      return [tf.transpose(filters, [2, 3, 0, 1])];
    }
    const matrix = tf.transpose(tf.reshape(tf.tensor1d(weight), [second, ...flattened(layer, first)]));
    const kernel = matrix.rank === 2 ? matrix : tf.transpose(matrix, [1, 0, 2, 3]);
    return [tf.reshape(kernel, shape), tf.tensor1d(read(`${module}.bias`) ?? weight)];
  });
}

/** The input axes of a dense layer in PyTorch's order: PyTorch flattens a map `[c, h, w]`, tfjs `[h, w, c]`. */
function flattened(layer: layers.Layer, inputs: number): readonly number[] {
  const { sourceLayer } = layer.input as SymbolicTensor;
  if (sourceLayer.getClassName() !== 'Flatten') return [inputs];
  const [, height, width, channels] = (sourceLayer.input as SymbolicTensor).shape as number[];
  return [channels ?? 1, height ?? 1, width ?? 1];
}

/** The convolution whose output a batch norm reads; undefined where it reads another layer. */
export function convolutionBefore(layer: layers.Layer): layers.Layer | undefined {
  if (layer.getClassName() !== 'BatchNormalization') return undefined;
  const { sourceLayer } = layer.input as SymbolicTensor;
  return ['Conv2D', 'DepthwiseConv2D'].includes(sourceLayer.getClassName()) ? sourceLayer : undefined;
}
