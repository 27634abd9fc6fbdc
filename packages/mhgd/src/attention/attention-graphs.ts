import * as tf from '@tensorflow/tfjs-core';
import type { Embedding, Labels } from '@distilljs/core';
import { scores } from './attention.js';
import type { Attention, Graphs } from './attention.js';

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
