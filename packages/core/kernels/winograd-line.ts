/* eslint-disable @typescript-eslint/no-extraneous-class -- only on methods can `@inline` stand where other tools can read it */

/** The points at which the polynomials are taken, beside 0 and infinity: a, -a, b, -b. */
const A: f32 = 0.625;
const B: f32 = 1.5;
const A2: f32 = A * A;
const B2: f32 = B * B;
/** One over the product of a point's distances from the others: that of 0, of a and -a, of b and -b. */
const AT_0: f32 = 1 / (A2 * B2);
const AT_A: f32 = 1 / (2 * A2 * (A2 - B2));
const AT_B: f32 = 1 / (2 * B2 * (B2 - A2));

/** Bytes that {@link Line.prepare} writes, up to a multiple of 16. */
export const CONSTANT_BYTES: usize = 48;

/**
 * The transforms of Winograd's minimal filtering F(4, 3) along one axis: y = A'((G g) * (B' d)) gives four outputs y of a
 * filter g of three taps over six inputs d by six products. In two dimensions each transform runs along both axes, and 36
 * products per channel do the work of 144. The gradient of the filter is the same with the roles changed:
 * g = G'((B' d) * (A dy)).
 *
 * With p = (0, a, -a, b, -b), n_j = the product of p_j - p_k over k other than j, and m(z) = z (z^2 - a^2)(z^2 - b^2):
 *
 *     A' = | 1  1   1    1   1    0 |   G = row j: (1, p_j, p_j^2) / n_j   B' = row j: coefficients of m(z) / (z - p_j)
 *          | 0  a  -a    b  -b    0 |       last row: (0, 0, 1)                 last row: coefficients of m(z)
 *          | 0  a^2 a^2  b^2 b^2  0 |
 *          | 0  a^3 -a^3 b^3 -b^3 1 |
 *
 * a = 5/8 and b = 3/2: constants of few bits, and half the rounding error of the usual 1 and 2 or less.
 *
 * Each vector is one place on the axis, of four channels; results go to `to`, `step` bytes apart. `constants` is where
 * {@link Line.prepare} has been: V8 takes several instructions for a constant vector, and one for a number in memory.
 *
 * Source: Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016, sections 4.1 and 4.3; choice of
 * points: Barabasz et al., "Error Analysis and Improving the Accuracy of Winograd Convolution for Deep Neural Networks", 2020.
 */
export class Line {
  /** Writes the constants of the transforms to an address, {@link CONSTANT_BYTES} of them. */
  static prepare(to: usize): void {
    store<f32>(to, A);
    store<f32>(to, B, 4);
    store<f32>(to, A2, 8);
    store<f32>(to, B2, 12);
    store<f32>(to, A2 + B2, 16);
    store<f32>(to, A2 * B2, 20);
    store<f32>(to, AT_0, 24);
    store<f32>(to, AT_A, 28);
    store<f32>(to, AT_B, 32);
    store<f32>(to, AT_A * A, 36);
    store<f32>(to, AT_B * B, 40);
  }

  /** B' d, six to six: a line of the input. */
  @inline
  static input(
    d0: v128,
    d1: v128,
    d2: v128,
    d3: v128,
    d4: v128,
    d5: v128,
    to: usize,
    step: usize,
    constants: usize,
  ): void {
    const evenA = f32x4.sub(d4, f32x4.mul(v128.load32_splat(constants, 12), d2));
    const oddA = f32x4.mul(
      v128.load32_splat(constants),
      f32x4.sub(d3, f32x4.mul(v128.load32_splat(constants, 12), d1)),
    );
    const evenB = f32x4.sub(d4, f32x4.mul(v128.load32_splat(constants, 8), d2));
    const oddB = f32x4.mul(
      v128.load32_splat(constants, 4),
      f32x4.sub(d3, f32x4.mul(v128.load32_splat(constants, 8), d1)),
    );
    v128.store(to, Line.squares(d0, d2, d4, constants));
    v128.store(to + step, f32x4.add(evenA, oddA));
    v128.store(to + 2 * step, f32x4.sub(evenA, oddA));
    v128.store(to + 3 * step, f32x4.add(evenB, oddB));
    v128.store(to + 4 * step, f32x4.sub(evenB, oddB));
    v128.store(to + 5 * step, Line.squares(d1, d3, d5, constants));
  }

  /** a^2 b^2 d0 - (a^2 + b^2) d2 + d4. */
  @inline
  private static squares(d0: v128, d2: v128, d4: v128, constants: usize): v128 {
    const low = f32x4.sub(
      f32x4.mul(v128.load32_splat(constants, 20), d0),
      f32x4.mul(v128.load32_splat(constants, 16), d2),
    );
    return f32x4.add(low, d4);
  }

  /** A' m, six to four: a line of products to a line of the output. */
  @inline
  static output(
    m0: v128,
    m1: v128,
    m2: v128,
    m3: v128,
    m4: v128,
    m5: v128,
    to: usize,
    step: usize,
    constants: usize,
  ): void {
    const evenA = f32x4.add(m1, m2);
    const oddA = f32x4.mul(v128.load32_splat(constants), f32x4.sub(m1, m2));
    const evenB = f32x4.add(m3, m4);
    const oddB = f32x4.mul(v128.load32_splat(constants, 4), f32x4.sub(m3, m4));
    const squareA = v128.load32_splat(constants, 8);
    const squareB = v128.load32_splat(constants, 12);
    v128.store(to, f32x4.add(f32x4.add(m0, evenA), evenB));
    v128.store(to + step, f32x4.add(oddA, oddB));
    v128.store(to + 2 * step, f32x4.add(f32x4.mul(squareA, evenA), f32x4.mul(squareB, evenB)));
    const cubes = f32x4.add(f32x4.mul(squareA, oddA), f32x4.mul(squareB, oddB));
    v128.store(to + 3 * step, f32x4.add(cubes, m5));
  }

  /** A dy, four to six: a line of the gradient of the output. */
  @inline
  static outputGradient(
    d0: v128,
    d1: v128,
    d2: v128,
    d3: v128,
    to: usize,
    step: usize,
    constants: usize,
  ): void {
    const evenA = f32x4.add(d0, f32x4.mul(v128.load32_splat(constants, 8), d2));
    const oddA = f32x4.mul(
      v128.load32_splat(constants),
      f32x4.add(d1, f32x4.mul(v128.load32_splat(constants, 8), d3)),
    );
    const evenB = f32x4.add(d0, f32x4.mul(v128.load32_splat(constants, 12), d2));
    const oddB = f32x4.mul(
      v128.load32_splat(constants, 4),
      f32x4.add(d1, f32x4.mul(v128.load32_splat(constants, 12), d3)),
    );
    v128.store(to, d0);
    v128.store(to + step, f32x4.add(evenA, oddA));
    v128.store(to + 2 * step, f32x4.sub(evenA, oddA));
    v128.store(to + 3 * step, f32x4.add(evenB, oddB));
    v128.store(to + 4 * step, f32x4.sub(evenB, oddB));
    v128.store(to + 5 * step, d3);
  }

  /** G g, three to six: a line of the filter. */
  @inline
  static filter(g0: v128, g1: v128, g2: v128, to: usize, step: usize, constants: usize): void {
    const evenA = f32x4.mul(
      v128.load32_splat(constants, 28),
      f32x4.add(g0, f32x4.mul(v128.load32_splat(constants, 8), g2)),
    );
    const oddA = f32x4.mul(v128.load32_splat(constants, 36), g1);
    const evenB = f32x4.mul(
      v128.load32_splat(constants, 32),
      f32x4.add(g0, f32x4.mul(v128.load32_splat(constants, 12), g2)),
    );
    const oddB = f32x4.mul(v128.load32_splat(constants, 40), g1);
    v128.store(to, f32x4.mul(v128.load32_splat(constants, 24), g0));
    v128.store(to + step, f32x4.add(evenA, oddA));
    v128.store(to + 2 * step, f32x4.sub(evenA, oddA));
    v128.store(to + 3 * step, f32x4.add(evenB, oddB));
    v128.store(to + 4 * step, f32x4.sub(evenB, oddB));
    v128.store(to + 5 * step, g2);
  }

  /** G' s, six to three: a line of sums of products to a line of the gradient of the filter. */
  @inline
  static filterGradient(
    s0: v128,
    s1: v128,
    s2: v128,
    s3: v128,
    s4: v128,
    s5: v128,
    to: usize,
    step: usize,
    constants: usize,
  ): void {
    const evenA = f32x4.mul(v128.load32_splat(constants, 28), f32x4.add(s1, s2));
    const oddA = f32x4.mul(v128.load32_splat(constants, 36), f32x4.sub(s1, s2));
    const evenB = f32x4.mul(v128.load32_splat(constants, 32), f32x4.add(s3, s4));
    const oddB = f32x4.mul(v128.load32_splat(constants, 40), f32x4.sub(s3, s4));
    v128.store(to, f32x4.add(f32x4.mul(v128.load32_splat(constants, 24), s0), f32x4.add(evenA, evenB)));
    v128.store(to + step, f32x4.add(oddA, oddB));
    const squares = f32x4.add(
      f32x4.mul(v128.load32_splat(constants, 8), evenA),
      f32x4.mul(v128.load32_splat(constants, 12), evenB),
    );
    v128.store(to + 2 * step, f32x4.add(squares, s5));
  }
}
