import * as tf from '@tensorflow/tfjs-core';
import { wasmKernelsOf } from './kernels.js';
import type { WasmKernels } from './kernels.js';

const NAME = 'DistillReluGrad';

/** The kernel that {@link reluGradientWasm} runs. */
export const reluGradientKernel: tf.KernelConfig = {
  kernelName: NAME,
  backendName: 'wasm',
  kernelFunc: ({ inputs, backend }) => {
    const kernels = wasmKernelsOf(backend) as WasmKernels;
    const { dy, y } = inputs as Record<'dy' | 'y', tf.TensorInfo>;
    const dx = kernels.output(dy.shape);
    kernels.over('reluGradient', tf.util.sizeFromShape(dy.shape), 1, [dy, y, dx].map(kernels.address));
    return dx;
  },
};

/** dy where y is above 0, else 0; both of one shape, in the memory of the wasm backend. */
export function reluGradientWasm(dy: tf.Tensor, y: tf.Tensor): tf.Tensor {
  return tf.engine().runKernel(NAME, { dy, y });
}
