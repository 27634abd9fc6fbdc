import * as tf from '@tensorflow/tfjs-core';

/**
 * Cross-entropy of each row between target probabilities and the softmax of logits, its gradient in closed form.
 *
 * loss_i = -sum_c targets_ic * log softmax(logits_i / temperature)_c, and
 * dlogits_ic = dloss_i * (softmax(logits_i / temperature)_c * sum_c targets_ic - targets_ic) / temperature.
 *
 * `targets` [n, classes] are constants: no gradient reaches them. `logits` are [n, classes]; the result is [n], in nats.
 * Safe for large logits: the row's maximum is subtracted first. The gradient is of first order only.
 */
export function softmaxCrossEntropy(targets: tf.Tensor2D, logits: tf.Tensor2D, temperature = 1): tf.Tensor1D {
  return tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [input, save] = args as [tf.Tensor2D, tf.GradSaveFunc];
    const logProbabilities = tf.logSoftmax(
      temperature === 1 ? input : tf.div<tf.Tensor2D>(input, temperature),
    );
    const value = tf.neg(tf.sum<tf.Tensor1D>(tf.mul(targets, logProbabilities), 1));
    save([logProbabilities, targets]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor =>
      tf.tidy(() => {
        const [logP, t] = saved as [tf.Tensor2D, tf.Tensor2D];
        const perRow = temperature === 1 ? dy : tf.div(dy, temperature);
        const inner = tf.sub(tf.mul(tf.exp(logP), tf.sum(t, 1, true)), t);
        return tf.mul(inner, tf.reshape(perRow, [-1, 1]));
      });
    return { value, gradFunc };
  })(logits);
}
