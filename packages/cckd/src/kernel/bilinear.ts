import * as tf from '@tensorflow/tfjs-core';
import type { Embedding } from '@distilljs/core';
import type { Correlations } from './correlations.js';

/**
 * Bilinear pool kernel: `C = F Fᵀ`, i.e. `φ(x, y) = xᵀ y`. With unit rows it is the cosine.
 *
 * @param features `[n, d]`
 * @see Peng et al., ICCV 2019 (arXiv 1904.01802), section 3.4
 */
export function bilinear(features: Embedding): Correlations {
  return tf.matMul(features, features, false, true);
}
