import * as tf from '@tensorflow/tfjs-core';
import { DistillError } from '../../error/index.js';

/** A pair of numbers, one for the height and one for the width. */
export type PerAxis = readonly [height: number, width: number];

/** Attributes that tfjs passes to the gradient kernels of its two-dimensional convolutions. */
export interface ConvGradAttributes {
  readonly strides: [number, number] | number;
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dataFormat?: 'NHWC' | 'NCHW';
  readonly dilations?: [number, number] | number;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** How the filter of a convolution moves over its input. */
export interface ConvWindow {
  readonly kernel: PerAxis;
  readonly stride: PerAxis;
  /** Rows and columns of zeros before the first of the input. */
  readonly before: PerAxis;
  /** Rows and columns of the output. */
  readonly outSize: PerAxis;
}

/**
 * Kernel size, stride and leading padding of a convolution of `inputShape` [n, h, w, c] by `filterShape` [h, w, c, d].
 *
 * Throws an `engine` error for data in NCHW and for a dilation above 1, for which tfjs has no gradient either.
 */
export function convWindow(
  kernelName: string,
  inputShape: readonly number[],
  filterShape: readonly number[],
  attributes: ConvGradAttributes,
): ConvWindow {
  const { strides, pad, dataFormat = 'NHWC', dilations = 1, dimRoundingMode } = attributes;
  if (!isPlainWindow(attributes)) {
    throw new DistillError({
      code: 'engine',
      where: `${kernelName} on wasm`,
      expected: 'data in NHWC and dilation 1',
      got: `${dataFormat} and dilation ${String(dilations)}`,
      hint: 'Use channels last without dilation, or the engine cpu or node.',
    });
  }
  const info = tf.backend_util.computeConv2DInfo(
    inputShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    strides,
    1,
    pad,
    dimRoundingMode,
  );
  return {
    kernel: [info.filterHeight, info.filterWidth],
    stride: [info.strideHeight, info.strideWidth],
    before: [info.padInfo.top, info.padInfo.left],
    outSize: [info.outHeight, info.outWidth],
  };
}

/** Whether a convolution has its channels last and no dilation. */
export function isPlainWindow({ dataFormat = 'NHWC', dilations = 1 }: ConvGradAttributes): boolean {
  return dataFormat === 'NHWC' && Math.max(...[dilations].flat()) === 1;
}
