import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { layers } from '@tensorflow/tfjs-layers';
import { apply, convolution } from './conv-bn.js';

/*
 * Operations that tfjs-layers has no layer for, composed of layers that it has: a saved network loads without our code.
 */

/** Channels `from` to `to` (exclusive) of a feature map. */
export function sliceChannels(x: SymbolicTensor, from: number, to: number, name: string): SymbolicTensor {
  const channels = channelsOf(x);
  // Declared as channels first, cropping cuts the last two axes: width (nothing) and channels.
  const cropping: [[number, number], [number, number]] = [
    [0, 0],
    [from, channels - to],
  ];
  return apply(layers.cropping2D({ cropping, dataFormat: 'channelsFirst', name }), x);
}

/** Concatenates feature maps of one size along their channels. */
export function concatChannels(maps: readonly SymbolicTensor[], name: string): SymbolicTensor {
  return apply(layers.concatenate({ axis: -1, name }), [...maps]);
}

/**
 * Channel shuffle: channel `g·(C/G) + i` goes to `i·G + g`, so that each group of the next grouped convolution sees channels of
 * all groups.
 *
 * @param groups G, a divisor of the channels C
 * @param name the layers are called `NAME_split`, `NAME_swap` and `output`
 * @param output name of the last layer
 */
export function shuffleChannels(
  x: SymbolicTensor,
  groups: number,
  name: string,
  output: string,
): SymbolicTensor {
  const [height, width, channels] = x.shape.slice(1) as [number, number, number];
  const split = apply(
    layers.reshape({ targetShape: [height, width, groups, channels / groups], name: `${name}_split` }),
    x,
  );
  const swapped = apply(layers.permute({ dims: [1, 2, 4, 3], name: `${name}_swap` }), split);
  return apply(layers.reshape({ targetShape: [height, width, channels], name: output }), swapped);
}

/**
 * 1×1 convolution in groups, without bias: filters of group g see the channels of group g alone.
 *
 * @param name the layers are called `NAME_group1_conv`, …; with one group it is a plain convolution, `PREFIX_convSUFFIX`
 */
export function groupedPointwise(
  x: SymbolicTensor,
  name: { readonly prefix: string; readonly suffix: string },
  filters: number,
  groups: number,
): SymbolicTensor {
  if (groups === 1) return convolution(x, name, { filters, size: 1, stride: 1 });
  const each = channelsOf(x) / groups;
  const prefix = `${name.prefix}_conv${name.suffix}`;
  const parts = Array.from({ length: groups }, (_, group) => {
    const part = `${prefix}_group${group + 1}`;
    const input = sliceChannels(x, group * each, (group + 1) * each, `${part}_input`);
    return convolution(input, { prefix: part }, { filters: filters / groups, size: 1, stride: 1 });
  });
  return concatChannels(parts, prefix);
}

/** Channels of a feature map. */
export const channelsOf = (x: SymbolicTensor): number => Number(x.shape.at(-1));
