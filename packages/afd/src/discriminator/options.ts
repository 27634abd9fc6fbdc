import { inRange, wholeNumber } from '@distilljs/core';
import type { OptionChecks } from '@distilljs/core';
import { pairOf, wholeOrAuto } from '../option-checks.js';

/** Options of a discriminator; its widths, kernels and slope are not known from the paper. */
export interface DiscriminatorOptions {
  /**
   * Edges of both kernels. `auto`: half the map's edge, then all that the first leaves, so that the one score sees the whole
   * map. Default `['auto', 'auto']`: 4 and 5 for a map of 8×8.
   */
  readonly discriminatorKernels: readonly [number | 'auto', number | 'auto'];
  /** Strides of both convolutions. Default `[1, 1]`. */
  readonly discriminatorStrides: readonly [number, number];
  /** Channels between the convolutions. Default `auto`: half the map's. */
  readonly discriminatorWidth: number | 'auto';
  /** Slope of the leaky ReLU below 0, 0 to 1. Default 0.01, PyTorch's (tfjs has 0.2). */
  readonly leakySlope: number;
}

export const discriminatorChecks: OptionChecks<DiscriminatorOptions> = {
  discriminatorKernels: pairOf(wholeOrAuto),
  discriminatorStrides: pairOf(wholeNumber({ min: 1 })),
  discriminatorWidth: wholeOrAuto,
  leakySlope: inRange(0, 1),
};
