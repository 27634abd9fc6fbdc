import * as tf from '@tensorflow/tfjs-core';
import { expectShape } from '@distilljs/core';
import type { Embedding } from '@distilljs/core';
import { unitRows } from '../unit-rows.js';
import { bilinear } from './bilinear.js';
import type { Correlations } from './correlations.js';
import { gaussianRbf } from './gaussian-rbf.js';
import { mmdEuclid } from './mmd-euclid.js';
import { mmdMean } from './mmd-mean.js';
import { taylorRbf } from './taylor-rbf.js';

/** Names of the pair metrics φ. */
export type KernelName = 'rbf-taylor' | 'rbf-exact' | 'bilinear' | 'mmd-mean' | 'mmd-euclid';

/** How a batch of embeddings becomes a correlation matrix. */
export interface CorrelationOptions {
  /**
   * The pair metric φ: `rbf-taylor` (Eq. 9), `rbf-exact`, `bilinear` (the cosine, when rows are normalised), or one of
   * the two readings of the paper's "naive MMD", `mmd-mean` and `mmd-euclid`.
   */
  readonly kernel: KernelName;
  /** γ of the RBF kernels, above 0. Others ignore it. */
  readonly gamma: number;
  /** Order P of the Taylor polynomial, 0 or more. Only `rbf-taylor` reads it. */
  readonly order: number;
  /** Whether rows are scaled to unit length first. Eq. 9 approximates a Gaussian only if they are. */
  readonly normalize: boolean;
}

/**
 * The mapping ψ: embeddings of a batch to the kernel value of every pair, `C_ij = φ(f_i, f_j)`.
 *
 * @param features `[n, d]`; any width, teacher and student need not agree
 * @returns `[n, n]`, symmetric
 * @throws DistillError code `shape` when `features` is not a matrix
 * @see Peng et al., ICCV 2019 (arXiv 1904.01802), Eq. 3–5
 */
export function correlationMatrix(features: Embedding, options: CorrelationOptions): Correlations {
  expectShape('correlationMatrix(features)', features, [null, null]);
  return tf.tidy(() => {
    const rows = options.normalize ? unitRows(features) : features;
    switch (options.kernel) {
      case 'rbf-taylor':
        return taylorRbf(rows, options.gamma, options.order);
      case 'rbf-exact':
        return gaussianRbf(rows, options.gamma);
      case 'bilinear':
        return bilinear(rows);
      case 'mmd-mean':
        return mmdMean(rows);
      case 'mmd-euclid':
        return mmdEuclid(rows);
    }
  });
}
