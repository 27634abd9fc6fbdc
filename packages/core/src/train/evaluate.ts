import * as tf from '@tensorflow/tfjs-core';
import { softmaxCrossEntropy } from '../engine/kernels/softmax-cross-entropy.js';
import { loadBatch } from '../data/index.js';
import type { Dataset, Normalization } from '../data/index.js';
import type { Images, Logits, Probabilities } from '../tensor/index.js';
import type { Evaluation } from './report.js';

/** What classifies images: a network, learning or frozen, or several together. */
export interface Classifier {
  /** Width of the logits. */
  readonly classes: number;
  /** In inference mode. */
  forward(images: Images): { readonly logits: Logits };
}

/**
 * Severalnetworks as one: the mean of their logits. (The mean of their probabilities can come to another class.)
 *
 * @param members at least one, all of one number of classes
 */
export function ensembleOf(members: readonly Classifier[]): Classifier {
  return {
    classes: members[0]?.classes ?? 0,
    forward: (images) => ({
      logits: tf.tidy(() => {
        const all = members.map((member) => member.forward(images).logits);
        return tf.div<Logits>(tf.addN(all), all.length);
      }),
    }),
  };
}

/**
 * Classifies every image of a dataset in inference mode, unaugmented.
 *
 * @param batchSize images per forward pass; it changes nothing but memory and speed. Default 128.
 */
export async function evaluate(
  network: Classifier,
  dataset: Dataset,
  normalization: Normalization,
  batchSize = 128,
): Promise<Evaluation> {
  let [correct, inTop5, loss] = [0, 0, 0];
  for (let start = 0; start < dataset.size; start += batchSize) {
    const size = Math.min(batchSize, dataset.size - start);
    const positions = Int32Array.from({ length: size }, (_, offset) => start + offset);
    const pixels = loadBatch(dataset, positions, { normalization });
    const sums = tf.tidy(() => {
      const images = tf.tensor4d(pixels, [size, ...dataset.imageShape]);
      const labels = tf.tensor1d(dataset.labels.slice(start, start + size), 'int32');
      const { logits } = network.forward(images);
      const oneHot = tf.cast(tf.oneHot(labels, network.classes), 'float32') as Probabilities;
      // Rank of the right class = number of logits above its own.
      const own = tf.sum(tf.mul(logits, oneHot), 1, true);
      const rank = tf.sum(tf.cast(tf.greater(logits, own), 'float32'), 1);
      const first = tf.cast(tf.equal(tf.argMax(logits, 1), labels), 'float32');
      const five = tf.cast(tf.less(rank, 5), 'float32');
      return tf.stack([tf.sum(first), tf.sum(five), tf.sum(softmaxCrossEntropy(oneHot, logits))]);
    });
    const [first = 0, five = 0, total = 0] = await sums.data();
    sums.dispose();
    correct += first;
    inTop5 += five;
    loss += total;
  }
  const images = dataset.size;
  return { accuracy: correct / images, top5: inTop5 / images, loss: loss / images, images };
}
