import * as tf from '@tensorflow/tfjs-core';
import { DistillError } from '../../error/index.js';

/*
 * Guards around kernels of tfjs 4.22.0 that move a window over planes or volumes.
 */

type Shape4D = [number, number, number, number];

/** The attributes that kernels with a window receive, taken together. */
interface WindowAttributes {
  readonly strides: number | [number, number];
  readonly pad: 'same' | 'valid' | number | tf.backend_util.ExplicitPadding;
  readonly dilations?: number | [number, number];
  readonly dataFormat?: 'NHWC' | 'NCHW';
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly filterSize?: number | [number, number];
}

/**
 * A convolution or pooling of the wasm backend that writes only into its result:
 *
 * - Where the window is larger than what it moves over, the result is empty; tfjs's kernel writes beyond it.
 * - One number of padding gives tfjs a wrong size where window or strides are not square: refused.
 * - 'same' padding goes in as numbers: for strides above the window XNNPACK's own count is negative, and all is zero.
 *
 * @throws DistillError code `engine` for one number of padding with a window or strides that are not square
 */
export function withinResult(kernelName: string, own: tf.KernelFunc): tf.KernelFunc {
  return (args) => {
    const { x, filter } = args.inputs as Record<'x' | 'filter', tf.TensorInfo | undefined>;
    const attributes = args.attrs as unknown as WindowAttributes;
    const { strides, pad, dilations, dimRoundingMode, filterSize } = attributes;
    if (x?.shape.length !== 4 || attributes.dataFormat === 'NCHW') return own(args);
    const shape = x.shape as Shape4D;
    const depthwise = kernelName === tf.DepthwiseConv2dNative || kernelName === tf.FusedDepthwiseConv2D;
    const info =
      filter === undefined
        ? tf.backend_util.computePool2DInfo(shape, filterSize ?? 1, strides, 1, pad, dimRoundingMode)
        : tf.backend_util.computeConv2DInfo(
            shape,
            filter.shape as Shape4D,
            strides,
            dilations ?? 1,
            pad,
            dimRoundingMode,
            depthwise,
          );
    const isSquare =
      info.effectiveFilterHeight === info.effectiveFilterWidth && info.strideHeight === info.strideWidth;
    if (typeof pad === 'number' && pad !== 0 && !isSquare) {
      throw new DistillError({
        code: 'engine',
        where: `${kernelName} on wasm`,
        expected: `padding 'same', 'valid' or numbers for each side, since the window or its strides are not square`,
        got: `the padding ${pad}`,
        hint: 'tfjs computes a wrong output size from one number. Give [[0, 0], [top, bottom], [left, right], [0, 0]].',
      });
    }
    if (info.outShape.some((size) => size <= 0)) {
      return tf.zeros(
        info.outShape.map((size) => Math.max(size, 0)),
        x.dtype,
      );
    }
    if (pad !== 'same' || filter === undefined) return own(args);
    const { top, bottom, left, right } = info.padInfo;
    const sides: tf.backend_util.ExplicitPadding = [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ];
    return own({ ...args, attrs: { ...args.attrs, pad: sides } });
  };
}

/**
 * The gradient for a window larger than its input, whose dy is empty: zeros, where tfjs leaves memory
 * uninitialized.
 */
export function ofNothing(own: tf.KernelFunc): tf.KernelFunc {
  return (args) => {
    const { dy, input } = args.inputs as Record<'dy' | 'input', tf.TensorInfo | undefined>;
    const { inputShape, filterShape } = args.attrs as unknown as Record<string, number[] | undefined>;
    const shape = inputShape ?? filterShape ?? input?.shape;
    return dy?.shape.includes(0) === true && shape !== undefined ? tf.zeros([...shape]) : own(args);
  };
}

/** One axis of a window's positions. */
interface Positions {
  readonly count: number;
  readonly stride: number;
  readonly window: number;
  readonly before: number;
  readonly size: number;
}

/**
 * Gradient of average pooling with respect to its input. The mean is over the pixels inside the input, but tfjs's kernels
 * share dy out over the whole window, padding included.
 *
 * dx[j] = sum over the windows o that hold j of dy[o] / (pixels of o inside the input).
 * input [n, ..., c], dy [n, ..., c] with two or three axes between.
 */
export function averageGradient(own: tf.KernelFunc): tf.KernelFunc {
  return (args) => {
    const { dy, input } = args.inputs as { dy: tf.Tensor; input?: tf.TensorInfo; x?: tf.TensorInfo };
    const shape = (input ?? (args.inputs as { x: tf.TensorInfo }).x).shape;
    const axes = positionsOf(shape, args.attrs);
    const inside = axes.map(({ count, stride, window, before, size }) =>
      Array.from({ length: count }, (_, out) => {
        const first = out * stride - before;
        return Math.max(Math.min(first + window, size) - Math.max(first, 0), 1) / window;
      }),
    );
    if (inside.flat().every((share) => share === 1)) return own(args);
    const shares = inside.reduce<number[]>(
      (all, axis) => all.flatMap((share) => axis.map((more) => share * more)),
      [1],
    );
    return tf.tidy(() => {
      const share = tf.tensor(shares, [1, ...axes.map(({ count }) => count), 1]);
      return own({ ...args, inputs: { ...args.inputs, dy: tf.div(dy, share) } }) as tf.Tensor;
    });
  };
}

function positionsOf(shape: readonly number[], attrs: tf.NamedAttrMap | undefined): Positions[] {
  const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as {
    filterSize: never;
    strides: never;
    pad: 'same' | 'valid' | number;
    dimRoundingMode?: 'floor' | 'round' | 'ceil';
  };
  if (shape.length === 5) {
    const info = tf.backend_util.computePool3DInfo(
      shape as [...Shape4D, number],
      ...[filterSize, strides, 1, pad, dimRoundingMode],
    );
    const { outDepth, strideDepth, filterDepth, padInfo } = info;
    return [
      {
        count: outDepth,
        stride: strideDepth,
        window: filterDepth,
        before: padInfo.front,
        size: info.inDepth,
      },
      ...planePositions(info),
    ];
  }
  return planePositions(
    tf.backend_util.computePool2DInfo(shape as Shape4D, filterSize, strides, 1, pad, dimRoundingMode),
  );
}

const planePositions = (info: tf.backend_util.Conv2DInfo | tf.backend_util.Conv3DInfo): Positions[] => [
  {
    count: info.outHeight,
    stride: info.strideHeight,
    window: info.filterHeight,
    before: info.padInfo.top,
    size: info.inHeight,
  },
  {
    count: info.outWidth,
    stride: info.strideWidth,
    window: info.filterWidth,
    before: info.padInfo.left,
    size: info.inWidth,
  },
];
