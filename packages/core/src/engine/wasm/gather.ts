import * as tf from '@tensorflow/tfjs-core';
import { wasmKernelsOf } from './kernels.js';
import { movable } from './views.js';
import type { WasmBackend } from './wasm-backend.js';

/** GatherV2 of the wasm backend, row by row; tfjs's finds the place of every number by division. */
export function gather(own: tf.KernelFunc): tf.KernelFunc {
  return (args) => {
    const { inputs, attrs, backend } = args;
    const { x, indices } = inputs as Record<'x' | 'indices', tf.TensorInfo>;
    const { axis, batchDims = 0 } = attrs as { axis: number; batchDims?: number };
    const kernels = [x, indices].every((tensor) => movable(backend, tensor)) ? wasmKernelsOf(backend) : null;
    const along = tf.util.parseAxisParam(axis, x.shape)[0] ?? 0;
    const dimension = x.shape[along] ?? 0;
    if (kernels === null || batchDims !== 0 || indices.dtype !== 'int32') return own(args);
    const places = (backend as WasmBackend).readSync(indices.dataId) as Int32Array;
    // For an index out of range, tfjs's own kernel reports the error.
    if (!places.every((place) => place >= 0 && place < dimension)) return own(args);

    const [outer, slice] = [x.shape.slice(0, along), x.shape.slice(along + 1)];
    const [count, size] = [indices.shape, slice].map(tf.util.sizeFromShape) as [number, number];
    const y = kernels.output([...outer, ...indices.shape, ...slice], x.dtype);
    kernels.over('gatherRows', tf.util.sizeFromShape(outer) * count, size, [
      ...[kernels.address(x), kernels.address(indices), kernels.address(y)],
      ...[dimension, count, size, tf.util.bytesPerElement(x.dtype)],
    ]);
    return y;
  };
}
