import * as tf from '@tensorflow/tfjs-core';
import type { BatchNormPasses } from '../kernels/batch-norm-passes.js';
import { wasmKernelsOf } from './kernels.js';
import type { WasmKernels } from './kernels.js';

const FORWARD = 'DistillBatchNorm';
const BACKWARD = 'DistillBatchNormGrad';

/** Numbers in a block of rows: 16 KiB, half of the L1 cache of most processors. */
const BLOCK = 4096;

interface Blocks {
  readonly rows: number;
  readonly channels: number;
  readonly blockRows: number;
  readonly count: number;
}

/** How x [n, ..., channels] is split for sums: by its shape alone, so that no sum depends on the threads. */
function blocksOf(x: tf.TensorInfo): Blocks {
  const channels = x.shape.at(-1) ?? 1;
  const rows = tf.util.sizeFromShape(x.shape) / channels;
  const blockRows = Math.max(Math.floor(BLOCK / channels), 8);
  return { rows, channels, blockRows, count: Math.ceil(rows / blockRows) };
}

/**
 * x, gamma, beta and epsilon to y, mean, variance, rstd and scale = gamma * rstd. Two passes over x; the first
 * reads each block twice, the second time from the cache. Statistics are exact within a block and merged in
 * float64.
 */
const forward: tf.KernelConfig = {
  kernelName: FORWARD,
  backendName: 'wasm',
  kernelFunc: ({ inputs, attrs, backend }) => {
    const kernels = wasmKernelsOf(backend) as WasmKernels;
    const { x, gamma, beta } = inputs as Record<'x' | 'gamma' | 'beta', tf.TensorInfo>;
    const { epsilon } = attrs as { epsilon: number };
    const { rows, channels, blockRows, count } = blocksOf(x);
    const y = kernels.output(x.shape);
    const statistics = ['mean', 'variance', 'rstd', 'scale'].map(() => kernels.output([channels]));
    const [mean = 0, variance = 0, rstd = 0, scale = 0] = statistics.map(kernels.address);
    const from = kernels.address(x);
    kernels.withScratch(count * channels * 8, (partial) => {
      kernels.over('blockMoments', count, BLOCK, [from, partial, rows, channels, blockRows]);
      kernels.run('mergeMoments', [
        ...[partial, rows, channels, blockRows, kernels.address(gamma), epsilon],
        ...[mean, variance, rstd, scale],
      ]);
    });
    kernels.over('normalize', rows, channels, [
      ...[from, kernels.address(y), channels, mean, scale, kernels.address(beta)],
    ]);
    return [y, ...statistics];
  },
};

/** dy, x, mean, rstd and scale to dx, dgamma and dbeta; two passes over dy and x. */
const backward: tf.KernelConfig = {
  kernelName: BACKWARD,
  backendName: 'wasm',
  kernelFunc: ({ inputs, backend }) => {
    const kernels = wasmKernelsOf(backend) as WasmKernels;
    const { dy, x, mean, rstd, scale } = inputs as Record<
      'dy' | 'x' | 'mean' | 'rstd' | 'scale',
      tf.TensorInfo
    >;
    const { rows, channels, blockRows, count } = blocksOf(x);
    const [dx, dGamma, dBeta] = [x.shape, [channels], [channels]].map((shape) => kernels.output(shape)) as [
      tf.TensorInfo,
      tf.TensorInfo,
      tf.TensorInfo,
    ];
    const [atDy, atX, atMean, atScale] = [dy, x, mean, scale].map(kernels.address) as [
      number,
      number,
      number,
      number,
    ];
    kernels.withScratch((count + 1) * channels * 8, (partial) => {
      const shift = partial + count * channels * 8;
      const slope = shift + channels * 4;
      kernels.over('blockGradientSums', count, BLOCK, [
        atDy,
        atX,
        atMean,
        partial,
        rows,
        channels,
        blockRows,
      ]);
      kernels.run('mergeGradientSums', [
        ...[partial, count, rows, channels, kernels.address(rstd), atScale],
        ...[kernels.address(dGamma), kernels.address(dBeta), shift, slope],
      ]);
      kernels.over('normalizeGradient', rows, channels, [
        ...[atDy, atX, kernels.address(dx), channels],
        ...[atMean, atScale, shift, slope],
      ]);
    });
    return [dx, dGamma, dBeta];
  },
};

/** The kernels that {@link batchNormWasm} runs. */
export const batchNormKernels: readonly tf.KernelConfig[] = [forward, backward];

/** The passes of training batch norm by this package's kernels, in the memory of the wasm backend. */
export const batchNormWasm: BatchNormPasses = {
  forward(x, gamma, beta, epsilon) {
    const results = tf.engine().runKernel(FORWARD, { x, gamma, beta }, { epsilon });
    const [y, mean, variance, rstd, scale] = results as unknown as [
      tf.Tensor,
      tf.Tensor1D,
      tf.Tensor1D,
      tf.Tensor1D,
      tf.Tensor1D,
    ];
    return { y, mean, variance, saved: [x, mean, rstd, scale] };
  },

  backward(dy, saved) {
    const [x, mean, rstd, scale] = saved as [tf.Tensor, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D];
    const results = tf.engine().runKernel(BACKWARD, { dy, x, mean, rstd, scale });
    const [dx, dGamma, dBeta] = results as unknown as [tf.Tensor, tf.Tensor, tf.Tensor];
    return { dx, dGamma, dBeta };
  },
};
