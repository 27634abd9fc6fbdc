import * as tf from '@tensorflow/tfjs-core';
import { convWindow, isPlainWindow } from './conv-window.js';
import type { ConvGradAttributes } from './conv-window.js';

/** The parts of tfjs's cpu backend that a kernel needs. */
interface CpuBackend {
  readonly data: { get(id: object): { readonly values: Float32Array } };
  makeTensorInfo(shape: readonly number[], dtype: 'float32', values: Float32Array): tf.TensorInfo;
}

/**
 * Gradient of a convolution with respect to its filter, for the cpu backend: the sums of
 * `dw[u, v, c, d] = sum_{n, i, j} x[n, s i + u - p, s j + v - p, c] * dy[n, i, j, d]`, in float64 and in memory
 * order. tfjs's own kernel looks up every factor by four indices. It is some forty times slower and takes nine
 * tenths of a training step.
 *
 * @param own tfjs's kernel, for data in NCHW and dilations
 */
export const conv2DBackpropFilterOnCpu =
  (own: tf.KernelFunc): tf.KernelFunc =>
  (call) => {
    const { inputs, backend } = call;
    const { x, dy } = inputs as { x: tf.TensorInfo; dy: tf.TensorInfo };
    const attributes = call.attrs as unknown as ConvGradAttributes & {
      filterShape: [number, number, number, number];
    };
    if (!isPlainWindow(attributes)) return own(call);
    const { filterShape } = attributes;
    const window = convWindow(tf.Conv2DBackpropFilter, x.shape, filterShape, attributes);
    const cpu = backend as CpuBackend;
    const images = cpu.data.get(x.dataId).values;
    const gradients = cpu.data.get(dy.dataId).values;
    const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
    const [, rows = 0, columns = 0, filters = 0] = dy.shape;
    const [kernelRows, kernelColumns] = window.kernel;
    const sums = new Float64Array(kernelRows * kernelColumns * channels * filters);

    for (let image = 0; image < batch; image++) {
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) {
          const dyAt = ((image * rows + i) * columns + j) * filters;
          for (let u = 0; u < kernelRows; u++) {
            const row = window.stride[0] * i + u - window.before[0];
            if (row < 0 || row >= height) continue;
            for (let v = 0; v < kernelColumns; v++) {
              const column = window.stride[1] * j + v - window.before[1];
              if (column < 0 || column >= width) continue;
              const xAt = ((image * height + row) * width + column) * channels;
              let sumAt = (u * kernelColumns + v) * channels * filters;
              for (let c = 0; c < channels; c++) {
                const value = images[xAt + c] as number;
                for (let d = 0; d < filters; d++, sumAt++)
                  sums[sumAt] = (sums[sumAt] as number) + value * (gradients[dyAt + d] as number);
              }
            }
          }
        }
      }
    }
    return cpu.makeTensorInfo(filterShape, 'float32', Float32Array.from(sums));
  };
