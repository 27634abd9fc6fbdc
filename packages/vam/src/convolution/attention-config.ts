import type { Tensor } from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';
import {
  checkOptions,
  DistillError,
  eitherOf,
  expectOption,
  flag,
  listOf,
  oneOf,
  wholeNumber,
} from '@distilljs/core';

/** How a convolution attends: part of the layer's configuration. */
export interface AttentionConfig {
  /** Input maps per parent block, at least 1. */
  readonly inputBlock: number;
  /** Filters per child block, at least 1. */
  readonly filterBlock: number;
  /** Factor s of the mask: 1 (`none`), or the number of parents (`blocks`). */
  readonly rescale: 'none' | 'blocks';
  /** Variant B: all parents of a child share its filters. Blocks of input maps must be full. */
  readonly grouped: boolean;
}

/** Configuration of a `VamConv2D` layer: that of a `Conv2D`, and how it attends, which has no defaults here. */
export type VamConv2DConfig = Parameters<typeof layers.conv2d>[0] & AttentionConfig;

type AddWeight = Parameters<layers.Layer['addWeight']>;

/** The fields of tfjs's convolution that its types hide. */
export type Convolution = layers.Layer &
  Readonly<Record<`${'kernel' | 'bias'}Initializer`, AddWeight[3]>> &
  Readonly<Record<`${'kernel' | 'bias'}Regularizer`, AddWeight[4]>> &
  Readonly<Record<`${'kernel' | 'bias'}Constraint`, AddWeight[6]>> & {
    readonly strides: [number, number];
    readonly dilationRate: [number, number];
    readonly padding: 'same' | 'valid';
    readonly activation: { apply(x: Tensor): Tensor; getClassName(): string };
    readonly useBias: boolean;
  };

const atLeastOne = wholeNumber({ min: 1 });

/** @throws DistillError code `option` for a part of the configuration that is missing or wrong */
export function checkAttention(layer: string, given: VamConv2DConfig): AttentionConfig {
  const { inputBlock, filterBlock, rescale, grouped, dataFormat = 'channelsLast' } = given;
  const config = { inputBlock, filterBlock, rescale, grouped };
  const owner = `layer '${layer}'`;
  // tfjs accepts a kernel size of NaN.
  expectOption(`${owner}.filters`, given.filters, atLeastOne);
  expectOption(`${owner}.kernelSize`, given.kernelSize, eitherOf(atLeastOne, listOf(atLeastOne, 2, 2)));
  checkOptions(owner, { dataFormat }, { dataFormat }, { dataFormat: oneOf('channelsLast') });
  return checkOptions<AttentionConfig>(owner, config, config, {
    inputBlock: atLeastOne,
    filterBlock: atLeastOne,
    rescale: oneOf('none', 'blocks'),
    grouped: flag,
  });
}

/** @throws DistillError code `shape` when a grouped layer's blocks do not divide its input maps */
export function expectFullBlocks(layer: string, inputs: number, config: AttentionConfig): void {
  const { inputBlock, grouped } = config;
  if (!grouped || inputs % inputBlock === 0) return;
  throw new DistillError({
    code: 'shape',
    where: `layer '${layer}'`,
    expected: `blocks that divide its ${inputs} input maps, to share filters between them`,
    got: `blocks of ${inputBlock}`,
    hint: 'Choose another inputBlock, or omit grouped.',
  });
}
