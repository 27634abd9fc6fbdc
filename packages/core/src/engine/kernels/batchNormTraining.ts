import * as tf from '@tensorflow/tfjs-core';

/** What {@link batchNormTraining} gives back: the normalised batch and the statistics it was normalised by. */
export interface BatchNormTraining<T extends tf.Tensor> {
  /** The normalised, scaled and shifted batch, of the shape of the input. */
  readonly y: T;
  /** Mean per channel, [channels]; no gradient flows through it. */
  readonly mean: tf.Tensor1D;
  /** Biased variance per channel (sum of squares / count), [channels]; no gradient flows through it. */
  readonly variance: tf.Tensor1D;
}

/**
 * Batch normalisation with the statistics of the batch itself, its gradient in closed form.
 *
 * Over the N values of each channel (every axis but the last):
 * xhat = (x - mean) * rstd with rstd = 1 / sqrt(variance + epsilon), and y = gamma * xhat + beta;
 * dbeta = sum(dy), dgamma = sum(dy * xhat), dx = gamma * rstd / N * (N * dy - dbeta - xhat * dgamma).
 *
 * `x` is [..., channels] of rank 2 or more, `gamma` and `beta` are [channels], or null for 1 and 0.
 * The gradient is of first order only: its own gradient is not recorded.
 *
 * Source: Ioffe and Szegedy, "Batch Normalization", 2015, section 3.
 */
export function batchNormTraining<T extends tf.Tensor>(
  x: T,
  gamma: tf.Tensor1D | null,
  beta: tf.Tensor1D | null,
  epsilon: number,
): BatchNormTraining<T> {
  const channels = x.shape[x.rank - 1] ?? 1;
  const count = x.size / channels;
  const statistics: tf.Tensor1D[] = [];
  const parameters = [gamma, beta].filter((parameter) => parameter !== null);

  const normalise = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const save = args[args.length - 1] as tf.GradSaveFunc;
    const rows = tf.reshape<tf.Rank.R2>(x, [count, channels]);
    const mean = tf.mean<tf.Tensor1D>(rows, 0);
    const centred = tf.sub<tf.Tensor2D>(rows, mean);
    const variance = tf.mean<tf.Tensor1D>(tf.square(centred), 0);
    const rstd = tf.rsqrt(tf.add<tf.Tensor1D>(variance, epsilon));
    const scaled = tf.mul(centred, gamma ? tf.mul(rstd, gamma) : rstd);
    const value = tf.reshape(beta ? tf.add(scaled, beta) : scaled, x.shape);
    statistics.push(tf.keep(mean), tf.keep(variance));
    save(gamma ? [centred, rstd, gamma] : [centred, rstd]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] =>
      tf.tidy(() => {
        const [xc, r, g] = saved as [tf.Tensor2D, tf.Tensor1D, tf.Tensor1D?];
        const dyRows = tf.reshape(dy, [count, channels]);
        const dBeta = tf.sum(dyRows, 0);
        const dGamma = tf.mul(tf.sum(tf.mul(dyRows, xc), 0), r);
        const inner = tf.sub(
          tf.sub(dyRows, tf.div(dBeta, count)),
          tf.mul(xc, tf.div(tf.mul(dGamma, r), count)),
        );
        const dx = tf.reshape(tf.mul(inner, g ? tf.mul(r, g) : r), x.shape);
        return [dx, ...(gamma ? [dGamma] : []), ...(beta ? [dBeta] : [])];
      });
    return { value, gradFunc };
  });
  const y = normalise(x, ...parameters) as T;

  // customGrad hands back one tensor and disposes the rest, hence kept there and handed to the caller's scope here.
  const [mean, variance] = statistics.map((kept) => {
    const owned = tf.clone(kept);
    kept.dispose();
    return owned;
  }) as [tf.Tensor1D, tf.Tensor1D];
  return { y, mean, variance };
}
