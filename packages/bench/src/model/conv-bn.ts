import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { initializers, layers } from '@tensorflow/tfjs-layers';
import type { BuiltModel } from './built-model.js';

let drawing = true;

/**
 * Builds a network whose weights are all 0, for callers that only read its shapes or set every weight themselves:
 * drawing 20 million weights takes tfjs a second. Initializers stay in the layers' configuration.
 */
export function withZeroWeights<T>(build: () => T): T {
  const before = drawing;
  drawing = false;
  try {
    return build();
  } finally {
    drawing = before;
  }
}

/** Applies a layer; within {@link withZeroWeights} its weights are 0. */
export function apply(layer: layers.Layer, x: SymbolicTensor | SymbolicTensor[]): SymbolicTensor {
  if (!drawing) layer.setFastWeightInitDuringBuild(true);
  return layer.apply(x) as SymbolicTensor;
}

/**
 * Convolution without bias, then batch norm, as PyTorch's `Conv2d(bias=False)` + `BatchNorm2d`: `y = BN(x * w)`.
 *
 * @param name layers are called `conv` and `bn` with the prefix and suffix given, e.g. `stage1_block1_conv2`
 */
export function convBatchNorm(x: SymbolicTensor, name: ConvName, options: ConvOptions): SymbolicTensor {
  return batchNorm(convolution(x, name, options), name);
}

/**
 * Convolution without bias, padding `(size − 1) / 2` on every side. Kernels start normal with variance
 * `2 / (size² · filters)` (He et al. 2015, fan-out; tfjs cuts the normal at two deviations).
 *
 * @param name the layer is called `conv` with the prefix and suffix given
 */
export function convolution(x: SymbolicTensor, name: ConvName, options: ConvOptions): SymbolicTensor {
  const { filters, size, stride } = options;
  const { input, padding } = padded(x, name, options);
  const layer = layers.conv2d({
    name: layerName('conv', name),
    filters,
    kernelSize: size,
    strides: stride,
    padding,
    useBias: false,
    kernelInitializer: fanOutNormal(),
  });
  return apply(layer, input);
}

/**
 * Depthwise convolution, one kernel per channel, without bias, padded as {@link convolution}. Kernels start normal with
 * variance `2 / size²`.
 *
 * @param name the layer is called `depthwise` with the prefix and suffix given
 */
export function depthwise(
  x: SymbolicTensor,
  name: ConvName,
  options: Omit<ConvOptions, 'filters'>,
): SymbolicTensor {
  const { input, padding } = padded(x, name, options);
  const layer = layers.depthwiseConv2d({
    name: layerName('depthwise', name),
    kernelSize: options.size,
    strides: options.stride,
    padding,
    useBias: false,
    depthwiseInitializer: fanOutNormal(),
  });
  return apply(layer, input);
}

/** Depthwise convolution of 3×3, then batch norm. */
export function depthwiseBatchNorm(x: SymbolicTensor, name: ConvName, stride: number): SymbolicTensor {
  return batchNorm(depthwise(x, name, { size: 3, stride }), name);
}

/**
 * 3×3 pooling at stride 2 with one row and column of zeros on every side, as PyTorch's `padding=1`. PyTorch pads a maximum
 * with −∞; after a ReLU zeros give the same. Its average counts the zeros.
 *
 * @param name the layers are called `NAME_pool_pad` and `NAME_pool`
 */
export function halvingPool(x: SymbolicTensor, kind: 'max' | 'average', name: string): SymbolicTensor {
  const padded = apply(layers.zeroPadding2d({ padding: 1, name: `${name}_pool_pad` }), x);
  const window = { poolSize: 3, strides: 2, padding: 'valid', name: `${name}_pool` } as const;
  return apply(kind === 'max' ? layers.maxPooling2d(window) : layers.averagePooling2d(window), padded);
}

/** `(size − 1) / 2` zeros on every side. */
function padded(
  x: SymbolicTensor,
  name: ConvName,
  { size, stride }: Omit<ConvOptions, 'filters'>,
): { input: SymbolicTensor; padding: 'same' | 'valid' } {
  if (size === 1) return { input: x, padding: 'valid' };
  if (stride === 1) return { input: x, padding: 'same' };
  // At stride 2 'same' pads below and to the right only; PyTorch pads all four sides, so that is spelled out.
  const zeros = layers.zeroPadding2d({ padding: (size - 1) / 2, name: layerName('pad', name) });
  return { input: apply(zeros, x), padding: 'valid' };
}

function fanOutNormal(): ReturnType<typeof initializers.varianceScaling> {
  return initializers.varianceScaling({ scale: 2, mode: 'fanOut', distribution: 'normal' });
}

/**
 * Batch norm with momentum 0.9 (PyTorch's 0.1) and epsilon 1e-5, starting at scale 1 and offset 0.
 *
 * @param name the layer is called `bn` with the prefix and suffix given
 */
export function batchNorm(x: SymbolicTensor, name: ConvName): SymbolicTensor {
  return apply(layers.batchNormalization({ name: layerName('bn', name), momentum: 0.9, epsilon: 1e-5 }), x);
}

function layerName(kind: string, { prefix, suffix = '' }: ConvName): string {
  return `${prefix}_${kind}${suffix}`;
}

/** The parts of a layer's name around its kind. */
export interface ConvName {
  readonly prefix: string;
  readonly suffix?: string;
}

export interface ConvOptions {
  readonly filters: number;
  /** Edge of the square kernel, odd. */
  readonly size: number;
  readonly stride: number;
}

/** `max(x, 0)` as a separate layer, so that it can be tapped. */
export function relu(x: SymbolicTensor, name: string): SymbolicTensor {
  return apply(layers.activation({ activation: 'relu', name }), x);
}

/** `min(max(x, 0), 6)` as a separate layer. */
export function relu6(x: SymbolicTensor, name: string): SymbolicTensor {
  return apply(layers.reLU({ maxValue: 6, name }), x);
}

/** `a + b` as a separate layer. */
export function add(a: SymbolicTensor, b: SymbolicTensor, name: string): SymbolicTensor {
  return apply(layers.add({ name }), [a, b]);
}

/** Name of the layer that {@link classify} pools with. */
export const POOLING_LAYER = 'global_pool';
/** Name of the dense layer of {@link classify}. */
export const CLASSIFIER_LAYER = 'classifier';

/**
 * Global average pooling and one dense layer: `[batch, h, w, width]` → logits `[batch, classes]`.
 */
export function classify(x: SymbolicTensor, width: number, classes: number): SymbolicTensor {
  const pooled = apply(layers.globalAveragePooling2d({ name: POOLING_LAYER }), x);
  return dense(pooled, width, classes, CLASSIFIER_LAYER);
}

/** A dense layer whose weights and bias start uniform in ±1/√width, as PyTorch's `Linear`. */
export function dense(x: SymbolicTensor, width: number, units: number, name: string): SymbolicTensor {
  const bound = 1 / Math.sqrt(width);
  const layer = layers.dense({
    name,
    units,
    // The limit of a uniform variance scaling is √(3 · scale / width), so a scale of 1/3 gives ±1/√width.
    kernelInitializer: initializers.varianceScaling({ scale: 1 / 3, mode: 'fanIn', distribution: 'uniform' }),
    biasInitializer: initializers.randomUniform({ minval: -bound, maxval: bound }),
  });
  return apply(layer, x);
}

/**
 * Taps of a network built of stages of blocks: a stage is tapped at its last block's output.
 *
 * @param blocks number of blocks of each stage, of which there are three to five
 */
export function blockTaps(blocks: readonly number[]): BuiltModel['taps'] {
  const stages = blocks.map((count, index) => [
    `stage${index + 1}`,
    `stage${index + 1}_block${count}_output`,
  ]);
  return {
    stem: 'stem_output',
    ...(Object.fromEntries(stages) as Pick<BuiltModel['taps'], 'stage1' | 'stage2' | 'stage3'>),
    embedding: POOLING_LAYER,
    logits: CLASSIFIER_LAYER,
  };
}
