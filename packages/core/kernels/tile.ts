/* eslint-disable @typescript-eslint/no-extraneous-class -- only on methods can `@inline` stand where other tools can read it */
export class Tile {
  /**
   * The core of all convolutions: a tile of 4 rows by 8 columns of a matrix product, held in registers.
   *
   * tile[t][e] = sum over i < outer, k < inner of A[a + i * aOuter + k * aInner + t * aTile] * B[b + (i * inner + k) * bStep + e]
   *
   * Addresses and steps are bytes, elements f32. The tile is added up in this order alone, so that its bytes depend on
   * nothing else. It begins at the 8 numbers at `bias`, if that is not 0; `relu` cuts it at 0; `keep` adds it to what is at
   * `out`; `rows` (from 1 on) and `columns` (from 1 on) are what is stored of it. A and B are read for the whole tile,
   * whatever is stored.
   */
  @inline
  static add(
    a: usize,
    aTile: usize,
    aInner: usize,
    aOuter: usize,
    b: usize,
    bStep: usize,
    outer: i32,
    inner: i32,
    out: usize,
    outTile: usize,
    rows: i32,
    columns: i32,
    keep: bool,
    bias: usize,
    relu: i32,
  ): void {
    let c00 = bias ? v128.load(bias) : f32x4.splat(0);
    let c01 = bias ? v128.load(bias, 16) : f32x4.splat(0);
    let c10 = c00;
    let c11 = c01;
    let c20 = c00;
    let c21 = c01;
    let c30 = c00;
    let c31 = c01;
    for (let i = 0; i < outer; i++) {
      let a0 = a;
      let a1 = a + aTile;
      let a2 = a1 + aTile;
      let a3 = a2 + aTile;
      for (let k = inner; k > 0; k--) {
        const b0 = v128.load(b);
        const b1 = v128.load(b, 16);
        let s = v128.load32_splat(a0);
        c00 = f32x4.add(c00, f32x4.mul(s, b0));
        c01 = f32x4.add(c01, f32x4.mul(s, b1));
        s = v128.load32_splat(a1);
        c10 = f32x4.add(c10, f32x4.mul(s, b0));
        c11 = f32x4.add(c11, f32x4.mul(s, b1));
        s = v128.load32_splat(a2);
        c20 = f32x4.add(c20, f32x4.mul(s, b0));
        c21 = f32x4.add(c21, f32x4.mul(s, b1));
        s = v128.load32_splat(a3);
        c30 = f32x4.add(c30, f32x4.mul(s, b0));
        c31 = f32x4.add(c31, f32x4.mul(s, b1));
        a0 += aInner;
        a1 += aInner;
        a2 += aInner;
        a3 += aInner;
        b += bStep;
      }
      a += aOuter;
    }
    if (relu) {
      const zero = f32x4.splat(0);
      c00 = f32x4.pmax(c00, zero);
      c01 = f32x4.pmax(c01, zero);
      c10 = f32x4.pmax(c10, zero);
      c11 = f32x4.pmax(c11, zero);
      c20 = f32x4.pmax(c20, zero);
      c21 = f32x4.pmax(c21, zero);
      c30 = f32x4.pmax(c30, zero);
      c31 = f32x4.pmax(c31, zero);
    }
    Tile.storeRow(c00, c01, out, columns, keep);
    if (rows > 1) Tile.storeRow(c10, c11, out + outTile, columns, keep);
    if (rows > 2) Tile.storeRow(c20, c21, out + 2 * outTile, columns, keep);
    if (rows > 3) Tile.storeRow(c30, c31, out + 3 * outTile, columns, keep);
  }

  @inline
  private static storeRow(low: v128, high: v128, out: usize, columns: i32, keep: bool): void {
    if (columns >= 8) {
      v128.store(out, keep ? f32x4.add(v128.load(out), low) : low);
      v128.store(out, keep ? f32x4.add(v128.load(out, 16), high) : high, 16);
    } else {
      storePart(low, out, columns, keep);
      if (columns > 4) storePart(high, out + 16, columns - 4, keep);
    }
  }
}

function storePart(values: v128, out: usize, columns: i32, keep: bool): void {
  if (columns >= 4) v128.store(out, keep ? f32x4.add(v128.load(out), values) : values);
  else {
    storeOne(f32x4.extract_lane(values, 0), out, keep);
    if (columns > 1) storeOne(f32x4.extract_lane(values, 1), out + 4, keep);
    if (columns > 2) storeOne(f32x4.extract_lane(values, 2), out + 8, keep);
  }
}

function storeOne(value: f32, out: usize, keep: bool): void {
  store<f32>(out, keep ? load<f32>(out) + value : value);
}
