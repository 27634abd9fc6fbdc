import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import {
  aTensor,
  expectOption,
  expectRandom,
  expectShape,
  expectSizes,
  listOf,
  objectWith,
  oneOf,
} from '@distilljs/core';
import type { Embedding, Labels, NamedVariables, Random } from '@distilljs/core';
import {
  createEmbedder,
  embedBatch,
  embedderAverages,
  embedderWeights,
  embedFrozen,
  expectEmbedder,
} from './embedder.js';
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

/**
 * D, the width of one head's embedding: `⌊(C_F + C_B) / 2⌋`.
 *
 * @throws DistillError code `option` for what is no whole number above 0
 */
export function headWidth(front: number, back: number): number {
  expectSizes('headWidth', { front, back });
  return Math.floor((front + back) / 2);
}

/**
 * New heads for `front` channels before the module and `back` behind it.
 *
 * @throws DistillError code `option`
 */
export function createAttention(heads: number, front: number, back: number, random: Random): Attention {
  expectSizes('createAttention', { heads, front, back });
  expectRandom('createAttention(random)', random);
  const columns = headWidth(front, back) * heads;
  return {
    heads,
    theta: createEmbedder(back, columns, random.fork('theta')),
    phi: createEmbedder(front, columns, random.fork('phi')),
  };
}

/** @throws DistillError code `option` or `shape` for what is not as {@link createAttention} makes it */
export function expectAttention(where: string, attention: Attention): void {
  expectOption(where, attention, objectWith('heads', 'theta', 'phi'));
  const { heads, theta, phi } = attention;
  expectSizes(where, { heads });
  expectEmbedder(`${where}.theta`, theta, null);
  const columns = theta.kernel.shape[1];
  expectEmbedder(`${where}.theta`, theta, Math.ceil(columns / heads) * heads);
  expectEmbedder(`${where}.phi`, phi, columns);
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
 * @throws DistillError code `shape`, or `option` for other statistics
 * @see Lee and Song, BMVC 2019, section 3.2. The poster's figure has θ and φ the other way round; its equation and the
 *   authors' code have them so
 */
export function scores(
  front: Embedding,
  back: Embedding,
  attention: Attention,
  statistics: 'batch' | 'moving',
): Scores {
  expectAttention('scores(attention)', attention);
  const { heads, theta, phi } = attention;
  expectShape('scores(back)', back, [null, theta.kernel.shape[0]]);
  expectShape('scores(front)', front, [back.shape[0], phi.kernel.shape[0]]);
  expectOption('scores(statistics)', statistics, oneOf('batch', 'moving'));
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
 * @throws DistillError code `shape`, or `option` for lists that do not fit each other
 */
export function attentionGraphs(
  vectors: readonly Embedding[],
  modules: readonly { readonly attention: Attention }[],
  labels: Labels,
): AttentionGraphs {
  expectOption('attentionGraphs(modules)', modules, listOf(objectWith('attention'), 1));
  const taps = modules.length + 1;
  expectOption('attentionGraphs(vectors)', vectors, listOf(aTensor, taps, taps));
  expectShape('attentionGraphs(labels)', labels, [(vectors[0] as Embedding).shape[0]]);
  const graphs = tf.tidy(() =>
    modules.map(({ attention }, index) => {
      const [front, back] = [vectors[index] as Embedding, vectors[index + 1] as Embedding];
      return tf.softmax(tf.tanh(scores(front, back, attention, 'moving')));
    }),
  );
  return { graphs, labels };
}
