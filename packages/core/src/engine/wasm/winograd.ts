import type * as tf from '@tensorflow/tfjs-core';
import type { ConvWindow } from '../kernels/conv-window.js';
import type { WasmKernels } from './kernels.js';

/** Bytes of a float32. */
const F = 4;
/** Fields of the kernels' struct Plan, each of 4 bytes. */
const PLAN_FIELDS = 12;
/** Edge of a tile of the output, and the places of a tile between the transforms. */
const EDGE = 4;
const PLACES = 36;
/** Rows of a block of tiles that are multiplied at once, and how they lie: panels of so many channels, so many bytes each. */
const ROWS = 5;
const ROW_CHANNELS = 64;
const ROW_BYTES = 272;
/** Bytes of a tile between the two passes of a transform, and of a gap between two places of a block of tiles. */
const TILE_BYTES = PLACES * 16 + 48;
const GAP = 64;

/** Numbers in one place of a block of tiles, input and output: the 36 places then take 300 KB, and lie in the second cache. */
const BLOCK = 2048;
/** Maximum and minimum number of parts into which tiles are divided, if there are enough. */
const PARTS = 16;
/** Bytes of the transformed filters of one pass, and of the sums of one part of a filter's gradient. */
const FILTER_BYTES = 2 ** 24;
const SUM_BYTES = 2 ** 22;
/** Tiles that a partial sum of a filter's gradient takes at least: fewer, and transforming it back costs as much as its products. */
const GROUP_TILES = 32;
/** Bytes of all partial sums of a filter's gradient. */
const PARTIAL_BYTES = 2 ** 25;

type Shape4D = readonly [number, number, number, number];

/** A 3x3 convolution of stride 1: x [n, h, w, c] with margins before it to y [n, outHeight, outWidth, d]. */
export interface Planes {
  readonly input: Shape4D;
  readonly before: readonly [number, number];
  readonly outSize: readonly [number, number];
  readonly n: number;
}

/** What fills `n` channels of y from those of x, with what may follow in the same pass over y. */
export interface WinogradFilter {
  readonly filter: tf.TensorInfo;
  /** Whether the filter [3, 3, d, c] is reversed in space and its channels are swapped, as the gradient of the input takes it. */
  readonly reversed: boolean;
  readonly bias?: tf.TensorInfo | undefined;
  readonly relu?: boolean;
}

const roundUp = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;

/**
 * Products of two numbers in whose time the kernels transform a tile of one channel, of input or output, and a filter of one
 * pair of channels; measured.
 */
const TILE_COST = 350;
const FILTER_COST = 500;

/**
 * A convolution of `input` by `window` to n channels for Winograd's algorithm; null where the direct kernel is faster, which
 * takes 9 products per pixel and pair of channels where this one takes 36 per tile of 16 pixels, and the transforms.
 */
export function winogradPlanes(
  { kernel, stride, before, outSize }: ConvWindow,
  input: Shape4D,
  n: number,
): Planes | null {
  if ([...kernel, ...stride].join() !== '3,3,1,1') return null;
  const [images, , , channels] = input;
  const tiles = images * Math.ceil(outSize[0] / EDGE) * Math.ceil(outSize[1] / EDGE);
  const [paddedChannels, paddedN] = [roundUp(channels, 4), roundUp(n, 8)];
  const pairs = paddedChannels * paddedN;
  const transforms = tiles * TILE_COST * (paddedChannels + paddedN) + FILTER_COST * pairs;
  const direct = 9 * images * outSize[0] * outSize[1] * channels * paddedN;
  return tiles * PLACES * pairs + transforms < direct ? { input, before, outSize, n } : null;
}

/** Convolution of x by a 3x3 filter at stride 1 by Winograd's F(4x4, 3x3); the formulas stand with the kernels' `Line`. */
export function winogradConvolution(
  kernels: WasmKernels,
  x: tf.TensorInfo,
  planes: Planes,
  { filter, reversed, bias, relu = false }: WinogradFilter,
): tf.TensorInfo {
  const { input, outSize, n } = planes;
  const channels = input[3];
  const padded = roundUp(channels, 4);
  const y = kernels.output([input[0], ...outSize, n]);
  const most = Math.max(Math.floor(FILTER_BYTES / (PLACES * padded * F * 8)) * 8, 8);
  const atOnce = Math.min(roundUp(n, 8), most);
  const { fields, tiles, block } = planOf(planes, padded + atOnce);
  const filterBytes = PLACES * padded * atOnce * F;
  kernels.withScratch(filterBytes + atOnce * F + PLAN_FIELDS * F, (transformed) => {
    const packedBias = transformed + filterBytes;
    const plan = packedBias + atOnce * F;
    kernels.write(plan, fields);
    // Steps of the filter, in bytes, and the tap that the first pixel meets.
    const tap = channels * n * F;
    const [firstTap, tapStep] = reversed ? [8 * tap, -tap] : [0, tap];
    const [channelStep, outStep] = reversed ? [F, channels * F] : [n * F, F];
    for (let first = 0; first < n; first += atOnce) {
      const count = Math.min(atOnce, n - first);
      kernels.over(
        'winogradFilter',
        padded,
        PLACES * roundUp(count, 8),
        [
          ...[kernels.address(filter) + firstTap + first * outStep, transformed, channels, count],
          ...[tapStep, channelStep, outStep],
        ],
        TILE_BYTES,
      );
      if (bias !== undefined) {
        kernels.run('packFilter', [kernels.address(bias) + first * F, packedBias, 1, count]);
      }
      kernels.over(
        'winogradConvolve',
        Math.ceil(tiles / block),
        block * PLACES * padded * count,
        [
          ...[plan, kernels.address(x), kernels.address(y), transformed, first, count],
          ...[bias === undefined ? 0 : packedBias, Number(relu)],
        ],
        tileBytes(block, padded, (Math.ceil(padded / ROW_CHANNELS) * ROW_BYTES) / F, count),
      );
    }
  });
  return y;
}

/** Gradient of a 3x3 filter [3, 3, c, d] at stride 1 from x and dy [n, i, j, d], by Winograd's F(3x3, 4x4). */
export function winogradFilterGradient(
  kernels: WasmKernels,
  x: tf.TensorInfo,
  dy: tf.TensorInfo,
  planes: Planes,
): tf.TensorInfo {
  const { input, n } = planes;
  const channels = input[3];
  const [padded, paddedN] = [roundUp(channels, 4), roundUp(n, 8)];
  const part = Math.min(padded, Math.max(Math.floor(SUM_BYTES / (PLACES * paddedN * F * 4)) * 4, 4));
  const cuts = Math.ceil(channels / part);
  const values = 9 * channels * n;
  const { fields, tiles, block } = planOf(planes, part + paddedN);
  const fitting = Math.min(PARTS, Math.floor(tiles / GROUP_TILES), Math.floor(PARTIAL_BYTES / (values * F)));
  const groupTiles = roundUp(Math.ceil(tiles / Math.max(fitting, 1)), 4);
  const groups = Math.ceil(tiles / groupTiles);
  const dw = kernels.output([3, 3, channels, n]);
  kernels.withScratch(groups * values * F + PLAN_FIELDS * F, (plan) => {
    kernels.write(plan, fields);
    const partial = plan + PLAN_FIELDS * F;
    kernels.over(
      'winogradFilterGradient',
      groups * cuts,
      groupTiles * PLACES * part * paddedN,
      [plan, kernels.address(x), kernels.address(dy), partial, groupTiles, part, cuts],
      tileBytes(block, padded, part, n) + PLACES * part * paddedN * F,
    );
    kernels.run('sumInOrder', [partial, values * F, groups, kernels.address(dw), values]);
  });
  return dw;
}

/** How the kernels divide images into tiles and blocks of tiles: by their shape alone. */
function planOf(
  { input, before, outSize, n }: Planes,
  channels: number,
): { fields: number[]; tiles: number; block: number } {
  const [images, height, width, inChannels] = input;
  const [rows, columns] = [Math.ceil(outSize[0] / EDGE), Math.ceil(outSize[1] / EDGE)];
  const tiles = images * rows * columns;
  const block = roundUp(Math.max(Math.min(BLOCK / channels, tiles / PARTS), 1), ROWS);
  const fields = [height, width, inChannels, ...before, ...outSize, n, rows, columns, tiles, block];
  return { fields, tiles, block };
}

/** Bytes of scratch of a block: a tile, a line of zeros for the input's channels, and 36 places of `left` and `right` channels. */
function tileBytes(block: number, channels: number, left: number, right: number): number {
  const places = block * (left + roundUp(right, 8)) * F + 2 * GAP;
  return TILE_BYTES + 6 * roundUp(channels, 4) * F + PLACES * places;
}
