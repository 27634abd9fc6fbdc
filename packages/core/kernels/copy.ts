/* eslint-disable @typescript-eslint/no-unnecessary-type-assertion -- to TypeScript all numbers are one type, to AssemblyScript they are not */

/** Bytes in a row below which a loop is faster than memory.copy. */
const SHORT: i32 = 256;

/**
 * A view of a tensor, laid out without gaps: for the indices `first` to `last - 1` of its first axis,
 * to[i0, i1, ...] = from[sum of i * step]. `axes` holds the `rank` sizes of the view, then its steps (i32, in bytes): 0
 * repeats, a negative one goes backwards. A number has `width` bytes, 1 or 4.
 */
export function copyView(
  from: usize,
  to: usize,
  axes: usize,
  rank: i32,
  width: i32,
  first: i32,
  last: i32,
): void {
  let bytes = <usize>width;
  for (let axis = 1; axis < rank; axis++) bytes *= <usize>load<i32>(axes + <usize>axis * 4);
  const step = load<i32>(axes + <usize>rank * 4);
  let next = to + <usize>first * bytes;
  if (rank == 1) {
    copyRow(from + <usize>(first * step), next, last - first, step, width);
    return;
  }
  for (let i = first; i < last; i++) next = copyAxis(from + <usize>(i * step), next, axes, rank, width, 1);
}

/** The axes from `axis` on. Gives back where the next of them go. */
function copyAxis(from: usize, to: usize, axes: usize, rank: i32, width: i32, axis: i32): usize {
  const size = load<i32>(axes + <usize>axis * 4);
  const step = load<i32>(axes + <usize>(rank + axis) * 4);
  if (axis == rank - 1) {
    copyRow(from, to, size, step, width);
    return to + <usize>(size * width);
  }
  for (let i = 0; i < size; i++) {
    to = copyAxis(from + <usize>(i * step), to, axes, rank, width, axis + 1);
  }
  return to;
}

/** `size` numbers that lie `step` bytes apart, laid out without gaps. */
export function copyRow(from: usize, to: usize, size: i32, step: i32, width: i32): void {
  if (step == width && size * width >= SHORT) {
    memory.copy(to, from, <usize>(size * width));
    return;
  }
  if (width == 1) {
    for (let i = 0; i < size; i++) store<u8>(to + <usize>i, load<u8>(from + <usize>(i * step)));
    return;
  }
  let i = 0;
  if (step == 0 || step == 4) {
    const value = v128.load32_splat(from);
    for (; i + 4 <= size; i += 4) {
      v128.store(to + <usize>i * 4, step == 0 ? value : v128.load(from + <usize>i * 4));
    }
  }
  for (; i < size; i++) store<i32>(to + <usize>i * 4, load<i32>(from + <usize>(i * step)));
}
