/* eslint-disable @typescript-eslint/no-unnecessary-type-assertion -- to TypeScript all numbers are one type, to AssemblyScript they are not */
import { FLOAT_BYTES } from './bytes';
import { loadLanes, storeLanes } from './lanes';
import { Line } from './winograd-line';
import { EDGE, Plan, columnOf, imageOf, rowOf } from './winograd-plan';

/**
 * Transforms the channels of the tile `tile` of dy: place p of the eight channels d goes to `to` + p * places + d * 32 *
 * block. `scratch` takes {@link TILE_BYTES}.
 */
export function outputGradientTile(
  plan: Plan,
  dy: usize,
  tile: i32,
  to: usize,
  places: usize,
  scratch: usize,
  constants: usize,
): void {
  const row = rowOf(plan, tile);
  const column = columnOf(plan, tile);
  const pixel = <usize>plan.n * FLOAT_BYTES;
  const rowBytes = <usize>plan.outWidth * pixel;
  const corner = dy + <usize>((imageOf(plan, tile) * plan.outHeight + row) * plan.outWidth + column) * pixel;
  const rows = plan.outHeight - row;
  const columns = plan.outWidth - column;
  const paddedN = (plan.n + 7) & ~7;
  for (let d = 0; d < paddedN; d += 4) {
    const count = plan.n - d;
    let at = corner + <usize>d * FLOAT_BYTES;
    let line = scratch;
    if (rows >= EDGE && columns >= EDGE && count >= 4) {
      for (; line < scratch + 384; at += pixel, line += 96) {
        Line.outputGradient(
          v128.load(at),
          v128.load(at + rowBytes),
          v128.load(at + 2 * rowBytes),
          v128.load(at + 3 * rowBytes),
          line,
          16,
          constants,
        );
      }
    }
    for (let j = 0; line < scratch + 384; j++, at += pixel, line += 96) {
      const here = j < columns ? count : 0;
      Line.outputGradient(
        loadLanes(at, here, 4),
        loadLanes(at + rowBytes, rows > 1 ? here : 0, 4),
        loadLanes(at + 2 * rowBytes, rows > 2 ? here : 0, 4),
        loadLanes(at + 3 * rowBytes, rows > 3 ? here : 0, 4),
        line,
        16,
        constants,
      );
    }
    let place = to + <usize>((d >> 3) * plan.block) * 32 + <usize>(d & 4) * FLOAT_BYTES;
    for (let i = scratch; i < scratch + 96; i += 16, place += 6 * places) {
      Line.outputGradient(
        v128.load(i),
        v128.load(i, 96),
        v128.load(i, 192),
        v128.load(i, 288),
        place,
        places,
        constants,
      );
    }
  }
}

/**
 * The tile `tile` of the output y, from `channel` on `count` channels of it, from their products: place p of the eight
 * channels d is at `from` + p * places + d * 32 * block. `bias` is 0 or [count up to a multiple of 8]; `relu` cuts at 0.
 */
export function outputTile(
  plan: Plan,
  y: usize,
  tile: i32,
  channel: i32,
  count: i32,
  from: usize,
  places: usize,
  bias: usize,
  relu: i32,
  scratch: usize,
  constants: usize,
): void {
  const row = rowOf(plan, tile);
  const column = columnOf(plan, tile);
  const pixel = <usize>plan.n * FLOAT_BYTES;
  const rowBytes = <usize>plan.outWidth * pixel;
  const corner = y + <usize>((imageOf(plan, tile) * plan.outHeight + row) * plan.outWidth + column) * pixel;
  const rows = min(plan.outHeight - row, EDGE);
  const columns = min(plan.outWidth - column, EDGE);
  const plain = rows == EDGE && columns == EDGE && !bias && !relu;
  const zero = f32x4.splat(0);
  for (let d = 0; d < count; d += 4) {
    let place = from + <usize>((d >> 3) * plan.block) * 32 + <usize>(d & 4) * FLOAT_BYTES;
    for (let line = scratch; line < scratch + 96; line += 16, place += places) {
      Line.output(
        v128.load(place),
        v128.load(place + 6 * places),
        v128.load(place + 12 * places),
        v128.load(place + 18 * places),
        v128.load(place + 24 * places),
        v128.load(place + 30 * places),
        line,
        96,
        constants,
      );
    }
    let out = corner + <usize>(channel + d) * FLOAT_BYTES;
    if (plain && count - d >= 4) {
      for (let line = scratch; line < scratch + 384; line += 96, out += rowBytes) {
        Line.output(
          v128.load(line),
          v128.load(line, 16),
          v128.load(line, 32),
          v128.load(line, 48),
          v128.load(line, 64),
          v128.load(line, 80),
          out,
          pixel,
          constants,
        );
      }
      continue;
    }
    const start = bias ? v128.load(bias + <usize>d * FLOAT_BYTES) : zero;
    const end = scratch + <usize>rows * 96;
    for (let line = scratch; line < end; line += 96, out += rowBytes) {
      // In place: a line is read before it is written.
      Line.output(
        v128.load(line),
        v128.load(line, 16),
        v128.load(line, 32),
        v128.load(line, 48),
        v128.load(line, 64),
        v128.load(line, 80),
        line,
        16,
        constants,
      );
      let to = out;
      let from = line;
      for (let j = 0; j < columns; j++, to += pixel, from += 16) {
        let value = f32x4.add(v128.load(from), start);
        if (relu) value = f32x4.pmax(value, zero);
        if (count - d >= 4) v128.store(to, value);
        else storeLanes(value, to, count - d);
      }
    }
  }
}
