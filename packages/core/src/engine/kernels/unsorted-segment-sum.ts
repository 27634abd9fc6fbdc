import * as tf from '@tensorflow/tfjs-core';

/**
 * Sum of the slices of x that share a segment id; for the wasm backend, which has none. The gradient of `tf.gather`.
 *
 * result[s] = sum of x[i] over the i with segmentIds[i] = s. Ids below 0 or from numSegments on are left out, as in
 * TensorFlow. x [...ids, ...slice], segmentIds [...ids] of int32; the result is [numSegments, ...slice].
 */
export const unsortedSegmentSum: tf.KernelConfig = {
  kernelName: tf.UnsortedSegmentSum,
  backendName: 'wasm',
  kernelFunc: ({ inputs, attrs }) => {
    const { x, segmentIds } = inputs as { x: tf.Tensor; segmentIds: tf.Tensor };
    const { numSegments } = attrs as { numSegments: number };
    const slice = x.shape.slice(segmentIds.rank);
    const width = tf.util.sizeFromShape(slice);

    return tf.tidy(() => {
      // ScatterNd adds up what it writes to one place, but does not check that the place is inside its result:
      // ids out of range go to an extra segment, which is then dropped.
      const outside = tf.logicalOr(tf.less(segmentIds, 0), tf.greaterEqual(segmentIds, numSegments));
      const ids = tf.where(outside, tf.fill(segmentIds.shape, numSegments, 'int32'), segmentIds);
      const sums = tf.scatterND(tf.reshape(ids, [-1, 1]), tf.reshape(x, [-1, width]), [
        numSegments + 1,
        width,
      ]);
      return tf.reshape(tf.slice(sums, [0, 0], [numSegments, width]), [numSegments, ...slice]);
    });
  },
};
