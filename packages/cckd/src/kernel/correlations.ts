import type { Tensor2D } from '@tensorflow/tfjs-core';

/** One kernel value per pair of images of a batch, `[n, n]`, symmetric: the paper's `C` (Eq. 3–5). */
export type Correlations = Tensor2D;
