/* eslint-disable @typescript-eslint/no-unnecessary-type-assertion -- to TypeScript all numbers are one type, to AssemblyScript they are not */
import { FLOAT_BYTES } from './bytes';

/** to [n] = the sum of `groups` rows [n], `groupBytes` apart from `from` on, added up in their order. */
export function sumInOrder(from: usize, groupBytes: usize, groups: i32, to: usize, n: i32): void {
  let d = 0;
  for (; d + 4 <= n; d += 4, from += 16, to += 16) {
    let sum = f32x4.splat(0);
    for (let g = 0; g < groups; g++) sum = f32x4.add(sum, v128.load(from + <usize>g * groupBytes));
    v128.store(to, sum);
  }
  for (; d < n; d++, from += FLOAT_BYTES, to += FLOAT_BYTES) {
    let sum: f32 = 0;
    for (let g = 0; g < groups; g++) sum += load<f32>(from + <usize>g * groupBytes);
    store<f32>(to, sum);
  }
}
