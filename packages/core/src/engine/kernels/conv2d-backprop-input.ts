import * as tf from '@tensorflow/tfjs-core';
import { convWindow } from './conv-window.js';
import type { ConvGradAttributes, ConvWindow } from './conv-window.js';
import { inputGradient } from '../wasm/convolution.js';
import { kernelsFor } from '../wasm/kernels.js';
import { crop, explicitPadding } from './margins.js';
import type { Margins } from './margins.js';

/**
 * Gradient of a convolution with respect to its input (and the value of a transposed convolution), as a convolution;
 * for the wasm backend, whose own kernel is a plain loop.
 *
 * dx[j] = sum_u dy[(j + p - u) / s] * w[u] over the u that divide, on each axis. The rows j = s m + r of one phase r see
 * the same taps of the filter, hence one convolution of dy at its own size gives all s phases, as channels, and these are
 * then laid between one another. At stride 1 this is the convolution by the reversed filter with its channels swapped.
 * dy [n, i, j, d], filter [u, v, c, d]; the result is of `inputShape` [n, h, w, c].
 *
 * Throws what {@link convWindow} throws.
 */
export const conv2DBackpropInput: tf.KernelConfig = {
  kernelName: tf.Conv2DBackpropInput,
  backendName: 'wasm',
  kernelFunc: ({ inputs, attrs, backend }) => {
    const { dy, filter } = inputs as { dy: tf.Tensor4D; filter: tf.Tensor4D };
    const attributes = attrs as unknown as ConvGradAttributes & {
      inputShape: [number, number, number, number];
    };
    const inputShape = attributes.inputShape;
    const window = convWindow(tf.Conv2DBackpropInput, inputShape, filter.shape, attributes);
    const kernels = kernelsFor(backend, [dy, filter]);
    if (kernels !== null) return inputGradient(kernels, dy, filter, window, inputShape);

    return tf.tidy(() => {
      const vertical = phasesOf(window, 0, inputShape[1], dy.shape[1]);
      const horizontal = phasesOf(window, 1, inputShape[2], dy.shape[2]);
      const phases = tf.conv2d(
        crop(dy, vertical.dyMargins, horizontal.dyMargins),
        phaseFilter(filter, vertical, horizontal),
        1,
        explicitPadding(vertical.dyMargins, horizontal.dyMargins),
      );
      return interleave(phases, inputShape, vertical, horizontal);
    });
  },
};

/** The phases of one axis: how many there are, where in the stride they lie, and what they read of dy. */
interface Phases {
  readonly stride: number;
  /** Phases that any tap of the filter reaches, `first` to `first + used - 1`; the others are zero. */
  readonly first: number;
  readonly used: number;
  /** Taps of one phase. */
  readonly taps: number;
  /** Zeros around the filter that make its length `used * taps`. */
  readonly filterMargins: Margins;
  /** Rows of zeros around dy; those left out reach no row of the input, they only ever saw padding. */
  readonly dyMargins: Margins;
  /** Rows of each phase. */
  readonly rows: number;
}

function phasesOf(window: ConvWindow, axis: 0 | 1, size: number, outSize: number): Phases {
  const [kernel, stride, before] = [window.kernel[axis], window.stride[axis], window.before[axis]];
  // Zeros before the filter and as many more before the input change nothing, and make the padding a multiple of the
  // stride, so that phase 0 is row 0 and nothing has to be cut off the front of the result.
  const shift = (stride - (before % stride)) % stride;
  const taps = Math.ceil((kernel + shift) / stride);
  const skipped = (before + shift) / stride;
  const rows = Math.ceil(size / stride);
  const single = taps === 1;
  return {
    stride,
    first: single ? shift : 0,
    used: single ? kernel : stride,
    taps,
    filterMargins: single ? [0, 0] : [shift, taps * stride - kernel - shift],
    dyMargins: [taps - 1 - skipped, rows + skipped - outSize],
    rows,
  };
}

/** [u, v, c, d] to [taps, taps, d, phases * phases * c], the taps of each phase reversed. */
function phaseFilter(filter: tf.Tensor4D, vertical: Phases, horizontal: Phases): tf.Tensor4D {
  const [, , channels, outChannels] = filter.shape;
  if (vertical.used === 1 && horizontal.used === 1) {
    return tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]);
  }
  const padded = tf.pad(filter, [[...vertical.filterMargins], [...horizontal.filterMargins], [0, 0], [0, 0]]);
  const split = tf.reshape(padded, [
    vertical.taps,
    vertical.used,
    horizontal.taps,
    horizontal.used * channels,
    outChannels,
  ]);
  const swapped = tf.transpose(tf.reverse(split, [0, 2]), [0, 2, 4, 1, 3]);
  return tf.reshape(swapped, [
    vertical.taps,
    horizontal.taps,
    outChannels,
    vertical.used * horizontal.used * channels,
  ]);
}

/** [n, rows, columns, phases * phases * c] to `inputShape`: the phases of each axis laid between one another. */
function interleave(
  phases: tf.Tensor4D,
  inputShape: [number, number, number, number],
  vertical: Phases,
  horizontal: Phases,
): tf.Tensor4D {
  const [batch, height, width, channels] = inputShape;
  if (vertical.stride === 1 && horizontal.stride === 1) return phases;
  const rows = tf.transpose(
    tf.reshape(phases, [batch * vertical.rows, horizontal.rows, vertical.used, horizontal.used * channels]),
    [0, 2, 1, 3],
  );
  const unused = ({ stride, first, used }: Phases, size: number): [number, number] => [
    first * size,
    (stride - first - used) * size,
  ];
  const complete =
    vertical.used === vertical.stride && horizontal.used === horizontal.stride
      ? rows
      : tf.pad(rows, [[0, 0], unused(vertical, 1), [0, 0], unused(horizontal, channels)]);
  const whole = tf.reshape<tf.Rank.R4>(complete, [
    batch,
    vertical.rows * vertical.stride,
    horizontal.rows * horizontal.stride,
    channels,
  ]);
  if (whole.shape[1] === height && whole.shape[2] === width) return whole;
  return tf.slice(whole, [0, 0, 0, 0], inputShape);
}
