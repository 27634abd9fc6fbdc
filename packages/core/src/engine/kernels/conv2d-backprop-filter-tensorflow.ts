import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { isPlainWindow } from './conv-window.js';
import type { ConvGradAttributes } from './conv-window.js';

/** Floats in a vector of AVX2. */
const LANES = 8;

/**
 * Conv2DBackpropFilter for 1×1 convolutions with strides on the TensorFlow backend. Where the channels do not fill
 * whole vectors, oneDNN's kernel for AVX2 writes beyond the memory that it has for the pixels it gathers
 * (`jit_avx2_1x1_convolution_bwd_weights`, TensorFlow 2.21): a crash, or other values. Here the pixels are gathered
 * first, and the convolution has stride 1. Both give the same gradient: the other pixels take no part.
 *
 * @param own the backend's kernel
 */
export function conv2DBackpropFilterOnTensorFlow(own: tf.KernelFunc): tf.KernelFunc {
  return (args) => {
    const { x, dy } = args.inputs as { readonly x: Tensor4D; readonly dy: Tensor4D };
    const attributes = args.attrs as unknown as ConvGradAttributes & {
      readonly filterShape: readonly number[];
    };
    const { strides, pad, filterShape } = attributes;
    const [down, across = down] = [strides].flat() as [number, number?];
    const fillsVectors = x.shape[3] % LANES === 0;
    const isPointwise = filterShape[0] === 1 && filterShape[1] === 1 && isPlainWindow(attributes);
    const hasStrides = down !== 1 || across !== 1;
    const isUnpadded = typeof pad === 'string' || [pad].flat(2).every((each) => each === 0);
    if (fillsVectors || !isPointwise || !hasStrides || !isUnpadded) return own(args);
    const read = tf.stridedSlice(x, [0, 0, 0, 0], x.shape, [1, down, across, 1]);
    const result = own({
      ...args,
      inputs: { x: read, dy },
      attrs: { ...args.attrs, strides: [1, 1], pad: 'valid' },
    });
    read.dispose();
    return result;
  };
}
