import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import {
  asFloats,
  expectOption,
  expectSameShape,
  expectShape,
  temperatureRange,
  withoutTape,
} from '@distilljs/core';
import type { Logits, Probabilities } from '@distilljs/core';

/**
 * Binary cross-entropy of every subtask "is it class k?", mean over the batch, in nats:
 * `L_k = −(1/n) Σ [h ln σ(m) + (1 − h) ln σ(−m)]`.
 *
 * @param targets h, `[n, classes]` in `[0, 1]`, constant; rows need not sum to 1
 * @param margins m = u⁺ − u⁻, `[n, classes]`
 * @param weights `[n]`, factors of the images' losses; default 1
 * @returns `[classes]`
 * @throws DistillError code `shape`
 */
export function subtaskCrossEntropy(targets: Probabilities, margins: Logits, weights?: Tensor1D): Tensor1D {
  expectPair('subtaskCrossEntropy', { targets }, margins, weights);
  return tf.tidy(() => {
    // h ln σ(m) + (1 − h) ln σ(−m) = h m − softplus(m)
    return meanOverImages(tf.sub(tf.softplus(asFloats(margins)), tf.mul(targets, margins)), weights);
  });
}

/**
 * Distillation of every subtask, mean over the batch: `L_k = T²/n Σ KL(q_k ‖ σ(m_k / T))`. The target is the teacher's
 * probability of the subtask's "yes", `q_k = softmax(z / T)_k = σ(z_k / T − LSE_{j≠k}(z_j / T))`, a constant.
 *
 * @param teacher logits z, `[n, classes]`
 * @param margins m = u⁺ − u⁻, `[n, classes]`
 * @param temperature T, 0.01 to 1000
 * @param weights `[n]`, factors of the images' losses; default 1
 * @returns `[classes]`, in nats
 * @throws DistillError code `shape`, or `option` for a temperature outside 0.01 to 1000
 * @see Xue et al., KDExplainer, IJCAI 2021. Certainty: binary subtasks are the abstract's; the soft targets are
 *   proposed, as the only reading that needs no further assumption.
 */
export function subtaskKd(
  teacher: Logits,
  margins: Logits,
  temperature: number,
  weights?: Tensor1D,
): Tensor1D {
  expectPair('subtaskKd', { teacher }, margins, weights);
  return tf.tidy(() => {
    const [soft, negativeEntropy] = withoutTape((): [tf.Tensor, tf.Tensor] => {
      const logits = teacherBinaryLogits(teacher, temperature);
      const yes = tf.mul(tf.sigmoid(logits), tf.logSigmoid(logits));
      const no = tf.mul(tf.sigmoid(tf.neg(logits)), tf.logSigmoid(tf.neg(logits)));
      return [tf.sigmoid(logits), tf.add(yes, no)];
    });
    const scaled = tf.div<Logits>(margins, temperature);
    const divergence = tf.add(negativeEntropy, tf.sub(tf.softplus(scaled), tf.mul(soft, scaled)));
    return tf.mul<Tensor1D>(meanOverImages(divergence, weights), temperature * temperature);
  });
}

/** Throws unless the compared tensors are all `[n, classes]` and the weights, if any, `[n]`. */
function expectPair(
  owner: string,
  compared: Readonly<Record<string, tf.Tensor>>,
  margins: Logits,
  weights: Tensor1D | undefined,
): void {
  expectShape(`${owner}(margins)`, margins, [null, null]);
  for (const [name, tensor] of Object.entries(compared))
    expectSameShape(`${owner}(${name})`, tensor, `${owner}(margins)`, margins);
  if (weights !== undefined) expectShape(`${owner}(weights)`, weights, [margins.shape[0]]);
}

const meanOverImages = (losses: tf.Tensor, weights: Tensor1D | undefined): Tensor1D =>
  tf.mean<Tensor1D>(weights === undefined ? losses : tf.mul(losses, tf.expandDims(weights, 1)), 0);

/**
 * The logit of the teacher's answer to "is it class k?": `z_k / T − LSE_{j≠k}(z_j / T)`, `[n, classes]`. No gradient.
 *
 * @throws DistillError code `shape`, or `option` for a temperature outside 0.01 to 1000
 */
export function teacherBinaryLogits(teacher: Logits, temperature: number): Logits {
  expectShape('teacherBinaryLogits(teacher)', teacher, [null, null]);
  expectOption('teacherBinaryLogits(temperature)', temperature, temperatureRange);
  return withoutTape(() =>
    tf.tidy(() => {
      const scaled = tf.div<Tensor2D>(teacher, temperature);
      const classes = scaled.shape[1];
      const others = tf.sub(tf.expandDims(scaled, 1), tf.mul(tf.eye(classes), FAR));
      return tf.sub<Logits>(scaled, tf.logSumExp(others, 2));
    }),
  );
}

/** Subtracted from a logit, it removes the class from a sum of exponentials. */
const FAR = 1e9;
