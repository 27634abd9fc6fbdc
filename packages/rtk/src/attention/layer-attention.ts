import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { linearNorm } from './linear-norm.js';
import type { LinearNorm, NormStatistics } from './linear-norm.js';

/** What the attention learns. Q queries, K keys, d the width. */
export interface AttentionWeights {
  /** One linear map per querying layer, to d. */
  readonly query: LinearNorm;
  /** One per key layer, to d. */
  readonly key: LinearNorm;
  /** One for all keys, from d to `Q · d`: column `q·d + j`. */
  readonly bilinear: LinearNorm;
  /** `[Q, d]`. */
  readonly queryPositions: Tensor2D;
  /** `[K, d]`. */
  readonly keyPositions: Tensor2D;
}

/** Statistics of the three batch norms. */
export interface AttentionStatistics {
  readonly query: NormStatistics;
  readonly key: NormStatistics;
  /** Over `batch · K` rows. */
  readonly bilinear: NormStatistics;
}

/** Logits of the attention and the statistics that its batch norms took from the batch. */
export interface LayerAttention {
  /** `[batch, Q, K]`; their softmax over K is the attention. */
  readonly logits: Tensor3D;
  readonly batch: AttentionStatistics;
}

/**
 * How much each querying layer attends to each key layer, per image:
 *
 * `Q_q = LB_q(c_q)`, `K_k = relu(LB_k(c_k))`, `K̃ = LB(K)` reshaped to `[batch, K, Q, d]`,
 * `ℓ[b, q, k] = (Σ_j K̃[b, k, q, j] · Q[b, q, j] + PQ_q · PK_k) / √d`.
 *
 * The bilinear map has one matrix per query, shared by all keys; its batch norm mixes the keys (batch · K rows). Call it
 * inside `tf.tidy`.
 *
 * @param queries channel means of the querying layers, `[batch, channels]` each
 * @param keys of the key layers
 * @param statistics for images one by one; default: the batch's own, as always while distilling
 * @see Ji, Heo, Park, AAAI 2021, by its code: the text has an activation on both sides and no batch norm here
 */
export function layerAttention(
  queries: readonly Tensor2D[],
  keys: readonly Tensor2D[],
  weights: AttentionWeights,
  statistics?: AttentionStatistics,
): LayerAttention {
  const [count, width] = weights.queryPositions.shape;
  const query = linearNorm(queries, weights.query, statistics?.query);
  const key = linearNorm(keys, weights.key, statistics?.key);
  const keyRows = tf.reshape<tf.Rank.R2>(tf.relu(key.output), [-1, width]);
  const bilinear = linearNorm([keyRows], weights.bilinear, statistics?.bilinear);
  const perPair = tf.reshape<tf.Rank.R4>(bilinear.output, [-1, keys.length, count, width]);
  const products: Tensor4D = tf.mul(perPair, tf.reshape(query.output, [-1, 1, count, width]));
  const content = tf.transpose(tf.sum<Tensor3D>(products, 3), [0, 2, 1]);
  const position = tf.matMul(weights.queryPositions, weights.keyPositions, false, true);
  return {
    logits: tf.mul(tf.add(content, position), 1 / Math.sqrt(width)),
    batch: { query: query.batch, key: key.batch, bilinear: bilinear.batch },
  };
}
