/* eslint-disable @typescript-eslint/no-unnecessary-type-assertion -- to TypeScript all numbers are one type, to AssemblyScript they are not */
import { FLOAT_BYTES } from './bytes';

/**
 * Mean and sum of squared differences from it per channel, for the blocks `first` to `last - 1` of x [rows, channels].
 *
 * A block is `blockRows` rows (the last one what is left) and stays in the first cache for its second pass. Block b writes
 * its means to partial [b, 0, channels] and its sums of squares to [b, 1, channels].
 */
export function blockMoments(
  x: usize,
  partial: usize,
  rows: i32,
  channels: i32,
  blockRows: i32,
  first: i32,
  last: i32,
): void {
  const row = <usize>channels * FLOAT_BYTES;
  const vectors = channels & ~3;
  for (let block = first; block < last; block++) {
    const from = x + <usize>(block * blockRows) * row;
    const count = min(blockRows, rows - block * blockRows);
    const means = partial + <usize>block * 2 * row;
    const squares = means + row;
    const share = <f32>1 / <f32>count;
    for (let c = 0; c < vectors; c += 4) {
      const column = from + <usize>c * FLOAT_BYTES;
      const mean = f32x4.mul(sum4(column, row, count), f32x4.splat(share));
      v128.store(means + <usize>c * FLOAT_BYTES, mean);
      v128.store(squares + <usize>c * FLOAT_BYTES, squares4(column, row, count, mean));
    }
    for (let c = vectors; c < channels; c++) {
      const column = from + <usize>c * FLOAT_BYTES;
      let sum: f32 = 0;
      for (let i = 0; i < count; i++) sum += load<f32>(column + <usize>i * row);
      const mean = sum * share;
      sum = 0;
      for (let i = 0; i < count; i++) {
        const centred = load<f32>(column + <usize>i * row) - mean;
        sum += centred * centred;
      }
      store<f32>(means + <usize>c * FLOAT_BYTES, mean);
      store<f32>(squares + <usize>c * FLOAT_BYTES, sum);
    }
  }
}

/** Sum of four columns; four sums side by side, since one addition after the other would wait for its result. */
function sum4(column: usize, row: usize, count: i32): v128 {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  let i = count;
  for (; i >= 4; i -= 4) {
    s0 = f32x4.add(s0, v128.load(column));
    s1 = f32x4.add(s1, v128.load(column + row));
    s2 = f32x4.add(s2, v128.load(column + 2 * row));
    s3 = f32x4.add(s3, v128.load(column + 3 * row));
    column += 4 * row;
  }
  for (; i > 0; i--, column += row) s0 = f32x4.add(s0, v128.load(column));
  return f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
}

/** Sum of the squares of four columns, less their means. */
function squares4(column: usize, row: usize, count: i32, mean: v128): v128 {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  let i = count;
  for (; i >= 4; i -= 4) {
    const d0 = f32x4.sub(v128.load(column), mean);
    const d1 = f32x4.sub(v128.load(column + row), mean);
    const d2 = f32x4.sub(v128.load(column + 2 * row), mean);
    const d3 = f32x4.sub(v128.load(column + 3 * row), mean);
    s0 = f32x4.add(s0, f32x4.mul(d0, d0));
    s1 = f32x4.add(s1, f32x4.mul(d1, d1));
    s2 = f32x4.add(s2, f32x4.mul(d2, d2));
    s3 = f32x4.add(s3, f32x4.mul(d3, d3));
    column += 4 * row;
  }
  for (; i > 0; i--, column += row) {
    const d = f32x4.sub(v128.load(column), mean);
    s0 = f32x4.add(s0, f32x4.mul(d, d));
  }
  return f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
}

/**
 * Mean, variance (biased), 1 / sqrt(variance + epsilon) and that times gamma, from the blocks of {@link blockMoments}, in
 * float64: variance = (sum of the blocks' squares + sum of count * (block's mean - mean)^2) / rows.
 */
export function mergeMoments(
  partial: usize,
  rows: i32,
  channels: i32,
  blockRows: i32,
  gamma: usize,
  epsilon: f64,
  mean: usize,
  variance: usize,
  rstd: usize,
  scale: usize,
): void {
  const row = <usize>channels * FLOAT_BYTES;
  const blocks = (rows + blockRows - 1) / blockRows;
  for (let c = 0; c < channels; c++) {
    const at = <usize>c * FLOAT_BYTES;
    let sum: f64 = 0;
    for (let b = 0; b < blocks; b++) {
      const count = min(blockRows, rows - b * blockRows);
      sum += <f64>load<f32>(partial + <usize>b * 2 * row + at) * <f64>count;
    }
    const middle = sum / <f64>rows;
    let squares: f64 = 0;
    for (let b = 0; b < blocks; b++) {
      const count = min(blockRows, rows - b * blockRows);
      const block = partial + <usize>b * 2 * row + at;
      const distance = <f64>load<f32>(block) - middle;
      squares += <f64>load<f32>(block + row) + <f64>count * distance * distance;
    }
    const spread = squares / <f64>rows;
    const inverse = 1 / Math.sqrt(spread + epsilon);
    store<f32>(mean + at, <f32>middle);
    store<f32>(variance + at, <f32>spread);
    store<f32>(rstd + at, <f32>inverse);
    store<f32>(scale + at, <f32>(inverse * <f64>load<f32>(gamma + at)));
  }
}

/** y = (x - mean) * scale + shift for the rows `first` to `last - 1` of x [.., channels]. */
export function normalize(
  x: usize,
  y: usize,
  channels: i32,
  mean: usize,
  scale: usize,
  shift: usize,
  first: i32,
  last: i32,
): void {
  const bytes = <usize>channels * FLOAT_BYTES;
  const vectors = <usize>(channels & ~3) * FLOAT_BYTES;
  for (let row = first; row < last; row++) {
    const from = x + <usize>row * bytes;
    const to = y + <usize>row * bytes;
    let c: usize = 0;
    for (; c < vectors; c += 16) {
      const centred = f32x4.sub(v128.load(from + c), v128.load(mean + c));
      const scaled = f32x4.mul(centred, v128.load(scale + c));
      v128.store(to + c, f32x4.add(scaled, v128.load(shift + c)));
    }
    for (; c < bytes; c += FLOAT_BYTES) {
      const scaled = (load<f32>(from + c) - load<f32>(mean + c)) * load<f32>(scale + c);
      store<f32>(to + c, scaled + load<f32>(shift + c));
    }
  }
}
