import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { checkOptions, expectSizes, wholeNumber } from '@distilljs/core';

/** Channels of one virtual block: of the parents (input maps) and of the children (filters). */
export interface BlockSize {
  readonly inputs: number;
  readonly filters: number;
}

/** Numbers of parents N and children M of a convolution; the last block of either may be short. */
export interface BlockCount {
  readonly parents: number;
  readonly children: number;
}

const atLeastOne = wholeNumber({ min: 1 });

/**
 * `N = ⌈inputs / b_in⌉`, `M = ⌈filters / b_out⌉`.
 *
 * @throws DistillError code `option` for anything but whole numbers above 0
 */
export function blockCount(inputs: number, filters: number, size: BlockSize): BlockCount {
  expectSizes('blockCount', { inputs, filters });
  checkOptions('blockCount(size)', size, {} as BlockSize, { inputs: atLeastOne, filters: atLeastOne });
  return { parents: Math.ceil(inputs / size.inputs), children: Math.ceil(filters / size.filters) };
}

/** Parameters that attention adds to one convolution: Θ and one log-temperature, `M · N + 1`. */
export function attentionParameters(inputs: number, filters: number, size: BlockSize): number {
  const { parents, children } = blockCount(inputs, filters, size);
  return parents * children + 1;
}

/**
 * Membership of every channel in a virtual block, `[channels, ⌈channels / size⌉]`: `value` in the column of its block,
 * else 0.
 *
 * @returns a tensor that the caller disposes
 */
export function blockMembership(channels: number, size: number, value = 1): Tensor2D {
  const blocks = Math.ceil(channels / size);
  const membership = new Float32Array(channels * blocks);
  for (let channel = 0; channel < channels; channel++) {
    membership[channel * blocks + Math.floor(channel / size)] = value;
  }
  return tf.keep(tf.tensor2d(membership, [channels, blocks]));
}

/** Memberships of a convolution's channels, from {@link blockMembership}; those of input maps have `value` s. */
export interface BlockMembers {
  readonly inputs: Tensor2D;
  readonly filters: Tensor2D;
}

/**
 * Attention of blocks spread over their channels: `s · A[⌊c_out / b_out⌋, ⌊c_in / b_in⌋]`.
 *
 * @param attention A, `[children, parents]`
 * @returns `[inputs, filters]`
 */
export function blockMask(attention: Tensor2D, { inputs, filters }: BlockMembers): Tensor2D {
  return tf.matMul(tf.matMul(inputs, attention, false, true), filters, false, true);
}
