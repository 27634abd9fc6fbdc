import * as tf from '@tensorflow/tfjs-core';
import { floatType } from './tensorflow-backend.js';
import type { OpAttribute, TensorFlowBackend } from './tensorflow-backend.js';

/**
 * Reshapes many float32 tensors. `tf.reshape` makes a shape tensor per call, which takes longer than the op
 * itself; here tensors of the same shape share it. No gradient flows through. Call it in `tf.tidy`.
 */
export function reshapesTensorFlow(
  backend: TensorFlowBackend,
): (tensor: tf.Tensor, shape: readonly number[]) => tf.Tensor {
  const shapeTensors = new Map<string, tf.Tensor1D>();
  const attributes: OpAttribute[] = [
    floatType(backend, 'T'),
    { name: 'Tshape', type: backend.binding.TF_ATTR_TYPE, value: backend.binding.TF_INT32 },
  ];
  return (tensor, shape) => {
    const key = shape.join();
    const known = shapeTensors.get(key) ?? tf.tensor1d([...shape], 'int32');
    shapeTensors.set(key, known);
    return backend.executeSingleOutput('Reshape', attributes, [tensor, known]);
  };
}
