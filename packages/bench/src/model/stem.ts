import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { ModelShape } from './built-model.js';
import { convBatchNorm, halvingPool, relu } from './conv-bn.js';

/**
 * What a network begins with: `32` keeps the size of small images, `224` halves photographs before the stages see them.
 * Where a network has both, images of 64×64 and larger get the one for 224 pixels unless its name says otherwise.
 */
export type Stem = 32 | 224;

/** Images of this edge and above are photographs. */
export const LARGE_EDGE = 64;

/** The stem for images of this size. */
export const stemFor = ({ imageShape: [height, width] }: ModelShape): Stem =>
  Math.min(height, width) < LARGE_EDGE ? 32 : 224;

/**
 * Convolution, batch norm, ReLU (`stem_output`), and with `pooled` a 3×3 maximum at stride 2 (`stem_pool`).
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
