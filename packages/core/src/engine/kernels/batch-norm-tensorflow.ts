import * as tf from '@tensorflow/tfjs-core';
import type { BatchNormPasses } from './batch-norm-passes.js';
import { floatType } from './tensorflow-backend.js';
import type { OpAttribute, TensorFlowBackend } from './tensorflow-backend.js';

/**
 * The passes of training batch norm as one TensorFlow op each: FusedBatchNormV3 in training mode and
 * FusedBatchNormGradV3, which tfjs itself does not use.
 */
export function batchNormTensorFlow(backend: TensorFlowBackend, epsilon: number): BatchNormPasses {
  const { binding } = backend;
  const attributes: OpAttribute[] = [
    floatType(backend, 'T'),
    floatType(backend, 'U'),
    { name: 'epsilon', type: binding.TF_ATTR_FLOAT, value: epsilon },
    { name: 'data_format', type: binding.TF_ATTR_STRING, value: 'NHWC' },
    { name: 'is_training', type: binding.TF_ATTR_BOOL, value: true },
  ];
  return {
    forward(x, gamma, beta) {
      const images = asImages(x);
      const none = tf.tensor1d([], 'float32');
      const outputs = backend.executeMultipleOutputs(
        'FusedBatchNormV3',
        attributes,
        [images, gamma, beta, none, none],
        6,
      );
      const [y, mean, unbiased, ...reserved] = outputs as [
        tf.Tensor,
        tf.Tensor1D,
        tf.Tensor1D,
        ...tf.Tensor[],
      ];
      const count = x.size / gamma.size;
      return {
        y: x.rank === 4 ? y : tf.reshape(y, x.shape),
        mean,
        // The op's variance output has Bessel's correction, unlike tf.moments. The uncorrected variance is in
        // the reserve space for the gradient; on GPUs that holds the inverse deviation.
        variance: backend.isUsingGpuDevice
          ? tf.mul(unbiased, Math.max(count - 1, 1) / count)
          : (reserved[1] as tf.Tensor1D),
        saved: [images, gamma, ...reserved],
      };
    },

    backward(dy, saved) {
      const outputs = backend.executeMultipleOutputs(
        'FusedBatchNormGradV3',
        attributes,
        [asImages(dy), ...saved],
        5,
      );
      const [dx, dGamma, dBeta] = outputs as [tf.Tensor, tf.Tensor1D, tf.Tensor1D, ...tf.Tensor[]];
      return { dx: dy.rank === 4 ? dx : tf.reshape(dx, dy.shape), dGamma, dBeta };
    },
  };
}

/** The op takes rank 4 only: x [n, ..., channels] as [n, rest, 1, channels]. */
function asImages(x: tf.Tensor): tf.Tensor {
  if (x.rank === 4) return x;
  return tf.reshape(x, [x.shape[0], -1, 1, x.shape.at(-1) ?? 1]);
}
