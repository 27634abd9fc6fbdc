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

/** The attention heads of one module. They relate the vectors at its back (output) to those at its front (input). */
export interface Attention {
  /** A, the number of heads. */
  readonly heads: number;
  /** θ, embeds the vectors at the module's back. */
  readonly theta: Embedder;
  /** φ, embeds the vectors at its front. */
  readonly phi: Embedder;
}

/** Scores of every back vector (rows) against every front vector (columns), per head: `[A, n, n]`. */
export type Scores = Tensor3D;
/** {@link Scores} as distributions over front vectors: rows sum to 1. `[A, n, n]`. */
export type Graphs = Tensor3D;

/**
 * D, the width of one head's embedding: `⌊(C_F + C_B) / 2⌋`.
 *
 * @throws DistillError code `option` for anything but a whole number above 0
 */
export function headWidth(front: number, back: number): number {
  expectSizes('headWidth', { front, back });
  return Math.floor((front + back) / 2);
}

/**
 * New heads for a module with `front` input channels and `back` output channels.
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

/** @throws DistillError code `option` or `shape` for anything that {@link createAttention} would not make */
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
 * `S[a, i, j] = Σ_d θ(v^B_i)[d, a] · φ(v^F_j)[d, a]`, `[A, n, n]`. θ and φ are a dense layer and batch norm each. There
 * is no factor `1/√D` and no temperature.
 *
 * @param front v^F, unit rows, `[n, C_F]`
 * @param back v^B, unit rows, `[n, C_B]`
 * @param statistics `batch` while the heads learn (and their moving averages are updated), `moving` once they are
 *   frozen
 * @throws DistillError code `shape`, or `option` for other statistics
 * @see Lee and Song, BMVC 2019, section 3.2. The poster's figure swaps θ and φ; its equation and the authors' code have
 *   them as here
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

/** Standard deviation of all scores, `[]`; near 0 for heads that tell no vectors apart. */
export function scoreDeviation(values: Scores): tf.Scalar {
  return tf.sqrt(tf.mean<tf.Scalar>(tf.squaredDifference(values, tf.mean(values))));
}

/** The graphs of a batch, for inspection. */
export interface AttentionGraphs {
  /** One per module, `[A, n, n]`: row i of head a is the attention of back vector i over the front vectors. */
  readonly graphs: readonly Graphs[];
  /** Class indices of the images behind the rows and columns, `[n]`. */
  readonly labels: Labels;
}

/**
 * The attention graphs `softmax_j(tanh S)` of a batch, as phase `transfer` compares them. The heads use their moving
 * averages. The caller disposes the graphs.
 *
 * @param vectors per tap from front to back, unit rows, `[n, c]`: a teacher's, or a student's aligned to them
 * @param modules one for each pair of neighbouring taps
 * @param labels of the batch, `[n]`; returned with the graphs
 * @throws DistillError code `shape`, or `option` for lists of lengths that do not match
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
