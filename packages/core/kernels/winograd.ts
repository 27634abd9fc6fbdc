/* eslint-disable @typescript-eslint/no-unnecessary-type-assertion -- to TypeScript all numbers are one type, to AssemblyScript they are not */
import { FLOAT_BYTES } from './bytes';
import { inputTile } from './winograd-input';
import { CONSTANT_BYTES, Line } from './winograd-line';
import { outputTile } from './winograd-output';
import { Plan, TILE_BYTES, placeStep } from './winograd-plan';
import { ROWS, ROW_BYTES, ROW_CHANNELS, multiplyRows } from './winograd-product';

/**
 * Convolution of x by a filter that {@link winogradFilter} left at `filter`, of the blocks `first` to `last - 1` of tiles:
 * channels `channel` to `channel + count - 1` of y. `bias` is 0 or [count up to a multiple of 8]; `relu` cuts at 0.
 *
 * `scratch` takes {@link TILE_BYTES}, 6 pixels of zeros, and 36 places each of the input's and the output's channels.
 */
export function winogradConvolve(
  planAt: usize,
  x: usize,
  y: usize,
  filter: usize,
  channel: i32,
  count: i32,
  bias: usize,
  relu: i32,
  scratch: usize,
  first: i32,
  last: i32,
): void {
  const plan = changetype<Plan>(planAt);
  const quads = (plan.channels + 3) >> 2;
  const octets = (count + 7) >> 3;
  const panels = (quads * 4 + ROW_CHANNELS - 1) / ROW_CHANNELS;
  const panelBytes = <usize>(plan.block * ROW_BYTES);
  const places = placeStep(panels * plan.block * ROW_BYTES);
  const outPlaces = placeStep(plan.block * octets * 32);
  const constants = scratch + TILE_BYTES;
  Line.prepare(constants);
  const zeros = constants + CONSTANT_BYTES;
  const zeroBytes = <usize>(quads * 24) * FLOAT_BYTES;
  memory.fill(zeros, 0, zeroBytes);
  const input = zeros + zeroBytes;
  const output = input + 36 * places;
  for (let block = first; block < last; block++) {
    const start = block * plan.block;
    const tiles = min(plan.block, plan.tiles - start);
    for (let panel = 0; panel < panels; panel++) {
      const c = panel * ROW_CHANNELS;
      let to = input + <usize>panel * panelBytes;
      for (let t = 0; t < tiles; t++, to += <usize>ROW_BYTES) {
        const some = min(quads - (c >> 2), ROW_CHANNELS >> 2);
        inputTile(plan, x, start + t, c, some, to, 16, places, scratch, constants, zeros);
      }
    }
    let b = filter;
    for (let place: usize = 0; place < 36; place++) {
      for (let octet = 0; octet < octets; octet++) {
        let a = input + place * places;
        const to = output + place * outPlaces + <usize>(octet * plan.block) * 32;
        for (let left = quads * 4; left > 0; left -= ROW_CHANNELS, a += panelBytes) {
          const count = min(left, ROW_CHANNELS);
          const keep = left < quads * 4;
          for (let t = 0; t < tiles; t += ROWS) {
            multiplyRows(a + <usize>(t * ROW_BYTES), b, count, to + <usize>t * 32, keep);
          }
          b += <usize>count * 32;
        }
      }
    }
    for (let t = 0; t < tiles; t++) {
      outputTile(
        plan,
        y,
        start + t,
        channel,
        count,
        output + <usize>t * 32,
        outPlaces,
        bias,
        relu,
        scratch,
        constants,
      );
    }
  }
}
