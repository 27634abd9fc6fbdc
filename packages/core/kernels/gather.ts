/* eslint-disable @typescript-eslint/no-unnecessary-type-assertion -- to TypeScript all numbers are one type, to AssemblyScript they are not */
import { copyRow } from './copy';

/**
 * to [outer, count, size] = from [outer, dimension, size] at `indices` [count] of its middle axis, for the rows `first` to
 * `last - 1` of to [outer * count, size]. A number has `width` bytes, 1 or 4.
 */
export function gatherRows(
  from: usize,
  indices: usize,
  to: usize,
  dimension: i32,
  count: i32,
  size: i32,
  width: i32,
  first: i32,
  last: i32,
): void {
  const bytes = <usize>(size * width);
  for (let row = first; row < last; row++) {
    const outer = row / count;
    const index = load<i32>(indices + <usize>(row - outer * count) * 4);
    copyRow(from + <usize>(outer * dimension + index) * bytes, to + <usize>row * bytes, size, width, width);
  }
}
