import * as tf from '@tensorflow/tfjs-core';
import { kernelsFor } from './kernels.js';

/** Maximum number of row blocks of one matrix, for the threads; each block packs the other matrix again. */
const BLOCKS = 8;
const LEAST_ROWS = 4;

/**
 * BatchMatMul of the wasm backend by this package's kernels; tfjs's is a plain loop except for a single product
 * without a transposed factor. tfjs's kernel handles the rest: two or three rows, and batches that broadcast
 * other than one to all.
 */
export function matMul(own: tf.KernelFunc): tf.KernelFunc {
  return (args) => {
    const { inputs, attrs, backend } = args;
    const { a, b } = inputs as Record<'a' | 'b', tf.TensorInfo>;
    const { transposeA, transposeB } = attrs as { transposeA: boolean; transposeB: boolean };
    const kernels = kernelsFor(backend, [a, b]);
    const [aBatch, bBatch] = [a, b].map(({ shape }) => shape.slice(0, -2)) as [number[], number[]];
    const [aCount, bCount] = [aBatch, bBatch].map(tf.util.sizeFromShape) as [number, number];
    const [aRows = 0, aColumns = 0] = a.shape.slice(-2);
    const [bRows = 0, bColumns = 0] = b.shape.slice(-2);
    const [m, k] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
    const [inner, n] = transposeB ? [bColumns, bRows] : [bRows, bColumns];
    const fits = tf.util.arraysEqual(aBatch, bBatch) || aCount === 1 || bCount === 1;
    const ofVector = m === 1 || n === 1;
    if (kernels === null || !fits || k !== inner || (m < LEAST_ROWS && !ofVector)) return own(args);

    const count = Math.max(aCount, bCount);
    const [aStep, bStep] = [aCount === 1 ? 0 : m * k, bCount === 1 ? 0 : k * n];
    const batch = tf.broadcast_util.assertAndGetBroadcastShape(aBatch, bBatch);
    const out = kernels.output([...batch, m, n]);
    const [atA, atB, atOut] = [a, b, out].map(kernels.address) as [number, number, number];
    if (ofVector) {
      const factors = n === 1 ? [atA, atB, atOut, m, k, aStep, bStep] : [atB, atA, atOut, n, k, bStep, aStep];
      const transposed = n === 1 ? transposeA : !transposeB;
      kernels.over('matVec', count, m * k * n, [...factors, Number(transposed)]);
      return out;
    }
    const blocks = Math.max(Math.min(Math.ceil(BLOCKS / count), Math.floor(m / LEAST_ROWS)), 1);
    const blockRows = Math.ceil(m / blocks / 4) * 4;
    const used = Math.ceil(m / blockRows);
    kernels.over(
      'matMul',
      count * used,
      blockRows * k * n,
      [
        ...[atA, atB, atOut, m, k, n, aStep, bStep],
        ...[Number(transposeA), Number(transposeB), used, blockRows],
      ],
      k * (Math.ceil(n / 8) * 8 + 4) * 4,
    );
    return out;
  };
}
