import * as tf from '@tensorflow/tfjs-core';
import type { Images, Logits } from '../tensor/index.js';

/** What classifies images: a network, learning or frozen, or several together. */
export interface Classifier {
  /** Width of the logits. */
  readonly classes: number;
  /** In inference mode. */
  forward(images: Images): { readonly logits: Logits };
}

/**
 * Several networks as one: the mean of their logits. (The mean of their probabilities can come to another class.)
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
