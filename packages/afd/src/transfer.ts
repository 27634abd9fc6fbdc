import {
  asFloats,
  DistillError,
  expectOption,
  expectRandom,
  expectShape,
  expectShapes,
  flag,
  inRange,
  objectWith,
} from '@distilljs/core';
import type { FeatureMap, MapShape, NamedVariables, Random } from '@distilljs/core';
import * as tf from '@tensorflow/tfjs-core';
import { convBatchNorm, createBatchNorm, createConvolution } from './conv-batch-norm.js';
import { mapShapeCheck, pairOf } from './options.js';

/**
 * The common shape `[height, width, channels]` for the maps of different networks: the smallest height and width, and
 * the given number of channels (`auto`: the largest).
 */
export function commonShape(
  maps: readonly { readonly shape: MapShape }[],
  commonWidth: number | 'auto',
): MapShape {
  const smallest = (axis: 0 | 1): number => Math.min(...maps.map(({ shape }) => shape[axis]));
  const [height, width] = [smallest(0), smallest(1)];
  const channels = commonWidth === 'auto' ? Math.max(...maps.map(({ shape }) => shape[2])) : commonWidth;
  return [height, width, channels];
}

/** Weights of a transfer layer; the kernel is `[1, 1, in, out]`, the others `[out]`. */
export interface TransferWeights {
  readonly kernel: tf.Tensor4D;
  readonly bias: tf.Tensor1D;
  readonly gamma: tf.Tensor1D;
  readonly beta: tf.Tensor1D;
}

/** Converts one network's map to the common shape. */
export interface Transfer {
  /** Window `[rows, columns]` of the average pooling before the weights; may be fractional. `[1, 1]` does not pool. */
  readonly pool: readonly [number, number];
  /** Left out for a layer that only averages. */
  readonly weights?: TransferWeights | undefined;
  /** The same weights, to be trained with the extractor and saved; empty where there are none. */
  readonly variables: NamedVariables;
  /** Number of weights. */
  readonly parameters: number;
  /** Multiply–accumulate operations per map. */
  readonly macs: number;
}

/**
 * A transfer layer with fresh weights; the caller disposes its variables.
 *
 * @param from shape of the network's map, `[height, width, channels]`
 * @param to common shape, no higher or wider than `from`
 * @param trained false for average pooling alone
 * @throws DistillError code `shape` for a map smaller than `to`, or of other channels where nothing is trained;
 *   `option` for wrong arguments
 */
export function createTransfer(from: MapShape, to: MapShape, trained: boolean, random: Random): Transfer {
  expectOption('createTransfer(from)', from, mapShapeCheck);
  expectOption('createTransfer(to)', to, mapShapeCheck);
  expectOption('createTransfer(trained)', trained, flag);
  expectRandom('createTransfer(random)', random);
  const pool = [from[0] / to[0], from[1] / to[1]] as const;
  if (!pool.every((window) => window >= 1)) {
    throw new DistillError({
      code: 'shape',
      where: 'createTransfer(from)',
      expected: `a map of at least ${to[0]}×${to[1]}`,
      got: `${from[0]}×${from[1]}`,
    });
  }
  if (!trained && from[2] !== to[2]) {
    throw new DistillError({
      code: 'shape',
      where: 'createTransfer(from)',
      expected: `a map of ${to[2]} channels, where no layer is trained that changes them`,
      got: String(from[2]),
    });
  }
  if (!trained) return { pool, variables: {}, parameters: 0, macs: 0 };
  const [inputs, outputs] = [from[2], to[2]];
  const forks = { kernel: random.fork('kernel'), bias: random.fork('bias') };
  const weights = {
    ...createConvolution([1, 1, inputs, outputs], forks),
    ...createBatchNorm(outputs),
  };
  return {
    pool,
    weights,
    variables: weights,
    parameters: (inputs + 3) * outputs,
    macs: to[0] * to[1] * inputs * outputs,
  };
}

/**
 * `T(F) = ReLU(BN(conv1×1(pool(F))))`. Batch norm uses the statistics of this batch. A layer without weights only
 * pools, and with a pool of `[1, 1]` returns the map unchanged.
 *
 * The paper has transfer layers where architectures differ. Their contents are unknown; these are ours.
 *
 * @param map `[n, h, w, c]`
 * @returns `[n, h', w', c']`
 * @throws DistillError code `shape` for a map of another size or other channels, `option` for a value that is not a
 *   transfer layer
 */
export function transfer(map: FeatureMap, layer: Pick<Transfer, 'pool' | 'weights'>): FeatureMap {
  expectOption('transfer(layer)', layer, objectWith('pool'));
  const { pool, weights } = layer;
  expectOption('transfer(layer).pool', pool, pairOf(inRange(1, 65_536)));
  expectShape('transfer(map)', map, [null, null, null, null]);
  const [, height, width, channels] = map.shape;
  // A remainder would be cut off without notice.
  const isWhole = (windows: number): boolean => Math.abs(windows - Math.round(windows)) < 1e-6;
  if (!isWhole(height / pool[0]) || !isWhole(width / pool[1])) {
    throw new DistillError({
      code: 'shape',
      where: 'transfer(map)',
      expected: `maps whose height and width windows of ${pool.join('×')} divide`,
      got: `${height}×${width}`,
    });
  }
  if (weights !== undefined) {
    expectShapes('transfer(layer).weights', weights, { kernel: [1, 1, channels, null] });
    const all = [weights.kernel.shape[3]];
    expectShapes('transfer(layer).weights', weights, { bias: all, gamma: all, beta: all });
  }
  const pooled = averaged(asFloats(map), pool);
  return weights === undefined ? pooled : tf.relu(convBatchNorm(pooled, weights, 1));
}

/** Each new pixel is the mean of the area that it covers; pixels at the edge count by the share that is covered. */
function averaged(map: FeatureMap, [rows, columns]: Transfer['pool']): FeatureMap {
  if (rows === 1 && columns === 1) return map;
  if (Number.isInteger(rows) && Number.isInteger(columns))
    return tf.avgPool(map, [rows, columns], [rows, columns], 'valid');
  const [images, height, width, channels] = map.shape;
  const to = [Math.round(height / rows), Math.round(width / columns)] as const;
  const tall = tf.reshape(map, [images, height, width * channels]);
  const short = tf.matMul(shares(height, to[0], images), tall);
  const wide = tf.reshape(short, [images * to[0], width, channels]);
  return tf.reshape(tf.matMul(shares(width, to[1], images * to[0]), wide), [images, ...to, channels]);
}

/** `[copies, to, from]`: the share of each old pixel in each new one, along one axis. */
function shares(from: number, to: number, copies: number): tf.Tensor3D {
  const width = from / to;
  const rows = Array.from({ length: to }, (_, row) =>
    Array.from({ length: from }, (__, at) => {
      const covered = Math.min(at + 1, (row + 1) * width) - Math.max(at, row * width);
      return Math.max(0, covered) / width;
    }),
  );
  return tf.tile(tf.tensor3d([rows]), [copies, 1, 1]);
}
