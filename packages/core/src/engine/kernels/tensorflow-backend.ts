import * as tf from '@tensorflow/tfjs-core';

/** An attribute of a TensorFlow op, in the form of the native binding. */
export interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: number | string | boolean;
}

/** The part of tfjs-node's backend that can run any TensorFlow op, not only those that tfjs uses. */
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

/** Whether the current backend is TensorFlow and runs on a GPU. */
export const usesGpu = (): boolean => tensorFlowBackend()?.isUsingGpuDevice === true;

/** The attribute `name` (such as T) that says float32. */
export function floatType({ binding }: TensorFlowBackend, name: string): OpAttribute {
  return { name, type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
}
