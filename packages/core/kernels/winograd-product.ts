/*
 * The matrix products between the transforms of Winograd's algorithm, by tiles of sums in registers. All rows of a factor lie at
 * constant distances, so that one addition moves on through it; a loop that is not unrolled is what V8 compiles best, and five
 * rows are what it has registers for.
 */

/** Channels of the left factor of {@link multiplyRows} at most, and bytes from one of its rows to the next: a little more. */
export const ROW_CHANNELS: i32 = 64;
export const ROW_BYTES: i32 = 272;
/** Rows that {@link multiplyRows} takes at once. */
export const ROWS: i32 = 5;

/**
 * out [5, 8] = sum over `count` i of a[row, i] * b[i, 8]; `keep` adds it to what is there. The rows of a are
 * {@link ROW_BYTES} apart.
 */
export function multiplyRows(a: usize, b: usize, count: i32, out: usize, keep: bool): void {
  let c00 = keep ? v128.load(out) : f32x4.splat(0);
  let c01 = keep ? v128.load(out, 16) : f32x4.splat(0);
  let c10 = keep ? v128.load(out, 32) : f32x4.splat(0);
  let c11 = keep ? v128.load(out, 48) : f32x4.splat(0);
  let c20 = keep ? v128.load(out, 64) : f32x4.splat(0);
  let c21 = keep ? v128.load(out, 80) : f32x4.splat(0);
  let c30 = keep ? v128.load(out, 96) : f32x4.splat(0);
  let c31 = keep ? v128.load(out, 112) : f32x4.splat(0);
  let c40 = keep ? v128.load(out, 128) : f32x4.splat(0);
  let c41 = keep ? v128.load(out, 144) : f32x4.splat(0);
  for (; count > 0; count--) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let s = v128.load32_splat(a);
    c00 = f32x4.add(c00, f32x4.mul(s, b0));
    c01 = f32x4.add(c01, f32x4.mul(s, b1));
    s = v128.load32_splat(a, 272);
    c10 = f32x4.add(c10, f32x4.mul(s, b0));
    c11 = f32x4.add(c11, f32x4.mul(s, b1));
    s = v128.load32_splat(a, 544);
    c20 = f32x4.add(c20, f32x4.mul(s, b0));
    c21 = f32x4.add(c21, f32x4.mul(s, b1));
    s = v128.load32_splat(a, 816);
    c30 = f32x4.add(c30, f32x4.mul(s, b0));
    c31 = f32x4.add(c31, f32x4.mul(s, b1));
    s = v128.load32_splat(a, 1088);
    c40 = f32x4.add(c40, f32x4.mul(s, b0));
    c41 = f32x4.add(c41, f32x4.mul(s, b1));
    a += 4;
    b += 32;
  }
  v128.store(out, c00);
  v128.store(out, c01, 16);
  v128.store(out, c10, 32);
  v128.store(out, c11, 48);
  v128.store(out, c20, 64);
  v128.store(out, c21, 80);
  v128.store(out, c30, 96);
  v128.store(out, c31, 112);
  v128.store(out, c40, 128);
  v128.store(out, c41, 144);
}

/** out [4, 8] += sum over `count` i of a[i, 4] * b[i, 8]. */
export function multiplyColumns(a: usize, b: usize, count: i32, out: usize): void {
  let c00 = v128.load(out);
  let c01 = v128.load(out, 16);
  let c10 = v128.load(out, 32);
  let c11 = v128.load(out, 48);
  let c20 = v128.load(out, 64);
  let c21 = v128.load(out, 80);
  let c30 = v128.load(out, 96);
  let c31 = v128.load(out, 112);
  for (; count > 0; count--) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let s = v128.load32_splat(a);
    c00 = f32x4.add(c00, f32x4.mul(s, b0));
    c01 = f32x4.add(c01, f32x4.mul(s, b1));
    s = v128.load32_splat(a, 4);
    c10 = f32x4.add(c10, f32x4.mul(s, b0));
    c11 = f32x4.add(c11, f32x4.mul(s, b1));
    s = v128.load32_splat(a, 8);
    c20 = f32x4.add(c20, f32x4.mul(s, b0));
    c21 = f32x4.add(c21, f32x4.mul(s, b1));
    s = v128.load32_splat(a, 12);
    c30 = f32x4.add(c30, f32x4.mul(s, b0));
    c31 = f32x4.add(c31, f32x4.mul(s, b1));
    a += 16;
    b += 32;
  }
  v128.store(out, c00);
  v128.store(out, c01, 16);
  v128.store(out, c10, 32);
  v128.store(out, c11, 48);
  v128.store(out, c20, 64);
  v128.store(out, c21, 80);
  v128.store(out, c30, 96);
  v128.store(out, c31, 112);
}
