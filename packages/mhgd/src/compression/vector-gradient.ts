import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import { isTall, normalized } from './gram.js';
import type { PositionRows } from './gram.js';
import { DEAD_SHARE } from './leading-eigenvectors.js';
import { merged } from './match.js';
import type { Match, Matches } from './match.js';

/** `R^(2^3)` is the largest power that is made. */
const SQUARINGS = 3;
/** Gaps of eigenvalues below this share of the Gram matrix's norm count as this; rounding makes smaller ones. */
const SMALLEST_GAP = 1e-5;

/** What the gradient is made of, per chosen vector: itself and w, `[n, k, c]`. */
interface Direction {
  readonly v: Tensor3D;
  readonly w: Tensor3D;
}

/**
 * Gradient with respect to X of `Σ g·v` over chosen right singular vectors of X, exact for separated singular values:
 *
 * `w = Σ_{j ≠ i} v_j (v_j·g) / (λ_i − λ_j) + (λ_i I − XᵀX)⁻¹ h`, `X̄ = (X v_i) wᵀ + (X w) v_iᵀ`, with `λ = s²`, j over the
 * known vectors, and h the part of g outside of them. The inverse is a Neumann series of 32 terms,
 * `Σ_t (R / λ_i)^t h / λ_i`, R the rest of the Gram matrix, by five doublings. So `|w|` stays below `32 |h| / λ_i` however
 * close the next singular value is, and a gap of known vectors counts as at least 1e-5 of the norm: near-degenerate maps
 * have a bounded gradient, all-zero ones none.
 *
 * The result is orthogonal to X, blind to the part of g along v_i, and a tenth for ten times the X.
 *
 * @param rows X, `[n, positions, c]`
 * @param matches right vectors of X, the chosen ones among them
 * @param cotangent g per chosen vector, `[n, k, c]`
 * @returns `[n, positions, c]`
 * @see Ionescu, Vantzos and Sminchisescu, ICCV 2015: the general rule. The authors' code lacks its factor ½: twice the
 *   gradient where positions ≥ channels, and a wrong direction elsewhere
 */
export function vectorGradient(rows: PositionRows, matches: Matches, cotangent: Tensor3D): PositionRows {
  const { exceptions } = matches;
  const usual = direction(rows, matches.usual, cotangent);
  if (exceptions === undefined) return crossed(rows, usual);
  const pick = (of: Tensor3D): Tensor3D => tf.gather(of, exceptions.images);
  const unusual = direction(pick(rows), exceptions.match, pick(cotangent));
  const v = merged(usual.v, unusual.v, exceptions);
  return crossed(rows, { v, w: merged(usual.w, unusual.w, exceptions) });
}

/** `(X v) wᵀ + (X w) vᵀ`. */
function crossed(rows: PositionRows, { v, w }: Direction): PositionRows {
  const both = tf.concat([v, w], 1);
  return tf.matMul(tf.matMul(rows, both, false, true), tf.concat([w, v], 1));
}

function direction(rows: PositionRows, match: Match, cotangent: Tensor3D): Direction {
  const { vectors, values, scale, rest, selection } = match;
  const chosen = tf.matMul<Tensor3D>(selection, vectors);
  const value = tf.matMul<Tensor3D>(tf.abs(selection), values);
  const alive = tf.step(tf.sub(value, DEAD_SHARE));
  const inverse = tf.div<Tensor3D>(alive, tf.maximum(value, DEAD_SHARE));

  const components = tf.matMul(cotangent, vectors, false, true);
  const gaps = tf.sub(value, tf.transpose(values, [0, 2, 1]));
  const guarded = tf.div(gaps, tf.add(tf.square(gaps), SMALLEST_GAP ** 2));
  const within = tf.mul(tf.matMul(tf.mul<Tensor3D>(components, guarded), vectors), alive);

  const outside = tf.sub<Tensor3D>(cotangent, tf.matMul(components, vectors));
  const solved = isTall(rows)
    ? neumann(outside, rest, inverse)
    : throughPositions(outside, rows, rest, inverse, scale);
  // An all-zero map has scale 0 and w = 0.
  const w = tf.div<Tensor3D>(tf.add(within, tf.mul(solved, inverse)), tf.maximum(scale, 1e-20));
  return { v: chosen, w };
}

/**
 * `(λ I − XᵀX)⁻¹ h λ = h + Xᵀ (λ I − X Xᵀ)⁻¹ X h`: where positions are fewer than channels, the series runs on the smaller
 * Gram matrix.
 */
function throughPositions(
  h: Tensor3D,
  rows: PositionRows,
  rest: Tensor3D,
  inverse: Tensor3D,
  scale: Tensor3D,
): Tensor3D {
  const inPositions = neumann(tf.matMul(h, rows, false, true), rest, inverse);
  const back = tf.matMul(inPositions, rows);
  return tf.add(h, tf.div(tf.mul(back, inverse), tf.maximum(scale, 1e-20)));
}

/** `Σ_{t < 32} (R / λ)^t h`: `Π_{k < 5} (1 + (R / λ)^(2^k))` applied factor by factor. */
function neumann(h: Tensor3D, rest: Tensor3D, inverse: Tensor3D): Tensor3D {
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
  // The fifth factor, (R / λ)^16, as twice (R / λ)^8: another squaring would cost g times as much.
  const once = tf.mul<Tensor3D>(tf.matMul(sum, power), ratio);
  return tf.add(sum, tf.mul(tf.matMul(once, power), ratio));
}
