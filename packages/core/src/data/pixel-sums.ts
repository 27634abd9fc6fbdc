/** Sums over the pixels of one image, one number per channel, from which mean and deviation are computed. */
export interface PixelSums {
  readonly sums: readonly number[];
  readonly squares: readonly number[];
}

/**
 * `Σ x` and `Σ x²` per channel, of pixels in 0…255. Sums of integers are exact below 2⁵³, so they may be stored
 * and added in any order.
 *
 * @param pixels one image, HWC
 */
export function pixelSums(pixels: ArrayLike<number>, channels: number): PixelSums {
  const sums = new Float64Array(channels);
  const squares = new Float64Array(channels);
  for (let channel = 0; channel < channels; channel++) {
    let [sum, square] = [0, 0];
    for (let at = channel; at < pixels.length; at += channels) {
      const value = pixels[at] as number;
      sum += value;
      square += value * value;
    }
    sums[channel] = sum;
    squares[channel] = square;
  }
  return { sums: [...sums], squares: [...squares] };
}
