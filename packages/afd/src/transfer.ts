import { DistillError } from '@distilljs/core';
import type { FeatureMap, MapShape, NamedVariables, Random } from '@distilljs/core';
import * as tf from '@tensorflow/tfjs-core';
import { convBatchNorm, createBatchNorm, createConvolution } from './conv-batch-norm.js';

/**
 * The shape that maps of different networks are brought into: the smallest height and width, and the given number of
 * channels (`auto`: the largest).
 *
 * @param maps each with how errors call it
 * @throws DistillError code `shape` when a height or width is no multiple of the smallest
 */
export function commonShape(
  maps: readonly { readonly where: string; readonly shape: MapShape }[],
  commonWidth: number | 'auto',
): MapShape {
  const smallest = (axis: 0 | 1): number => Math.min(...maps.map(({ shape }) => shape[axis]));
  const [height, width] = [smallest(0), smallest(1)];
  const uneven = maps.find(({ shape }) => shape[0] % height !== 0 || shape[1] % width !== 0);
  if (uneven !== undefined) {
    throw new DistillError({
      code: 'shape',
      where: uneven.where,
      expected: `a map whose height and width are multiples of the smallest (${height}×${width})`,
      got: `${uneven.shape[0]}×${uneven.shape[1]}`,
      hint: 'Tap layers of sizes that divide each other.',
    });
  }
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

/** Brings one network's map into the shape that all have in common. */
export interface Transfer {
  /** Averages windows of `[rows, columns]` first; `[1, 1]` leaves the map as it is. */
  readonly pool: readonly [number, number];
  /** Left out where the channels stay as they are. */
  readonly weights?: TransferWeights | undefined;
  /** The same weights, to be trained with the extractor and saved; empty where there are none. */
  readonly variables: NamedVariables;
  readonly parameters: number;
  /** Multiply–accumulate operations per map. */
  readonly macs: number;
}

/**
 * A transfer layer with fresh weights; the caller disposes its variables.
 *
 * @param from the network's map
 * @param to what all maps become; its height and width divide those of `from`
 * @param trained false for pooling alone
 * @throws DistillError code `shape` when they do not divide
 */
export function createTransfer(from: MapShape, to: MapShape, trained: boolean, random: Random): Transfer {
  const pool = [from[0] / to[0], from[1] / to[1]] as const;
  if (!pool.every((window) => Number.isInteger(window) && window > 0)) {
    throw new DistillError({
      code: 'shape',
      where: 'createTransfer(from)',
      expected: `a height and width that are multiples of ${to[0]}×${to[1]}`,
      got: `${from[0]}×${from[1]}`,
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
 * `T(F) = ReLU(BN(conv1×1(pool(F))))`, batch norm by the statistics of this batch; the parts that are not needed are left
 * out, and all of them for a map that has the common shape.
 *
 * The paper has transfer layers where architectures differ; what is in them is not known, this is ours.
 * @param map `[n, h, w, c]`
 * @returns `[n, h', w', c']`
 */
export function transfer(map: FeatureMap, { pool, weights }: Pick<Transfer, 'pool' | 'weights'>): FeatureMap {
  const [rows, columns] = pool;
  const pooled =
    rows === 1 && columns === 1 ? map : tf.avgPool(map, [rows, columns], [rows, columns], 'valid');
  return weights === undefined ? pooled : tf.relu(convBatchNorm(pooled, weights, 1));
}
