import * as tf from '@tensorflow/tfjs-core';
import { DistillError } from '../error/index.js';
import { expectTensor, shapeText } from '../tensor/index.js';
import type { Embedding, Tensor } from '../tensor/index.js';

/**
 * A tap's output as one row per image: `[n, d]` unchanged, `[n, h, w, c]` averaged over height and width to
 * `[n, c]`.
 *
 * @param where the tap, for the message, e.g. `student tap 'stage3'`
 * @throws DistillError code `shape` for any other number of axes
 */
export function pooledEmbedding(where: string, output: Tensor): Embedding {
  pooledWidth(where, (output as Partial<Tensor> | undefined)?.shape?.slice(1) ?? []);
  expectTensor(where, output);
  return output.rank === 2 ? (output as Embedding) : tf.mean<Embedding>(output, [1, 2]);
}

/**
 * Width of {@link pooledEmbedding} for a tap's shape without the batch axis: `d` of `[d]`, `c` of `[h, w, c]`.
 *
 * @throws DistillError code `shape` for any other number of axes
 */
export function pooledWidth(where: string, shape: readonly number[]): number {
  const width = shape.at(-1);
  if (width !== undefined && (shape.length === 1 || shape.length === 3)) return width;
  throw new DistillError({
    code: 'shape',
    where,
    expected: 'an embedding [*, width] or a feature map [*, height, width, channels]',
    got: shapeText([null, ...shape]),
    hint: 'Tap a layer with such an output, e.g. the pooling layer before the classifier.',
  });
}
