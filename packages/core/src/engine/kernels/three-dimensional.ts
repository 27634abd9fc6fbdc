import * as tf from '@tensorflow/tfjs-core';
import { takeEach } from './dilated-gradients.js';

type Size3 = number | [number, number, number];
type Padding = 'valid' | 'same' | number;
type Shape5 = [number, number, number, number, number];

interface PoolAttributes {
  readonly filterSize: Size3;
  readonly strides: Size3;
  readonly pad: Padding;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** A max pooling over depth, height and width as two poolings: over height and width, then over depth. */
interface PoolInTwo {
  readonly plane: tf.Tensor4D;
  readonly planeShape: [number, number, number, number];
  readonly planeWindow: PoolWindow;
  readonly depthShape: [number, number, number, number];
  readonly depthWindow: PoolWindow;
  readonly outShape: Shape5;
}

interface PoolWindow {
  readonly filterSize: [number, number];
  readonly strides: [number, number];
  readonly pad: tf.backend_util.ExplicitPadding;
}

/**
 * MaxPool3D of the wasm backend: tfjs's starts its maximum at the smallest positive number, which is the result for images
 * below 0. x [n, d, h, w, c].
 */
export const maxPool3D: tf.KernelConfig = {
  kernelName: tf.MaxPool3D,
  backendName: 'wasm',
  kernelFunc: ({ inputs, attrs }) => {
    const { x } = inputs as { x: tf.Tensor5D };
    return tf.tidy(() => {
      const pool = inTwo(x, attrs as unknown as PoolAttributes);
      const depth = tf.reshape<tf.Rank.R4>(maxPool(pool.plane, pool.planeWindow), pool.depthShape);
      return tf.reshape(maxPool(depth, pool.depthWindow), pool.outShape);
    });
  },
};

/**
 * Gradient of MaxPool3D. A window passes its gradient to its largest number; on a tie, to one of them, not
 * always the one that the cpu backend chooses.
 */
export const maxPool3DGrad: tf.KernelConfig = {
  kernelName: tf.MaxPool3DGrad,
  backendName: 'wasm',
  kernelFunc: ({ inputs, attrs }) => {
    const { dy, input } = inputs as { dy: tf.Tensor5D; input: tf.Tensor5D };
    return tf.tidy(() => {
      const pool = inTwo(input, attrs as unknown as PoolAttributes);
      const depth = tf.reshape<tf.Rank.R4>(maxPool(pool.plane, pool.planeWindow), pool.depthShape);
      const out = maxPool(depth, pool.depthWindow);
      const ofDepth = maxPoolGrad(tf.reshape(dy, out.shape), depth, out, pool.depthWindow);
      const { plane, planeShape, planeWindow } = pool;
      const pooled = tf.reshape<tf.Rank.R4>(depth, planeShape);
      const ofPlane = tf.reshape<tf.Rank.R4>(ofDepth, planeShape);
      return tf.reshape(maxPoolGrad(ofPlane, plane, pooled, planeWindow), input.shape);
    });
  },
};

function inTwo(x: tf.Tensor5D, { filterSize, strides, pad, dimRoundingMode }: PoolAttributes): PoolInTwo {
  const window = tf.backend_util.computePool3DInfo(x.shape, filterSize, strides, 1, pad, dimRoundingMode);
  const [batch, depth, height, width, channels] = x.shape;
  const { outDepth, outHeight, outWidth, padInfo } = window;
  return {
    plane: tf.reshape(x, [batch * depth, height, width, channels]),
    planeShape: [batch * depth, outHeight, outWidth, channels],
    planeWindow: {
      filterSize: [window.filterHeight, window.filterWidth],
      strides: [window.strideHeight, window.strideWidth],
      pad: [
        [0, 0],
        [padInfo.top, padInfo.bottom],
        [padInfo.left, padInfo.right],
        [0, 0],
      ],
    },
    depthShape: [batch, depth, outHeight * outWidth, channels],
    depthWindow: {
      filterSize: [window.filterDepth, 1],
      strides: [window.strideDepth, 1],
      pad: [
        [0, 0],
        [padInfo.front, padInfo.back],
        [0, 0],
        [0, 0],
      ],
    },
    outShape: [batch, outDepth, outHeight, outWidth, channels],
  };
}

const maxPool = (x: tf.Tensor4D, { filterSize, strides, pad }: PoolWindow): tf.Tensor4D =>
  tf.maxPool(x, filterSize, strides, pad);

const maxPoolGrad = (
  dy: tf.Tensor4D,
  input: tf.Tensor4D,
  output: tf.Tensor4D,
  { filterSize, strides, pad }: PoolWindow,
): tf.Tensor4D =>
  tf
    .engine()
    .runKernel(tf.MaxPoolGrad, { dy, input, output }, { filterSize, strides, pad }) as unknown as tf.Tensor4D;

/**
 * Gradient of a three-dimensional convolution with respect to its input, and the value of a transposed one, for the wasm
 * backend, whose own is wrong: the convolution, at stride 1, of dy with zeros between its positions by the reversed filter
 * with its channels swapped. dy [n, i, j, k, d], filter [t, u, v, c, d]; the result is of `inputShape` [n, d, h, w, c].
 */
export const conv3DBackpropInput: tf.KernelConfig = {
  kernelName: tf.Conv3DBackpropInputV2,
  backendName: 'wasm',
  kernelFunc: ({ inputs, attrs }) => {
    const { dy, filter } = inputs as { dy: tf.Tensor5D; filter: tf.Tensor5D };
    const { inputShape, strides, pad } = attrs as unknown as {
      readonly inputShape: Shape5;
      readonly strides: Size3;
      readonly pad: 'valid' | 'same';
    };
    const info = tf.backend_util.computeConv3DInfo(inputShape, filter.shape, strides, 1, pad);
    const axes = [
      { kernel: info.filterDepth, stride: info.strideDepth, before: info.padInfo.front, size: info.inDepth },
      { kernel: info.filterHeight, stride: info.strideHeight, before: info.padInfo.top, size: info.inHeight },
      { kernel: info.filterWidth, stride: info.strideWidth, before: info.padInfo.left, size: info.inWidth },
    ];
    return tf.tidy(() => {
      let spread: tf.Tensor = dy;
      axes.forEach(({ kernel, stride, before, size }, index) => {
        const axis = index + 1;
        spread = withZerosBetween(spread, axis, stride);
        const first = kernel - 1 - before;
        const last = size + kernel - 1 - first - (spread.shape[axis] ?? 0);
        spread = withMargins(spread, axis, first, last);
      });
      const [depth, height, width, channels, filters] = filter.shape;
      const taps = tf.reshape<tf.Rank.R3>(filter, [depth * height * width, channels, filters]);
      const swapped = tf.transpose(tf.reverse(taps, 0), [0, 2, 1]);
      const reversed = tf.reshape<tf.Rank.R5>(swapped, [depth, height, width, filters, channels]);
      return tf.conv3d(spread as tf.Tensor5D, reversed, 1, 'valid');
    });
  },
};

/**
 * Gradient of a three-dimensional convolution with respect to its filter, for the wasm backend, whose own is wrong for
 * strides: per tap of the filter, the product of the positions of x that it meets with dy.
 * x [n, d, h, w, c], dy [n, i, j, k, f]; the result is of `filterShape` [t, u, v, c, f].
 */
export const conv3DBackpropFilter: tf.KernelConfig = {
  kernelName: tf.Conv3DBackpropFilterV2,
  backendName: 'wasm',
  kernelFunc: ({ inputs, attrs }) => {
    const { x, dy } = inputs as { x: tf.Tensor5D; dy: tf.Tensor5D };
    const { filterShape, strides, pad } = attrs as unknown as {
      readonly filterShape: Shape5;
      readonly strides: Size3;
      readonly pad: 'valid' | 'same';
    };
    const info = tf.backend_util.computeConv3DInfo(x.shape, filterShape, strides, 1, pad);
    const axes = [
      { taps: info.filterDepth, stride: info.strideDepth, before: info.padInfo.front, out: info.outDepth },
      { taps: info.filterHeight, stride: info.strideHeight, before: info.padInfo.top, out: info.outHeight },
      { taps: info.filterWidth, stride: info.strideWidth, before: info.padInfo.left, out: info.outWidth },
    ];
    const [channels, filters] = [x.shape[4], dy.shape[4]];
    return tf.tidy(() => {
      const gradients = tf.reshape<tf.Rank.R2>(dy, [-1, filters]);
      /** The positions that meet a tap, axis by axis. */
      const products = (read: tf.Tensor, index: number): tf.Tensor[] => {
        const axis = axes[index];
        if (axis === undefined) return [tf.matMul(tf.reshape(read, [-1, channels]), gradients, true)];
        const { taps, stride, before, out } = axis;
        return Array.from({ length: taps }, (_, tap) => tap).flatMap((tap) => {
          const length = (out - 1) * stride + 1;
          const first = before - tap;
          const last = length - first - (read.shape[index + 1] ?? 0);
          const seen = withMargins(read, index + 1, first, last);
          return products(takeEach(seen, index + 1, out, stride), index + 1);
        });
      };
      return tf.reshape(tf.stack(products(x, 0)), filterShape);
    });
  },
};

/** `stride − 1` zeros between neighbours along an axis. */
function withZerosBetween(x: tf.Tensor, axis: number, stride: number): tf.Tensor {
  const size = x.shape[axis] ?? 1;
  if (stride === 1 || size === 1) return x;
  const inner = product(x.shape.slice(axis + 1));
  const outer = product(x.shape.slice(0, axis)) * size;
  const rows = tf.reshape<tf.Rank.R3>(x, [outer, 1, inner]);
  const spread = tf.concat([rows, tf.zeros<tf.Rank.R3>([outer, stride - 1, inner])], 1);
  const whole = tf.reshape(spread, resized(x.shape, axis, size * stride));
  return withMargins(whole, axis, 0, 1 - stride);
}

/** Zeros before and after an axis; a negative number removes as many positions instead. */
function withMargins(x: tf.Tensor, axis: number, before: number, after: number): tf.Tensor {
  const size = x.shape[axis] ?? 1;
  const outer = product(x.shape.slice(0, axis));
  const inner = product(x.shape.slice(axis + 1));
  const start = Math.max(-before, 0);
  const kept = size - start - Math.max(-after, 0);
  const parts = [tf.slice(tf.reshape(x, [outer, size, inner]), [0, start, 0], [outer, kept, inner])];
  if (before > 0) parts.unshift(tf.zeros([outer, before, inner]));
  if (after > 0) parts.push(tf.zeros([outer, after, inner]));
  const whole = parts.length === 1 ? (parts[0] as tf.Tensor) : tf.concat(parts, 1);
  return tf.reshape(whole, resized(x.shape, axis, size + before + after));
}

const resized = (shape: readonly number[], axis: number, size: number): number[] =>
  shape.map((old, at) => (at === axis ? size : old));

const product = (sizes: readonly number[]): number => sizes.reduce((total, size) => total * size, 1);
