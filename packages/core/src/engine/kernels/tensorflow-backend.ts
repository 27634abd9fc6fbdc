import * as tf from '@tensorflow/tfjs-core';

/** An attribute of a TensorFlow op, as the native binding takes it. */
export interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: number | string | boolean;
}

/** The part of tfjs-node's backend by which any TensorFlow op can be run, not just those that tfjs knows. */
export interface TensorFlowBackend {
  readonly binding: Readonly<
    Record<
      'TF_FLOAT' | 'TF_INT32' | 'TF_ATTR_TYPE' | 'TF_ATTR_FLOAT' | 'TF_ATTR_STRING' | 'TF_ATTR_BOOL',
      number
    >
  >;
  /** False on a machine without a GPU that TensorFlow can use. */
  readonly isUsingGpuDevice: boolean;
  executeSingleOutput(name: string, attributes: OpAttribute[], inputs: tf.Tensor[]): tf.Tensor;
  executeMultipleOutputs(
    name: string,
    attributes: OpAttribute[],
    inputs: tf.Tensor[],
    outputs: number,
  ): tf.Tensor[];
}

/** The current backend if it is that of tfjs-node or tfjs-node-gpu, else null. */
export function tensorFlowBackend(): TensorFlowBackend | null {
  return tf.getBackend() === 'tensorflow' ? (tf.backend() as unknown as TensorFlowBackend) : null;
}

/** Of the TensorFlow backend that runs: whether its kernels run on a GPU. */
export const usesGpu = (): boolean => tensorFlowBackend()?.isUsingGpuDevice === true;

/** The attribute `name` (such as T) that says float32. */
export function floatType({ binding }: TensorFlowBackend, name: string): OpAttribute {
  return { name, type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
}
