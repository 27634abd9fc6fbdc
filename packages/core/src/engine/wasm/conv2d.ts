import type * as tf from '@tensorflow/tfjs-core';
import { convWindow, isPlainWindow } from '../kernels/conv-window.js';
import type { ConvGradAttributes } from '../kernels/conv-window.js';
import { convolution } from './convolution.js';
import { kernelsFor } from './kernels.js';

/** Below this many output columns, tfjs's own kernel is faster: the kernel here computes four at once. */
const FEWEST_COLUMNS = 3;

/**
 * Conv2D and FusedConv2D of the wasm backend, by this package's kernel if it supports the inputs, else by
 * tfjs's.
 */
export function conv2D(kernelName: string, own: tf.KernelFunc): tf.KernelFunc {
  return (args) => {
    const { inputs, attrs, backend } = args;
    const { x, filter, bias, preluActivationWeights } = inputs as Record<string, tf.TensorInfo | undefined>;
    const attributes = attrs as unknown as ConvGradAttributes & { activation?: string };
    const { activation = 'linear' } = attributes;
    if (x === undefined || filter === undefined || preluActivationWeights !== undefined) return own(args);
    const simpleEnd = activation === 'linear' || activation === 'relu';
    // A bias may have any shape that broadcasts.
    const simpleBias = bias == null || (bias.shape.length === 1 && bias.shape[0] === filter.shape[3]);
    const kernels = kernelsFor(backend, [x, filter, ...(bias == null ? [] : [bias])]);
    if (!simpleEnd || !simpleBias || kernels === null || !isPlainWindow(attributes)) return own(args);
    const window = convWindow(kernelName, x.shape, filter.shape, attributes);
    if (window.outSize[0] <= 0 || window.outSize[1] < FEWEST_COLUMNS) return own(args);
    return convolution(kernels, x, filter, window, { bias: bias ?? undefined, relu: activation === 'relu' });
  };
}
