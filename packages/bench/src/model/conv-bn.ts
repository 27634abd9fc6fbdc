import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { initializers, layers } from '@tensorflow/tfjs-layers';

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
  return layers
    .conv2d({
      name: layerName('conv', name),
      filters,
      kernelSize: size,
      strides: stride,
      padding,
      useBias: false,
      kernelInitializer: fanOutNormal(),
    })
    .apply(input) as SymbolicTensor;
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
  return layers
    .depthwiseConv2d({
      name: layerName('depthwise', name),
      kernelSize: options.size,
      strides: options.stride,
      padding,
      useBias: false,
      depthwiseInitializer: fanOutNormal(),
    })
    .apply(input) as SymbolicTensor;
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
  return { input: zeros.apply(x) as SymbolicTensor, padding: 'valid' };
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
  const layer = layers.batchNormalization({ name: layerName('bn', name), momentum: 0.9, epsilon: 1e-5 });
  return layer.apply(x) as SymbolicTensor;
}

function layerName(kind: string, { prefix, suffix = '' }: ConvName): string {
  return `${prefix}_${kind}${suffix}`;
}

/** The words around a layer's kind in its name. */
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

/** `max(x, 0)` as a layer of its own, so that it can be tapped. */
export function relu(x: SymbolicTensor, name: string): SymbolicTensor {
  return layers.activation({ activation: 'relu', name }).apply(x) as SymbolicTensor;
}

/** Name of the layer that {@link classify} pools with. */
export const POOLING_LAYER = 'global_pool';
/** Name of the dense layer of {@link classify}. */
export const CLASSIFIER_LAYER = 'classifier';

/**
 * Global average pooling and one dense layer: `[batch, h, w, width]` → logits `[batch, classes]`.
 * The dense layer starts uniform in ±1/√width, weights and bias, as PyTorch's `Linear`.
 */
export function classify(x: SymbolicTensor, width: number, classes: number): SymbolicTensor {
  const bound = 1 / Math.sqrt(width);
  const pooled = layers.globalAveragePooling2d({ name: POOLING_LAYER }).apply(x);
  const dense = layers.dense({
    name: CLASSIFIER_LAYER,
    units: classes,
    // The limit of a uniform variance scaling is √(3 · scale / width), so a scale of 1/3 gives ±1/√width.
    kernelInitializer: initializers.varianceScaling({ scale: 1 / 3, mode: 'fanIn', distribution: 'uniform' }),
    biasInitializer: initializers.randomUniform({ minval: -bound, maxval: bound }),
  });
  return dense.apply(pooled) as SymbolicTensor;
}
