import type { HeadKind } from './class-scores-layer.js';

/** What both layouts of a hierarchical mixture of experts need to know. */
export interface HmeShape {
  /** `[height, width, channels]` of one image. */
  readonly imageShape: readonly [number, number, number];
  readonly classes: number;
  /** Default `binary`. */
  readonly head?: HeadKind | undefined;
}
