import * as tf from '@tensorflow/tfjs-core';
import { convWindow } from './conv-window.js';
import type { ConvGradAttributes } from './conv-window.js';
import { depthwiseFilterGradient } from '../wasm/depthwise.js';
import { kernelsFor } from '../wasm/kernels.js';
import { crop, explicitPadding, readMargins } from './margins.js';

/**
 * Gradient of a depthwise convolution with respect to its filter, as one depthwise convolution; for the wasm backend,
 * which has none.
 *
 * dw[u, v, c, m] = sum_{n, i, j} x[n, s i + u - p, s j + v - p, c] * dy[n, i, j, c, m]: for one image n a depthwise
 * convolution of x by dy with the stride s for dilation; all images at once as channels of one, summed at the end.
 * x [n, h, w, c], dy [n, i, j, c * m]; the result is [u, v, c, m].
 *
 * Throws what {@link convWindow} throws.
 */
export const depthwiseConv2dNativeBackpropFilter: tf.KernelConfig = {
  kernelName: tf.DepthwiseConv2dNativeBackpropFilter,
  backendName: 'wasm',
  kernelFunc: ({ inputs, attrs, backend }) => {
    const { x, dy } = inputs as { x: tf.Tensor4D; dy: tf.Tensor4D };
    const attributes = attrs as unknown as ConvGradAttributes & {
      filterShape: [number, number, number, number];
    };
    const filterShape = attributes.filterShape;
    const window = convWindow(tf.DepthwiseConv2dNativeBackpropFilter, x.shape, filterShape, attributes);
    const kernels = kernelsFor(backend, [x, dy]);
    if (kernels !== null) return depthwiseFilterGradient(kernels, x, dy, window, filterShape);
    const { kernel, stride } = window;
    const [batch, height, width, channels] = x.shape;
    const [, outHeight, outWidth, outChannels] = dy.shape;
    const lanes = batch * channels;

    return tf.tidy(() => {
      const vertical = readMargins(window, 0, height, outHeight);
      const horizontal = readMargins(window, 1, width, outWidth);
      const perImage = tf.depthwiseConv2d(
        tf.reshape<tf.Rank.R4>(tf.transpose(x, [1, 2, 0, 3]), [1, height, width, lanes]),
        tf.reshape<tf.Rank.R4>(tf.transpose(dy, [1, 2, 0, 3]), [
          outHeight,
          outWidth,
          lanes,
          outChannels / channels,
        ]),
        1,
        explicitPadding(vertical, horizontal),
        'NHWC',
        [stride[0], stride[1]],
      );
      const cut = crop(perImage, [0, Math.min(vertical[1], 0)], [0, Math.min(horizontal[1], 0)]);
      return tf.reshape(tf.sum(tf.reshape(cut, [kernel[0] * kernel[1], batch, outChannels]), 1), filterShape);
    });
  },
};
