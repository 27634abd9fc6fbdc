import * as tf from '@tensorflow/tfjs-core';

/** Of the TensorFlow backend that runs: whether its kernels run on a GPU. */
export function usesGpu(): boolean {
  return (tf.backend() as unknown as { readonly isUsingGpuDevice?: boolean }).isUsingGpuDevice === true;
}
