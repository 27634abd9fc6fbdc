import type * as tf from '@tensorflow/tfjs-core';
import type { ConvWindow } from '../kernels/conv-window.js';
import { groupsOf } from './groups.js';
import type { WasmKernels } from './kernels.js';

type Shape4D = readonly [number, number, number, number];

/** Bytes of a float32. */
const BYTES = 4;

/** Gradient of a depthwise convolution with respect to its input, from dy [n, i, j, c * m] and filter [u, v, c, m]. */
export function depthwiseInputGradient(
  kernels: WasmKernels,
  dy: tf.TensorInfo,
  filter: tf.TensorInfo,
  { kernel, stride, before }: ConvWindow,
  inputShape: Shape4D,
): tf.TensorInfo {
  const [images, height, width, channels] = inputShape;
  const [, outHeight, outWidth] = dy.shape as unknown as Shape4D;
  const multiplier = filter.shape[3] ?? 1;
  const dx = kernels.output(inputShape);
  kernels.over(
    'depthwiseInputGradient',
    images,
    outHeight * outWidth * channels * multiplier * kernel[0] * kernel[1],
    [
      ...[kernels.address(dy), kernels.address(filter), kernels.address(dx)],
      ...[height, width, channels, multiplier, ...before, ...stride, ...kernel, outHeight, outWidth],
    ],
  );
  return dx;
}

/** Gradient of a depthwise convolution with respect to its filter, of `filterShape` [u, v, c, m]. */
export function depthwiseFilterGradient(
  kernels: WasmKernels,
  x: tf.TensorInfo,
  dy: tf.TensorInfo,
  { kernel, stride, before }: ConvWindow,
  filterShape: Shape4D,
): tf.TensorInfo {
  const [images, height, width, channels] = x.shape as unknown as Shape4D;
  const [, outHeight, outWidth] = dy.shape as unknown as Shape4D;
  const multiplier = filterShape[3];
  const values = kernel[0] * kernel[1] * channels * multiplier;
  const { groups, groupSize } = groupsOf(images, values * BYTES);
  const dw = kernels.output(filterShape);
  kernels.withScratch(groups * values * BYTES, (partial) => {
    kernels.over('depthwiseFilterGradient', groups, groupSize * outHeight * outWidth * values, [
      ...[kernels.address(x), kernels.address(dy), partial, images, groupSize],
      ...[height, width, channels, multiplier, ...before, ...stride, ...kernel, outHeight, outWidth],
    ]);
    kernels.run('sumInOrder', [partial, values * BYTES, groups, kernels.address(dw), values]);
  });
  return dw;
}
