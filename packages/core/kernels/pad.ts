/* eslint-disable @typescript-eslint/no-unnecessary-type-assertion -- to TypeScript all numbers are one type, to AssemblyScript they are not */
import { FLOAT_BYTES } from './bytes';

/** One image [height, width, channels] into the middle of [paddedHeight, paddedWidth, channels]; a negative margin crops. */
export function pad(
  from: usize,
  to: usize,
  height: i32,
  width: i32,
  channels: i32,
  top: i32,
  left: i32,
  paddedHeight: i32,
  paddedWidth: i32,
): void {
  const pixel = <usize>channels * FLOAT_BYTES;
  const rowBytes = <usize>paddedWidth * pixel;
  const skipped = max(-left, 0);
  const before = max(left, 0);
  const copied = max(min(width - skipped, paddedWidth - before), 0);
  for (let row = 0; row < paddedHeight; row++, to += rowBytes) {
    const source = row - top;
    if (source < 0 || source >= height) {
      memory.fill(to, 0, rowBytes);
      continue;
    }
    memory.fill(to, 0, <usize>before * pixel);
    memory.copy(
      to + <usize>before * pixel,
      from + <usize>(source * width + skipped) * pixel,
      <usize>copied * pixel,
    );
    memory.fill(to + <usize>(before + copied) * pixel, 0, <usize>(paddedWidth - before - copied) * pixel);
  }
}
