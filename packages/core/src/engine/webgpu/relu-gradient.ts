import * as tf from '@tensorflow/tfjs-core';
import { hasShaders, runShader } from './program.js';

const NAME = 'DistillReluGrad';

/** The kernel that {@link reluGradientWebGpu} runs. */
export const reluGradientWebGpuKernel: tf.KernelConfig = {
  kernelName: NAME,
  backendName: 'webgpu',
  kernelFunc: ({ inputs, backend }) => {
    const { dy, y } = inputs as Readonly<Record<'dy' | 'y', tf.TensorInfo>>;
    const shape = [tf.util.sizeFromShape(dy.shape)];
    const dx = runShader(backend, {
      name: 'reluGradient',
      inputs: { dy: { ...dy, shape }, y: { ...y, shape } },
      outputShape: shape,
      body: 'result[index] = select(0.0, dy[index], y[index] > 0.0);',
    });
    return { ...dx, shape: dy.shape };
  },
};

/** dy where y is above 0, else 0; both of one shape. Null on other backends. */
export const reluGradientWebGpu = (dy: tf.Tensor, y: tf.Tensor): tf.Tensor | null =>
  hasShaders(NAME) ? tf.engine().runKernel(NAME, { dy, y }) : null;
