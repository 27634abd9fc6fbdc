import * as tf from '@tensorflow/tfjs-core';
import { kernelsFor } from './kernels.js';

/**
 * MaxPoolGrad of the wasm backend; tfjs's visits every window that contains a pixel, for each pixel and channel.
 *
 * A window passes its gradient to the first of its largest numbers, as in TensorFlow. x [n, h, w, c], dy [n, i,
 * j, c].
 */
export function maxPoolGradient(own: tf.KernelFunc): tf.KernelFunc {
  return (args) => {
    const { inputs, attrs, backend } = args;
    const { dy, input } = inputs as Record<'dy' | 'input', tf.TensorInfo>;
    const kernels = kernelsFor(backend, [dy, input]);
    if (kernels === null || input.shape.length !== 4) return own(args);
    const { filterSize, strides, pad, dimRoundingMode } = attrs as {
      filterSize: number | [number, number];
      strides: number | [number, number];
      pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
      dimRoundingMode?: 'floor' | 'round' | 'ceil';
    };
    const shape = input.shape as [number, number, number, number];
    const window = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
    const { filterHeight, filterWidth, outHeight, outWidth, padInfo } = window;
    const dx = kernels.output(shape);
    const [images, height, width, channels] = shape;
    kernels.over(
      'maxPoolGradient',
      images,
      outHeight * outWidth * filterHeight * filterWidth * channels,
      [
        ...[kernels.address(input), kernels.address(dy), kernels.address(dx), height, width, channels],
        ...[outHeight, outWidth, filterHeight, filterWidth],
        ...[window.strideHeight, window.strideWidth, padInfo.top, padInfo.left],
      ],
      filterHeight * filterWidth * 4,
    );
    return dx;
  };
}
