import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { ModelShape } from './built-model.js';
import { convBatchNorm, halvingPool, relu } from './conv-bn.js';

/**
 * A network's first layers: `32` keeps the size of small images, `224` downsamples photographs before the first stage.
 * Where a network has both, images of 64×64 and larger get the stem for 224 pixels unless the network's name says otherwise.
 */
export type Stem = 32 | 224;

/** Images of at least this edge count as photographs. */
export const LARGE_EDGE = 64;

/** The stem for images of this size. */
export const stemFor = ({ imageShape: [height, width] }: ModelShape): Stem =>
  Math.min(height, width) < LARGE_EDGE ? 32 : 224;

/**
 * Convolution, batch norm, ReLU (`stem_output`), and with `pooled` 3×3 max pooling at stride 2 (`stem_pool`).
 */
export function stemOf(images: SymbolicTensor, { pooled, ...convolution }: StemOptions): SymbolicTensor {
  const x = relu(convBatchNorm(images, { prefix: 'stem' }, convolution), 'stem_output');
  return pooled ? halvingPool(x, 'max', 'stem') : x;
}

interface StemOptions {
  readonly filters: number;
  readonly size: number;
  readonly stride: number;
  readonly pooled: boolean;
}
