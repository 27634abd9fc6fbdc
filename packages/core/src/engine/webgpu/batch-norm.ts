import * as tf from '@tensorflow/tfjs-core';
import type { BatchNormPasses } from '../kernels/batch-norm-passes.js';
import { TILE, hasShaders, runShader } from './program.js';
import type { Shader } from './program.js';

/** Maximum number of row blocks summed in parallel, and minimum number of rows in a block. */
const BLOCKS = 64;
const BLOCK_ROWS = 256;

interface Blocks {
  readonly rows: number;
  readonly channels: number;
  readonly blockRows: number;
  readonly count: number;
}

/** How x [n, ..., channels] is split for sums: by its shape alone, so that sums are reproducible. */
function blocksOf(x: tf.TensorInfo): Blocks {
  const channels = x.shape.at(-1) ?? 1;
  const rows = tf.util.sizeFromShape(x.shape) / channels;
  const blockRows = Math.max(BLOCK_ROWS, Math.ceil(rows / BLOCKS));
  return { rows, channels, blockRows, count: Math.ceil(rows / blockRows) };
}

/** Sums over the rows of a block, each group of threads for some channels of one block: [blocks, 2, channels]. */
const overBlocks = (name: string, x: tf.TensorInfo, inputs: Shader['inputs'], sums: string): Shader => {
  const { rows, channels, blockRows, count } = blocksOf(x);
  return {
    name,
    inputs,
    outputShape: [count, 2, channels],
    tiles: [Math.ceil(channels / TILE), count],
    integers: { rows, channels, blockRows },
    helpers: `
      var<workgroup> lanes : array<array<f32, ${TILE}>, ${TILE}>;

      // The lanes' values of one channel, added in their order.
      fn added(value : f32) -> f32 {
        workgroupBarrier();
        lanes[localId.y][localId.x] = value;
        workgroupBarrier();
        var sum = 0.0;
        for (var lane = 0; lane < ${TILE}; lane++) { sum += lanes[lane][localId.x]; }
        return sum;
      }`,
    body: `
      let channel = i32(workgroupId.x) * ${TILE} + i32(localId.x);
      let block = i32(workgroupId.y);
      let isIn = channel < uniforms.channels;
      let first = block * uniforms.blockRows + i32(localId.y);
      // Lanes beyond the last channel add up nothing, but meet the others at every barrier.
      let end = select(0, min((block + 1) * uniforms.blockRows, uniforms.rows), isIn);
      ${sums}
      if (isIn && localId.y == 0u) {
        result[(block * 2) * uniforms.channels + channel] = firstSum;
        result[(block * 2 + 1) * uniforms.channels + channel] = secondSum;
      }`,
  };
};

const LANE_ROWS = `var row = first; row < end; row += ${TILE}`;
const AT = 'row * uniforms.channels + channel';

/** Per block: the sum of x, and the sum of squares of x - the block's mean. */
const moments = (x: tf.TensorInfo): Shader =>
  overBlocks(
    'moments',
    x,
    { x },
    `
      var sum = 0.0;
      for (${LANE_ROWS}) { sum += x[${AT}]; }
      let firstSum = added(sum);
      let mean = firstSum / f32(max(1, end - block * uniforms.blockRows));
      var squares = 0.0;
      for (${LANE_ROWS}) { let centred = x[${AT}] - mean; squares += centred * centred; }
      let secondSum = added(squares);`,
  );

/** Per block: the sums of dy and of dy * (x - mean) * rstd. */
const gradientSums = (dy: tf.TensorInfo, x: tf.TensorInfo, statistics: Statistics): Shader => ({
  ...overBlocks(
    'gradientSums',
    x,
    { dy, x, mean: statistics.mean, variance: statistics.variance },
    `
      let at = min(channel, uniforms.channels - 1);
      let centre = mean[at];
      let rstd = inverseSqrt(variance[at] + uniforms.epsilon);
      var sum = 0.0;
      var product = 0.0;
      for (${LANE_ROWS}) {
        let slope = dy[${AT}];
        sum += slope;
        product += slope * (x[${AT}] - centre) * rstd;
      }
      let firstSum = added(sum);
      let secondSum = added(product);`,
  ),
  floats: { epsilon: statistics.epsilon },
});

interface Statistics {
  readonly mean: tf.TensorInfo;
  readonly variance: tf.TensorInfo;
  readonly epsilon: number;
}

/** One of the two sums of {@link overBlocks} over all blocks, times a factor: [channels]. */
const merged = (blocks: tf.TensorInfo, part: 0 | 1, factor: number): Shader => ({
  name: 'merged',
  inputs: { blocks },
  outputShape: [blocks.shape[2] ?? 1],
  integers: { part, count: blocks.shape[0] ?? 1 },
  floats: { factor },
  body: `
    var sum = 0.0;
    for (var block = 0; block < uniforms.count; block++) {
      sum += blocks[(block * 2 + uniforms.part) * uniforms.size + index];
    }
    result[index] = sum * uniforms.factor;`,
});

/** The variance of all rows from those of the blocks: squares within them, and squares of their means around the whole's. */
const mergedVariance = (blocks: tf.TensorInfo, mean: tf.TensorInfo, x: tf.TensorInfo): Shader => {
  const { rows, blockRows, count } = blocksOf(x);
  return {
    name: 'mergedVariance',
    inputs: { blocks, mean },
    outputShape: mean.shape,
    integers: { rows, blockRows, count },
    body: `
      var squares = 0.0;
      for (var block = 0; block < uniforms.count; block++) {
        let size = f32(min(uniforms.blockRows, uniforms.rows - block * uniforms.blockRows));
        let away = blocks[block * 2 * uniforms.size + index] / size - mean[index];
        squares += blocks[(block * 2 + 1) * uniforms.size + index] + size * away * away;
      }
      result[index] = squares / f32(uniforms.rows);`,
  };
};

const CHANNEL = 'let channel = index % uniforms.channels;';

const normalized = (
  x: tf.TensorInfo,
  { mean, variance, epsilon }: Statistics,
  gamma: tf.TensorInfo,
  beta: tf.TensorInfo,
): Shader => ({
  name: 'normalized',
  inputs: { x, mean, variance, gamma, beta },
  outputShape: x.shape,
  integers: { channels: mean.shape[0] ?? 1 },
  floats: { epsilon },
  body: `${CHANNEL}
    let scale = gamma[channel] * inverseSqrt(variance[channel] + uniforms.epsilon);
    result[index] = (x[index] - mean[channel]) * scale + beta[channel];`,
});

const inputGradient = (
  dy: tf.TensorInfo,
  x: tf.TensorInfo,
  { mean, variance, epsilon }: Statistics,
  { gamma, dGamma, dBeta }: Readonly<Record<'gamma' | 'dGamma' | 'dBeta', tf.TensorInfo>>,
): Shader => ({
  name: 'inputGradient',
  inputs: { dy, x, mean, variance, gamma, dGamma, dBeta },
  outputShape: x.shape,
  integers: { channels: mean.shape[0] ?? 1 },
  floats: { epsilon, share: 1 / blocksOf(x).rows },
  body: `${CHANNEL}
    let rstd = inverseSqrt(variance[channel] + uniforms.epsilon);
    let xhat = (x[index] - mean[channel]) * rstd;
    let away = (dBeta[channel] + xhat * dGamma[channel]) * uniforms.share;
    result[index] = gamma[channel] * rstd * (dy[index] - away);`,
});

/** With a tensor's memory seen as a matrix [rows, channels], so that one shader serves all ranks. */
const asRows = (x: tf.TensorInfo): tf.TensorInfo => {
  const { rows, channels } = blocksOf(x);
  return { ...x, shape: [rows, channels] };
};

const FORWARD = 'DistillBatchNorm';
const BACKWARD = 'DistillBatchNormGrad';

type Named<K extends string> = Readonly<Record<K, tf.TensorInfo>>;

/** x, gamma, beta and epsilon to y, mean and variance: four shaders. */
const forward: tf.KernelConfig = {
  kernelName: FORWARD,
  backendName: 'webgpu',
  kernelFunc: ({ inputs, attrs, backend }) => {
    const { x, gamma, beta } = inputs as Named<'x' | 'gamma' | 'beta'>;
    const { epsilon } = attrs as { epsilon: number };
    const rows = asRows(x);
    const blocks = runShader(backend, moments(rows));
    const mean = runShader(backend, merged(blocks, 0, 1 / blocksOf(x).rows));
    const variance = runShader(backend, mergedVariance(blocks, mean, rows));
    const y = runShader(backend, normalized(rows, { mean, variance, epsilon }, gamma, beta));
    release(backend, blocks);
    return [{ ...y, shape: x.shape }, mean, variance];
  },
};

/** dy, x, mean, variance, gamma and epsilon to dx, dgamma and dbeta: four shaders. */
const backward: tf.KernelConfig = {
  kernelName: BACKWARD,
  backendName: 'webgpu',
  kernelFunc: ({ inputs, attrs, backend }) => {
    const { dy, x, mean, variance, gamma } = inputs as Named<'dy' | 'x' | 'mean' | 'variance' | 'gamma'>;
    const statistics = { mean, variance, epsilon: (attrs as { epsilon: number }).epsilon };
    const [dyRows, xRows] = [asRows(dy), asRows(x)];
    const blocks = runShader(backend, gradientSums(dyRows, xRows, statistics));
    const dBeta = runShader(backend, merged(blocks, 0, 1));
    const dGamma = runShader(backend, merged(blocks, 1, 1));
    const dx = runShader(backend, inputGradient(dyRows, xRows, statistics, { gamma, dGamma, dBeta }));
    release(backend, blocks);
    return [{ ...dx, shape: x.shape }, dGamma, dBeta];
  },
};

const release = (backend: unknown, { dataId }: tf.TensorInfo): void =>
  void (backend as { disposeData(dataId: object): boolean }).disposeData(dataId);

/** The kernels that {@link batchNormWebGpu} runs. */
export const batchNormWebGpuKernels: readonly tf.KernelConfig[] = [forward, backward];

/** The passes of training batch norm by compute shaders; null on other backends. */
export const batchNormWebGpu = (epsilon: number): BatchNormPasses | null =>
  hasShaders(FORWARD) ? passes(epsilon) : null;

const passes = (epsilon: number): BatchNormPasses => ({
  forward(x, gamma, beta) {
    const results = tf.engine().runKernel(FORWARD, { x, gamma, beta }, { epsilon });
    const [y, mean, variance] = results as unknown as [tf.Tensor, tf.Tensor1D, tf.Tensor1D];
    return { y, mean, variance, saved: [x, mean, variance, gamma] };
  },

  backward(dy, saved) {
    const [x, mean, variance, gamma] = saved as [tf.Tensor, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D];
    const results = tf.engine().runKernel(BACKWARD, { dy, x, mean, variance, gamma }, { epsilon });
    const [dx, dGamma, dBeta] = results as unknown as [tf.Tensor, tf.Tensor, tf.Tensor];
    return { dx, dGamma, dBeta };
  },
});
