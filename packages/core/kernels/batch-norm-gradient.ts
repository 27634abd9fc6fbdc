/* eslint-disable @typescript-eslint/no-unnecessary-type-assertion -- to TypeScript all numbers are one type, to AssemblyScript they are not */
import { FLOAT_BYTES } from './bytes';

/**
 * Sum of dy and of dy * (x - mean) per channel, for the blocks `first` to `last - 1`, to partial [b, 0 and 1, channels].
 */
export function blockGradientSums(
  dy: usize,
  x: usize,
  mean: usize,
  partial: usize,
  rows: i32,
  channels: i32,
  blockRows: i32,
  first: i32,
  last: i32,
): void {
  const bytes = <usize>channels * FLOAT_BYTES;
  const vectors = <usize>(channels & ~3) * FLOAT_BYTES;
  for (let block = first; block < last; block++) {
    const start = <usize>(block * blockRows) * bytes;
    const count = min(blockRows, rows - block * blockRows);
    const sums = partial + <usize>block * 2 * bytes;
    const products = sums + bytes;
    let c: usize = 0;
    for (; c < vectors; c += 16) {
      const middle = v128.load(mean + c);
      let s0 = f32x4.splat(0);
      let s1 = f32x4.splat(0);
      let p0 = f32x4.splat(0);
      let p1 = f32x4.splat(0);
      let at = start + c;
      let i = count;
      for (; i >= 2; i -= 2, at += 2 * bytes) {
        const d0 = v128.load(dy + at);
        const d1 = v128.load(dy + at + bytes);
        s0 = f32x4.add(s0, d0);
        s1 = f32x4.add(s1, d1);
        p0 = f32x4.add(p0, f32x4.mul(d0, f32x4.sub(v128.load(x + at), middle)));
        p1 = f32x4.add(p1, f32x4.mul(d1, f32x4.sub(v128.load(x + at + bytes), middle)));
      }
      if (i > 0) {
        const d0 = v128.load(dy + at);
        s0 = f32x4.add(s0, d0);
        p0 = f32x4.add(p0, f32x4.mul(d0, f32x4.sub(v128.load(x + at), middle)));
      }
      v128.store(sums + c, f32x4.add(s0, s1));
      v128.store(products + c, f32x4.add(p0, p1));
    }
    for (; c < bytes; c += FLOAT_BYTES) {
      const middle = load<f32>(mean + c);
      let sum: f32 = 0;
      let product: f32 = 0;
      for (let i = 0; i < count; i++) {
        const at = start + c + <usize>i * bytes;
        const d = load<f32>(dy + at);
        sum += d;
        product += d * (load<f32>(x + at) - middle);
      }
      store<f32>(sums + c, sum);
      store<f32>(products + c, product);
    }
  }
}

/**
 * From the blocks of {@link blockGradientSums}: dgamma = rstd * sum(dy * (x - mean)), dbeta = sum(dy), and what
 * {@link normalizeGradient} takes, with a = gamma * rstd: `shift` = -a * mean(dy),
 * `slope` = -a * rstd^2 * mean(dy * (x - mean)). In float64. `scale` is a, as {@link mergeMoments} leaves it.
 */
export function mergeGradientSums(
  partial: usize,
  blocks: i32,
  rows: i32,
  channels: i32,
  rstd: usize,
  scale: usize,
  dGamma: usize,
  dBeta: usize,
  shift: usize,
  slope: usize,
): void {
  const row = <usize>channels * FLOAT_BYTES;
  for (let c = 0; c < channels; c++) {
    const at = <usize>c * FLOAT_BYTES;
    let sum: f64 = 0;
    let product: f64 = 0;
    for (let b = 0; b < blocks; b++) {
      const block = partial + <usize>b * 2 * row + at;
      sum += <f64>load<f32>(block);
      product += <f64>load<f32>(block + row);
    }
    const inverse = <f64>load<f32>(rstd + at);
    const a = <f64>load<f32>(scale + at);
    store<f32>(dGamma + at, <f32>(product * inverse));
    store<f32>(dBeta + at, <f32>sum);
    store<f32>(shift + at, <f32>((-a * sum) / <f64>rows));
    store<f32>(slope + at, <f32>((-a * inverse * inverse * product) / <f64>rows));
  }
}

/** dx = scale * dy + shift + slope * (x - mean) for the rows `first` to `last - 1`. */
export function normalizeGradient(
  dy: usize,
  x: usize,
  dx: usize,
  channels: i32,
  mean: usize,
  scale: usize,
  shift: usize,
  slope: usize,
  first: i32,
  last: i32,
): void {
  const bytes = <usize>channels * FLOAT_BYTES;
  const vectors = <usize>(channels & ~3) * FLOAT_BYTES;
  for (let row = first; row < last; row++) {
    const start = <usize>row * bytes;
    let c: usize = 0;
    for (; c < vectors; c += 16) {
      const at = start + c;
      const centred = f32x4.sub(v128.load(x + at), v128.load(mean + c));
      const straight = f32x4.add(f32x4.mul(v128.load(scale + c), v128.load(dy + at)), v128.load(shift + c));
      v128.store(dx + at, f32x4.add(straight, f32x4.mul(v128.load(slope + c), centred)));
    }
    for (; c < bytes; c += FLOAT_BYTES) {
      const at = start + c;
      const d = load<f32>(dy + at);
      const straight = load<f32>(scale + c) * d + load<f32>(shift + c);
      store<f32>(dx + at, straight + load<f32>(slope + c) * (load<f32>(x + at) - load<f32>(mean + c)));
    }
  }
}
