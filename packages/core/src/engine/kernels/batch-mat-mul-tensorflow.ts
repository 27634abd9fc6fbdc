import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import { floatType, tensorFlowBackend, usesGpu } from './tensorflow-backend.js';
import type { OpAttribute, TensorFlowBackend } from './tensorflow-backend.js';

/** Multiply–accumulates of a product, over its whole batch, up to which the plain kernel is faster. */
const SMALL = 2 ** 21;

/**
 * BatchMatMul for products of small matrices on the TensorFlow backend. With oneDNN, `BatchMatMulV2` becomes
 * oneDNN's kernel, which takes some 0.2 ms even for the smallest product. `BatchMatMulV3` keeps TensorFlow's
 * kernel and takes 0.02 to 0.1 ms (64 products of 16×16 matrices with vectors: 42 µs instead of 177 µs;
 * TensorFlow 2.21, two cores). From 2²¹ multiply–accumulates on, oneDNN is at least as fast.
 *
 * @param own the backend's kernel, for large products, other types, GPUs, and a TensorFlow without V3
 */
export function batchMatMulTensorFlow(own: tf.KernelFunc): tf.KernelFunc {
  let isThere = true;
  return (args) => {
    const { a, b } = args.inputs as { readonly a: Tensor3D; readonly b: Tensor3D };
    const { transposeA, transposeB } = args.attrs as unknown as tf.BatchMatMulAttrs;
    const backend = tensorFlowBackend();
    const isFloat = a.dtype === 'float32' && b.dtype === 'float32';
    const isSmall = isFloat && productMacs(a.shape, b.shape, transposeB) <= SMALL;
    if (!isThere || !isSmall || backend === null || usesGpu()) return own(args);
    try {
      return plainProduct(backend, [a, b], transposeA, transposeB);
    } catch {
      isThere = false;
      return own(args);
    }
  };
}

function productMacs(a: readonly number[], b: readonly number[], transposeB: boolean): number {
  const batch = Math.max(tf.util.sizeFromShape(a.slice(0, -2)), tf.util.sizeFromShape(b.slice(0, -2)));
  return batch * tf.util.sizeFromShape(a.slice(-2)) * (b.at(transposeB ? -2 : -1) ?? 1);
}

function plainProduct(
  backend: TensorFlowBackend,
  factors: tf.Tensor[],
  transposeA: boolean,
  transposeB: boolean,
): tf.Tensor {
  const flag = (name: string, value: boolean): OpAttribute => ({
    name,
    type: backend.binding.TF_ATTR_BOOL,
    value,
  });
  const types = ['Ta', 'Tb', 'Tout'].map((name) => floatType(backend, name));
  const attributes = [...types, flag('adj_x', transposeA), flag('adj_y', transposeB)];
  return backend.executeSingleOutput('BatchMatMulV3', attributes, factors);
}
