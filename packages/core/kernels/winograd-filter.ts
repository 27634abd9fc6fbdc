/* eslint-disable @typescript-eslint/no-unnecessary-type-assertion -- to TypeScript all numbers are one type, to AssemblyScript they are not */
import { FLOAT_BYTES } from './bytes';
import { loadLanes, storeLanes } from './lanes';
import { inputTile } from './winograd-input';
import { CONSTANT_BYTES, Line } from './winograd-line';
import { outputGradientTile } from './winograd-output';
import { Plan, TILE_BYTES, placeStep } from './winograd-plan';
import { multiplyColumns } from './winograd-product';

/**
 * Transforms the input channels `first` to `last - 1` of a 3x3 filter, taps `tapStep` bytes apart, for
 * {@link winogradConvolve}: to [36][n / 8][quads * 4][8], zeros where there are fewer than that.
 */
export function winogradFilter(
  from: usize,
  to: usize,
  channels: i32,
  n: i32,
  tapStep: i32,
  channelStep: i32,
  outStep: i32,
  scratch: usize,
  first: i32,
  last: i32,
): void {
  const paddedChannels = (channels + 3) & ~3;
  const places = <usize>(paddedChannels * ((n + 7) & ~7)) * FLOAT_BYTES;
  const tap = <usize>tapStep;
  const step = <usize>outStep;
  const constants = scratch + TILE_BYTES;
  Line.prepare(constants);
  for (let c = first; c < last; c++) {
    const channel = from + <usize>(c * channelStep);
    for (let d = 0; d < ((n + 7) & ~7); d += 4) {
      const count = c < channels ? n - d : 0;
      let at = channel + <usize>(d * outStep);
      let line = scratch;
      for (let j = 0; j < 3; j++, at += tap, line += 96) {
        Line.filter(
          loadLanes(at, count, step),
          loadLanes(at + 3 * tap, count, step),
          loadLanes(at + 6 * tap, count, step),
          line,
          16,
          constants,
        );
      }
      let place = to + <usize>(((d >> 3) * paddedChannels + c) * 8 + (d & 4)) * FLOAT_BYTES;
      for (let i = scratch; i < scratch + 96; i += 16, place += 6 * places) {
        Line.filter(v128.load(i), v128.load(i, 96), v128.load(i, 192), place, places, constants);
      }
    }
  }
}

/**
 * Gradient of a 3x3 filter [3, 3, channels, n] over groups of tiles, one partial sum of that shape each; item i is the group
 * i / `cuts` and, of the channels, the part i % `cuts` of `part` channels (a multiple of 4).
 *
 * `scratch` takes {@link TILE_BYTES}, 6 pixels of zeros, 36 places each of `part` and of the output's channels, and
 * 36 sums [part, n up to a multiple of 8].
 */
export function winogradFilterGradient(
  planAt: usize,
  x: usize,
  dy: usize,
  partial: usize,
  groupTiles: i32,
  part: i32,
  cuts: i32,
  scratch: usize,
  first: i32,
  last: i32,
): void {
  const plan = changetype<Plan>(planAt);
  const octets = (plan.n + 7) >> 3;
  const quadBytes = <usize>plan.block * 16;
  const places = placeStep(plan.block * part * 4);
  const outPlaces = placeStep(plan.block * octets * 32);
  const constants = scratch + TILE_BYTES;
  Line.prepare(constants);
  const zeros = constants + CONSTANT_BYTES;
  const zeroBytes = <usize>(((plan.channels + 3) >> 2) * 24) * FLOAT_BYTES;
  memory.fill(zeros, 0, zeroBytes);
  const input = zeros + zeroBytes;
  const output = input + 36 * places;
  const sums = output + 36 * outPlaces;
  const filterBytes = <usize>(9 * plan.channels * plan.n) * FLOAT_BYTES;
  for (let item = first; item < last; item++) {
    const group = item / cuts;
    const channel = (item - group * cuts) * part;
    const count = min(part, plan.channels - channel);
    const quads = (count + 3) >> 2;
    const sumBytes = <usize>(quads * octets) * 128;
    memory.fill(sums, 0, 36 * sumBytes);
    const end = min((group + 1) * groupTiles, plan.tiles);
    for (let start = group * groupTiles; start < end; start += plan.block) {
      const tiles = min(plan.block, end - start);
      for (let t = 0; t < tiles; t++) {
        inputTile(
          plan,
          x,
          start + t,
          channel,
          quads,
          input + <usize>t * 16,
          quadBytes,
          places,
          scratch,
          constants,
          zeros,
        );
        outputGradientTile(plan, dy, start + t, output + <usize>t * 32, outPlaces, scratch, constants);
      }
      let to = sums;
      for (let place: usize = 0; place < 36; place++) {
        let b = output + place * outPlaces;
        for (let octet = 0; octet < octets; octet++, b += <usize>plan.block * 32) {
          let a = input + place * places;
          for (let quad = 0; quad < quads; quad++, a += quadBytes, to += 128) {
            multiplyColumns(a, b, tiles, to);
          }
        }
      }
    }
    filterOfSums(
      sums,
      sumBytes,
      partial + <usize>group * filterBytes,
      plan,
      channel,
      count,
      quads,
      scratch,
      constants,
    );
  }
}

/** From sums [36][n / 8][quads][4][8] the channels `channel` to `channel + count - 1` of a filter. */
function filterOfSums(
  sums: usize,
  sumBytes: usize,
  filter: usize,
  plan: Plan,
  channel: i32,
  count: i32,
  quads: i32,
  scratch: usize,
  constants: usize,
): void {
  const tap = <usize>(plan.channels * plan.n) * FLOAT_BYTES;
  for (let d = 0; d < plan.n; d += 4) {
    for (let c = 0; c < count; c++) {
      let place = sums + <usize>((((d >> 3) * quads * 4 + c) << 3) + (d & 4)) * FLOAT_BYTES;
      for (let line = scratch; line < scratch + 96; line += 16, place += sumBytes) {
        Line.filterGradient(
          v128.load(place),
          v128.load(place + 6 * sumBytes),
          v128.load(place + 12 * sumBytes),
          v128.load(place + 18 * sumBytes),
          v128.load(place + 24 * sumBytes),
          v128.load(place + 30 * sumBytes),
          line,
          96,
          constants,
        );
      }
      let to = filter + <usize>((channel + c) * plan.n + d) * FLOAT_BYTES;
      for (let line = scratch; line < scratch + 288; line += 96) {
        Line.filterGradient(
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
        for (let v: usize = 0; v < 48; v += 16, to += tap) storeLanes(v128.load(line + v), to, plan.n - d);
      }
    }
  }
}
