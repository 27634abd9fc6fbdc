import * as tf from '@tensorflow/tfjs-core';
import { convWindow } from './conv-window.js';
import type { ConvGradAttributes, ConvWindow } from './conv-window.js';
import { depthwiseInputGradient } from '../wasm/depthwise.js';
import { kernelsFor } from '../wasm/kernels.js';
import { crop, explicitPadding } from './margins.js';
import type { Margins } from './margins.js';

/**
 * Gradient of a depthwise convolution with respect to its input, as a depthwise convolution; for the wasm backend,
 * which has none.
 *
 * dx[j, c] = sum_{u, m} dy[(j + p - u) / s, c, m] * w[u, c, m] over the u that divide, on each axis: stride - 1 zeros go
 * between the rows and columns of dy, the filter is reversed, and the m products of each channel are summed at the end.
 * dy [n, i, j, c * m], filter [u, v, c, m]; the result is of `inputShape` [n, h, w, c].
 *
 * Throws what {@link convWindow} throws.
 */
export const depthwiseConv2dNativeBackpropInput: tf.KernelConfig = {
  kernelName: tf.DepthwiseConv2dNativeBackpropInput,
  backendName: 'wasm',
  kernelFunc: ({ inputs, attrs, backend }) => {
    const { dy, filter } = inputs as { dy: tf.Tensor4D; filter: tf.Tensor4D };
    const attributes = attrs as unknown as ConvGradAttributes & {
      inputShape: [number, number, number, number];
    };
    const inputShape = attributes.inputShape;
    const window = convWindow(tf.DepthwiseConv2dNativeBackpropInput, inputShape, filter.shape, attributes);
    const kernels = kernelsFor(backend, [dy, filter]);
    if (kernels !== null) return depthwiseInputGradient(kernels, dy, filter, window, inputShape);
    const [, , channels, multiplier] = filter.shape;

    return tf.tidy(() => {
      const spread = spreadByStride(dy, window);
      const margins = (axis: 0 | 1, size: number, spreadSize: number): Margins => {
        const before = window.kernel[axis] - 1 - window.before[axis];
        return [before, size + window.kernel[axis] - 1 - before - spreadSize];
      };
      const vertical = margins(0, inputShape[1], spread.shape[1]);
      const horizontal = margins(1, inputShape[2], spread.shape[2]);
      const reversed = tf.reverse(filter, [0, 1]);
      const perProduct = tf.depthwiseConv2d(
        crop(spread, vertical, horizontal),
        tf.reshape<tf.Rank.R4>(reversed, [...window.kernel, channels * multiplier, 1]),
        1,
        explicitPadding(vertical, horizontal),
      );
      if (multiplier === 1) return perProduct;
      return tf.reshape(tf.sum(tf.reshape(perProduct, [-1, multiplier]), 1), inputShape);
    });
  },
};

/** [n, i, j, d] to [n, i * s, j * s, d] with dy at the multiples of the stride s and zeros elsewhere. */
function spreadByStride(dy: tf.Tensor4D, { stride }: ConvWindow): tf.Tensor4D {
  if (stride[0] === 1 && stride[1] === 1) return dy;
  const [batch, height, width, channels] = dy.shape;
  const padded = tf.pad(tf.reshape(dy, [batch * height, 1, width, channels]), [
    [0, 0],
    [0, stride[0] - 1],
    [0, 0],
    [0, (stride[1] - 1) * channels],
  ]);
  return tf.reshape(padded, [batch, height * stride[0], width * stride[1], channels]);
}
