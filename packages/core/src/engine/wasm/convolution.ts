import type * as tf from '@tensorflow/tfjs-core';
import type { ConvWindow } from '../kernels/conv-window.js';
import { groupsOf } from './groups.js';
import type { WasmKernels } from './kernels.js';
import { winogradConvolution, winogradFilterGradient, winogradPlanes } from './winograd.js';

/** Bytes of a float32. */
const F = 4;
/** Fields of a pass of the kernel `convolve`, each of 4 bytes. */
const PASS_FIELDS = 10;

type Shape4D = readonly [number, number, number, number];

/** What may follow a convolution in the same pass over its output. */
export interface ConvolutionEnd {
  readonly bias?: tf.TensorInfo | undefined;
  readonly relu?: boolean;
}

/**
 * Convolution of x [n, h, w, c] by filter [u, v, c, d], plus bias [d], followed by ReLU if `relu` is set.
 * The result is [n, i, j, d].
 */
export function convolution(
  kernels: WasmKernels,
  x: tf.TensorInfo,
  filter: tf.TensorInfo,
  window: ConvWindow,
  { bias, relu = false }: ConvolutionEnd = {},
): tf.TensorInfo {
  const { kernel, stride, before, outSize } = window;
  const [images, height, width, channels] = x.shape as unknown as Shape4D;
  const [outHeight, outWidth] = outSize;
  const n = filter.shape[3] ?? 0;
  const planes = winogradPlanes(window, x.shape as unknown as Shape4D, n);
  if (planes !== null)
    return winogradConvolution(kernels, x, planes, { filter, reversed: false, bias, relu });
  const paddedHeight = (outHeight - 1) * stride[0] + kernel[0];
  const paddedWidth = (outWidth - 1) * stride[1] + kernel[1];
  const taps = kernel[0] * kernel[1] * channels;
  const paddedN = roundUp(n, 8);
  const y = kernels.output([images, outHeight, outWidth, n]);
  kernels.withScratch((paddedN * (taps + 1) + PASS_FIELDS) * F, (packed) => {
    const packedBias = packed + paddedN * taps * F;
    const passes = packedBias + paddedN * F;
    kernels.run('packFilter', [kernels.address(filter), packed, taps, n]);
    if (bias !== undefined) kernels.run('packFilter', [kernels.address(bias), packedBias, 1, n]);
    kernels.write(passes, [
      ...[packed, 0, 0, kernel[0], kernel[1] * channels],
      ...[0, outWidth * n, n, outHeight, outWidth],
    ]);
    kernels.over(
      'convolve',
      images,
      outHeight * outWidth * paddedN * taps,
      [
        ...[kernels.address(x), kernels.address(y), height, width, channels],
        ...[before[0], before[1], paddedHeight, paddedWidth, stride[0], stride[1]],
        ...[passes, 1, n, outHeight * outWidth * n, 0, bias === undefined ? 0 : packedBias, Number(relu)],
      ],
      scratchBytes(paddedHeight * paddedWidth * channels, stride[1] * channels),
    );
  });
  return y;
}

/**
 * Gradient of {@link convolution} with respect to its input, from dy [n, i, j, d] and filter [u, v, c, d].
 *
 * dx[j] = sum_u dy[(j + p - u) / s] * w[u] over the u that divide, on each axis. The rows j = s m + r of one phase r see
 * the same taps of the filter: a convolution of dy by these taps reversed, which writes to every s-th row.
 */
export function inputGradient(
  kernels: WasmKernels,
  dy: tf.TensorInfo,
  filter: tf.TensorInfo,
  { kernel, stride, before }: ConvWindow,
  inputShape: Shape4D,
): tf.TensorInfo {
  const [images, outHeight, outWidth, outChannels] = dy.shape as unknown as Shape4D;
  const [, height, width, channels] = inputShape;
  // At stride 1 it is a convolution of dy, padded by the filter's length - 1 minus the padding.
  const turned: ConvWindow = {
    ...{ kernel, stride, outSize: [height, width] },
    before: [kernel[0] - 1 - before[0], kernel[1] - 1 - before[1]],
  };
  const planes = winogradPlanes(turned, dy.shape as unknown as Shape4D, channels);
  if (planes !== null) return winogradConvolution(kernels, dy, planes, { filter, reversed: true });
  const vertical = phasesOf(kernel[0], stride[0], before[0], height);
  const horizontal = phasesOf(kernel[1], stride[1], before[1], width);
  const pairs = vertical.used.flatMap((row) => horizontal.used.map((column) => ({ row, column })));
  const paddedChannels = roundUp(channels, 8);
  const filterBytes = pairs.map(
    ({ row, column }) => row.taps * column.taps * outChannels * paddedChannels * F,
  );
  const allFilters = filterBytes.reduce((sum, bytes) => sum + bytes, 0);
  const dx = kernels.output(inputShape);
  kernels.withScratch(allFilters + pairs.length * PASS_FIELDS * F, (scratch) => {
    const passes = scratch + allFilters;
    let packed = scratch;
    pairs.forEach(({ row, column }, index) => {
      kernels.run('packPhase', [
        ...[kernels.address(filter), packed, kernel[0], kernel[1], channels, outChannels],
        ...[row.firstTap, column.firstTap, stride[0], stride[1]],
      ]);
      kernels.write(passes + index * PASS_FIELDS * F, [
        ...[packed, row.start + vertical.margin, column.start + horizontal.margin],
        ...[row.taps, column.taps * outChannels],
        ...[(row.phase * width + column.phase) * channels, stride[0] * width * channels],
        ...[stride[1] * channels, row.count, column.count],
      ]);
      packed += filterBytes[index] ?? 0;
    });
    const covered = pairs.length === Math.min(stride[0], height) * Math.min(stride[1], width);
    kernels.over(
      'convolve',
      images,
      outHeight * outWidth * paddedChannels * kernel[0] * kernel[1] * outChannels,
      [
        ...[kernels.address(dy), kernels.address(dx), outHeight, outWidth, outChannels],
        ...[vertical.margin, horizontal.margin, vertical.paddedSize, horizontal.paddedSize, 1, 1],
        ...[passes, pairs.length, channels, height * width * channels, Number(!covered), 0, 0],
      ],
      scratchBytes(vertical.paddedSize * horizontal.paddedSize * outChannels, outChannels),
    );
  });
  return dx;
}

/** Gradient of {@link convolution} with respect to its filter, of `filterShape` [u, v, c, d]. */
export function filterGradient(
  kernels: WasmKernels,
  x: tf.TensorInfo,
  dy: tf.TensorInfo,
  window: ConvWindow,
  filterShape: Shape4D,
): tf.TensorInfo {
  const { kernel, stride, before } = window;
  const [images, height, width, channels] = x.shape as unknown as Shape4D;
  const [, outHeight, outWidth, n] = dy.shape as unknown as Shape4D;
  const planes = winogradPlanes(window, x.shape as unknown as Shape4D, n);
  if (planes !== null) return winogradFilterGradient(kernels, x, dy, planes);
  const paddedHeight = (outHeight - 1) * stride[0] + kernel[0];
  const paddedWidth = (outWidth - 1) * stride[1] + kernel[1];
  const m = kernel[1] * channels;
  const groupBytes = kernel[0] * roundUp(m, 4) * roundUp(n, 8) * F;
  const { groups, groupSize } = groupsOf(images, groupBytes);
  const dw = kernels.output(filterShape);
  kernels.withScratch(groups * groupBytes, (partial) => {
    const padded = paddedHeight * paddedWidth * channels;
    kernels.over(
      'filterGradient',
      groups,
      groupSize * outHeight * outWidth * kernel[0] * m * n,
      [
        ...[kernels.address(x), kernels.address(dy), partial, images, groupSize, height, width, channels],
        ...[before[0], before[1], paddedHeight, paddedWidth, stride[0], stride[1]],
        ...[kernel[0], kernel[1], outHeight, outWidth, n],
      ],
      scratchBytes(padded + outHeight * outWidth * roundUp(n, 8), channels + n),
    );
    kernels.run('sumFilterGradient', [partial, kernels.address(dw), groups, kernel[0], m, n]);
  });
  return dw;
}

/** The phases of one axis of the input: rows at the same place in the stride. */
interface Phases {
  /** Those that a tap of the filter reaches. */
  readonly used: readonly Phase[];
  /** Zeros before dy, and its length with them and with those after it. */
  readonly margin: number;
  readonly paddedSize: number;
}

interface Phase {
  readonly phase: number;
  /** First tap of the filter that it sees; then every stride-th. */
  readonly firstTap: number;
  readonly taps: number;
  /** Row of dy that its first row begins at; may lie before the first. */
  readonly start: number;
  /** Rows of the input. */
  readonly count: number;
}

function phasesOf(kernel: number, stride: number, before: number, size: number): Phases {
  const all = Array.from({ length: Math.min(stride, size) }, (_, phase): Phase => {
    const firstTap = (phase + before) % stride;
    const taps = Math.max(Math.ceil((kernel - firstTap) / stride), 0);
    const start = Math.floor((phase + before) / stride) - (taps - 1);
    return { phase, firstTap, taps, start, count: Math.ceil((size - phase) / stride) };
  });
  const used = all.filter(({ taps }) => taps > 0);
  const margin = Math.max(0, ...used.map(({ start }) => -start));
  const paddedSize = Math.max(0, ...used.map(({ start, count, taps }) => margin + start + count - 1 + taps));
  return { used, margin, paddedSize };
}

/** Bytes for a padded image, and for what the last tiles read beyond it. */
function scratchBytes(values: number, step: number): number {
  return (values + 64 * (step + 1)) * F;
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
