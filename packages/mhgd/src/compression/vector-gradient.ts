import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import { isTall, normalized } from './gram.js';
import type { PositionRows } from './gram.js';
import { DEAD_SHARE } from './leading-eigenvectors.js';
import type { Match } from './match.js';

/** Regularizes eigenvalue gaps, in units of the Gram matrix's norm: smaller gaps are rounding. */
const SMALLEST_GAP = 1e-5;
/** `R^(2^3)` is the largest power that is computed. */
const SQUARINGS = 3;
/** Keeps the division by the norm of an all-zero Gram matrix finite; w is 0 there. */
const SMALLEST_SCALE = 1e-20;

/**
 * Gradient of `Σ g·v` over the chosen right singular vectors of X, with respect to X. Exact for separated singular
 * values:
 *
 * `w = Σ_{j ≠ i} v_j (v_j·g) / (λ_i − λ_j) + (λ_i I − XᵀX)⁻¹ h`, `X̄ = (X v_i) wᵀ + (X w) v_iᵀ`, with `λ = s²`, j over
 * the known vectors, and h the part of g outside their span. The inverse is a Neumann series of 32 terms
 * ({@link neumannSeries}), so its part of w stays below `32 |h| / λ_i` however close the next singular value is. Gaps
 * between known vectors are regularized at 1e-5 of the norm. So the gradient of near-degenerate maps is bounded, and
 * that of all-zero maps is 0.
 *
 * The result is orthogonal to X, ignores the part of g along v_i, and is inversely proportional to the scale of X.
 *
 * @param rows X, `[n, positions, c]`
 * @param match known right vectors of X and the choice among them, k per image
 * @param cotangent g per chosen vector, `[n, k, c]`
 * @returns `[n, positions, c]`
 * @see Ionescu, Vantzos and Sminchisescu, ICCV 2015: the general rule. The code of MHGD's authors lacks its factor ½,
 *   which doubles the gradient where positions ≥ channels and gives a wrong direction elsewhere
 */
export function vectorGradient(rows: PositionRows, match: Match, cotangent: Tensor3D): PositionRows {
  const { vectors, values, selection, scale } = match;
  const chosen = tf.matMul<Tensor3D>(selection, vectors);
  const eigenvalue = tf.matMul<Tensor3D>(tf.abs(selection), values);
  const alive = tf.step(tf.sub(eigenvalue, DEAD_SHARE));
  const inverse = tf.div<Tensor3D>(alive, tf.maximum(eigenvalue, DEAD_SHARE));

  // The first sum. A vector's gap to itself is 0, and so is its guarded inverse; a zero vector adds nothing.
  const components = tf.matMul(cotangent, vectors, false, true);
  const gaps = tf.sub(eigenvalue, tf.transpose(values, [0, 2, 1]));
  const inverseGaps = tf.div(gaps, tf.add(tf.square(gaps), SMALLEST_GAP ** 2));
  const amongKnown = tf.mul(tf.matMul(tf.mul<Tensor3D>(components, inverseGaps), vectors), alive);

  const outside = tf.sub<Tensor3D>(cotangent, tf.matMul(components, vectors));
  const resolvent = isTall(rows) ? neumannSeries : seriesThroughPositions;
  const beyondKnown = tf.mul(resolvent(outside, { ...match, rows, inverse }), inverse);

  const w = tf.div<Tensor3D>(tf.add(amongKnown, beyondKnown), tf.maximum(scale, SMALLEST_SCALE));
  const columns = tf.concat([chosen, w], 1);
  return tf.matMul(tf.matMul(rows, columns, false, true), tf.concat([w, chosen], 1));
}

/** Inputs of the series: the rest R of the Gram matrix, and `1 / λ`, both in units of the Gram matrix's norm, `scale`. */
interface Series extends Pick<Match, 'rest' | 'scale'> {
  readonly rows: PositionRows;
  readonly inverse: Tensor3D;
}

/** `(λ I − R)⁻¹ h λ` as `Σ_{t < 32} (R / λ)^t h = Π_{k < 5} (1 + (R / λ)^(2^k)) h`, applied factor by factor. */
function neumannSeries(h: Tensor3D, { rest, inverse }: Omit<Series, 'rows'>): Tensor3D {
  const { matrix, scale } = normalized(rest);
  // R has no eigenvalue above λ, so its norm is at most √g λ; rounding may say otherwise for tiny ones.
  let ratio = tf.minimum(tf.mul(scale, inverse), Math.sqrt(rest.shape[2]));
  let power = matrix;
  let sum = tf.add<Tensor3D>(h, tf.mul(tf.matMul(h, power), ratio));
  for (let doubling = 0; doubling < SQUARINGS; doubling++) {
    power = tf.matMul(power, power);
    ratio = tf.square(ratio);
    sum = tf.add(sum, tf.mul(tf.matMul(sum, power), ratio));
  }
  // The fifth factor, (R / λ)^16, is (R / λ)^8 applied twice: another squaring would cost g times as much.
  const once = tf.mul<Tensor3D>(tf.matMul(sum, power), ratio);
  return tf.add(sum, tf.mul(tf.matMul(once, power), ratio));
}

/**
 * The same where positions are fewer than channels, so that R is the rest of `X Xᵀ`:
 * `(λ I − XᵀX)⁻¹ h λ = h + Xᵀ (λ I − X Xᵀ)⁻¹ X h`.
 */
function seriesThroughPositions(h: Tensor3D, series: Series): Tensor3D {
  const { rows, inverse, scale } = series;
  const inPositions = neumannSeries(tf.matMul(h, rows, false, true), series);
  const inChannels = tf.mul(tf.matMul(inPositions, rows), inverse);
  return tf.add(h, tf.div(inChannels, tf.maximum(scale, SMALLEST_SCALE)));
}
