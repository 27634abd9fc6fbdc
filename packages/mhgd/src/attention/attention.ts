import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import { expectShape } from '@distilljs/core';
import type { Embedding, Labels, NamedVariables, Random } from '@distilljs/core';
import { createEmbedder, embedBatch, embedderAverages, embedderWeights, embedFrozen } from './embedder.js';
import type { Embedder } from './embedder.js';

/** The attention heads of one module: how the vectors behind it are related to those before it. */
export interface Attention {
  /** A. */
  readonly heads: number;
  /** Of the vectors at the module's back (its output). */
  readonly theta: Embedder;
  /** Of the vectors at its front (its input). */
  readonly phi: Embedder;
}

/** Scores of every back vector (rows) against every front vector (columns), per head: `[A, n, n]`. */
export type Scores = Tensor3D;
/** {@link Scores} as distributions over front vectors: rows sum to 1. `[A, n, n]`. */
export type Graphs = Tensor3D;

/** D, the width of one head's embedding: `⌊(C_F + C_B) / 2⌋`. */
export function headWidth(front: number, back: number): number {
  return Math.floor((front + back) / 2);
}

/** New heads for `front` channels before the module and `back` behind it. */
export function createAttention(heads: number, front: number, back: number, random: Random): Attention {
  const columns = headWidth(front, back) * heads;
  return {
    heads,
    theta: createEmbedder(back, columns, random.fork('theta')),
    phi: createEmbedder(front, columns, random.fork('phi')),
  };
}

export function attentionWeights(name: string, { theta, phi }: Attention): NamedVariables {
  return { ...embedderWeights(`${name}/theta`, theta), ...embedderWeights(`${name}/phi`, phi) };
}

export function attentionAverages(name: string, { theta, phi }: Attention): NamedVariables {
  return { ...embedderAverages(`${name}/theta`, theta), ...embedderAverages(`${name}/phi`, phi) };
}

/**
 * `S[a, i, j] = Σ_d θ(v^B_i)[d, a] · φ(v^F_j)[d, a]`, θ and φ a dense layer and batch norm each: no `1/√D`, no temperature.
 *
 * @param front v^F, unit rows, `[n, C_F]`
 * @param back v^B, unit rows, `[n, C_B]`
 * @param statistics `batch` while the heads learn (their moving averages follow), `moving` once they are frozen
 * @throws DistillError code `shape`
 * @see Lee and Song, BMVC 2019, section 3.2. The poster's figure has θ and φ the other way round; its equation and the
 *   authors' code have them so
 */
export function scores(
  front: Embedding,
  back: Embedding,
  { heads, theta, phi }: Attention,
  statistics: 'batch' | 'moving',
): Scores {
  expectShape('scores(front)', front, [back.shape[0], phi.kernel.shape[0]]);
  expectShape('scores(back)', back, [null, theta.kernel.shape[0]]);
  const embed = statistics === 'batch' ? embedBatch : embedFrozen;
  const perHead = (vectors: Embedding, embedder: Embedder): Tensor3D =>
    tf.reshape(embed(vectors, embedder), [vectors.shape[0], -1, heads]);
  const byBack = tf.transpose(perHead(back, theta), [2, 0, 1]);
  const byFront = tf.transpose(perHead(front, phi), [2, 1, 0]);
  return tf.matMul(byBack, byFront);
}

/** Standard deviation of all scores: what tells a head that sees nothing (near 0) from one that does. */
export function scoreDeviation(values: Scores): tf.Scalar {
  return tf.sqrt(tf.mean<tf.Scalar>(tf.squaredDifference(values, tf.mean(values))));
}

/** The graphs of a batch, to be looked at. */
export interface AttentionGraphs {
  /** One per module, `[A, n, n]`: row i is how head a spreads its attention to back vector i over the front vectors. */
  readonly graphs: readonly Graphs[];
  /** Class indices of the images that rows and columns stand for, `[n]`. */
  readonly labels: Labels;
}

/**
 * The attention graphs `softmax_j(tanh S)` of a batch, as phase `transfer` compares them; with trained heads. Whoever calls
 * disposes them.
 *
 * @param vectors per tap from front to back, unit rows, `[n, c]`: of a teacher, or a student's aligned to it
 * @param modules one between each two taps
 * @param labels of the batch, `[n]`; handed back with the graphs
 * @throws DistillError code `shape`
 */
export function attentionGraphs(
  vectors: readonly Embedding[],
  modules: readonly { readonly attention: Attention }[],
  labels: Labels,
): AttentionGraphs {
  const graphs = modules.map(({ attention }, index) =>
    tf.tidy(() => {
      const [front, back] = [vectors[index] as Embedding, vectors[index + 1] as Embedding];
      return tf.softmax(tf.tanh(scores(front, back, attention, 'moving')));
    }),
  );
  return { graphs, labels };
}
