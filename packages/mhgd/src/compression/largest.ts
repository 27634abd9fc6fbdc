import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@distilljs/core';

/** 1 at the largest entry along the last axis (the first of several), else 0; of the shape of `values`, float32. */
export function atLargest<T extends Tensor>(values: T): T {
  const size = values.shape.at(-1) ?? 1;
  // tfjs refuses a oneHot of one entry; and asked for float32, it writes the bits of integers on wasm (4.22.0).
  return size === 1 ? tf.onesLike(values) : (tf.cast(tf.oneHot(tf.argMax(values, -1), size), 'float32') as T);
}
