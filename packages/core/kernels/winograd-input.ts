/* eslint-disable @typescript-eslint/no-unnecessary-type-assertion -- to TypeScript all numbers are one type, to AssemblyScript they are not */
import { FLOAT_BYTES } from './bytes';
import { loadLanes } from './lanes';
import { Line } from './winograd-line';
import { Plan, TILE_BYTES, columnOf, imageOf, rowOf } from './winograd-plan';

/**
 * Transforms `quads` times four channels, from `channel` on, of the tile `tile` of x: place p of the four channels q goes to
 * `to` + p * places + q * quadStep. `scratch` takes {@link TILE_BYTES}, `zeros` are 6 pixels of 0.
 */
export function inputTile(
  plan: Plan,
  x: usize,
  tile: i32,
  channel: i32,
  quads: i32,
  to: usize,
  quadStep: usize,
  places: usize,
  scratch: usize,
  constants: usize,
  zeros: usize,
): void {
  const row = rowOf(plan, tile) - plan.top;
  const column = columnOf(plan, tile) - plan.left;
  const pixel = <usize>plan.channels * FLOAT_BYTES;
  const rowBytes = <usize>plan.width * pixel;
  const corner = x + <usize>((imageOf(plan, tile) * plan.height + row) * plan.width + column) * pixel;
  // Rows beyond the image are read from zeros; columns beyond it are not read.
  const r0 = inside(row, plan.height) ? corner : zeros;
  const r1 = inside(row + 1, plan.height) ? corner + rowBytes : zeros;
  const r2 = inside(row + 2, plan.height) ? corner + 2 * rowBytes : zeros;
  const r3 = inside(row + 3, plan.height) ? corner + 3 * rowBytes : zeros;
  const r4 = inside(row + 4, plan.height) ? corner + 4 * rowBytes : zeros;
  const r5 = inside(row + 5, plan.height) ? corner + 5 * rowBytes : zeros;
  for (let q = 0; q < quads; q++) {
    const first = channel + 4 * q;
    const count = plan.channels - first;
    const end = scratch + TILE_BYTES;
    let at = <usize>first * FLOAT_BYTES;
    let j = column;
    for (let line = scratch; line < end; line += 96, at += pixel, j++) {
      if (!inside(j, plan.width)) {
        const none = f32x4.splat(0);
        for (let i: usize = 0; i < 96; i += 16) v128.store(line + i, none);
      } else if (count >= 4) {
        Line.input(
          v128.load(r0 + at),
          v128.load(r1 + at),
          v128.load(r2 + at),
          v128.load(r3 + at),
          v128.load(r4 + at),
          v128.load(r5 + at),
          line,
          16,
          constants,
        );
      } else {
        Line.input(
          loadLanes(r0 + at, count, 4),
          loadLanes(r1 + at, count, 4),
          loadLanes(r2 + at, count, 4),
          loadLanes(r3 + at, count, 4),
          loadLanes(r4 + at, count, 4),
          loadLanes(r5 + at, count, 4),
          line,
          16,
          constants,
        );
      }
    }
    let place = to;
    for (let line = scratch; line < scratch + 96; line += 16, place += 6 * places) {
      Line.input(
        v128.load(line),
        v128.load(line, 96),
        v128.load(line, 192),
        v128.load(line, 288),
        v128.load(line, 384),
        v128.load(line, 480),
        place,
        places,
        constants,
      );
    }
    to += quadStep;
  }
}

/** One comparison of unsigned numbers. */
function inside(at: i32, size: i32): bool {
  return <u32>at < <u32>size;
}
