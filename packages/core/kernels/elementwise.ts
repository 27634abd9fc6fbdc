/* eslint-disable @typescript-eslint/no-unnecessary-type-assertion -- to TypeScript all numbers are one type, to AssemblyScript they are not */
/** dx = dy where y is above 0, else 0, for the numbers `first` to `last - 1`. */
export function reluGradient(dy: usize, y: usize, dx: usize, first: i32, last: i32): void {
  const end = <usize>last * 4;
  let at = <usize>first * 4;
  for (; at + 16 <= end; at += 16) {
    const above = f32x4.gt(v128.load(y + at), f32x4.splat(0));
    v128.store(dx + at, v128.and(v128.load(dy + at), above));
  }
  for (; at < end; at += 4) store<f32>(dx + at, load<f32>(y + at) > 0 ? load<f32>(dy + at) : 0);
}
