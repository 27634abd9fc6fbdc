import { checkOptions, DistillError } from '@distilljs/core';
import type { MapShape, PlanContext } from '@distilljs/core';
import { expectNormalizable } from './cohort.js';
import { discriminatorChecks } from './options.js';
import type { DiscriminatorOptions } from './options.js';

/** A discriminator's sizes for one map. */
export interface DiscriminatorGeometry {
  /** `[height, width]`. */
  readonly kernel1: readonly [number, number];
  readonly stride1: number;
  /** `[height, width]`. */
  readonly kernel2: readonly [number, number];
  readonly stride2: number;
  readonly hidden: number;
  readonly slope: number;
  /** `[height, width]` between the convolutions. */
  readonly middle: readonly [number, number];
}

/**
 * The sizes of a discriminator for a map.
 *
 * @param owner whose options they are, for errors
 * @throws DistillError code `option` for a size that is no whole number, and when the discriminator does not end in one
 *   score per image: more would make it a critic of patches
 */
export function discriminatorGeometry(
  { discriminatorKernels, discriminatorStrides, discriminatorWidth, leakySlope }: DiscriminatorOptions,
  [height, width, channels]: MapShape,
  owner = 'discriminatorGeometry',
): DiscriminatorGeometry {
  const sizes = { discriminatorKernels, discriminatorStrides, discriminatorWidth, leakySlope };
  checkOptions(owner, {}, sizes, discriminatorChecks);
  const [first, second] = discriminatorKernels;
  const [stride1, stride2] = discriminatorStrides;
  const along = (edge: number): Record<'kernel1' | 'middle' | 'kernel2' | 'end', number> => {
    const kernel1 = first === 'auto' ? Math.max(1, Math.floor(edge / 2)) : first;
    const middle = outputEdge(edge, kernel1, stride1);
    const kernel2 = second === 'auto' ? middle : second;
    return { kernel1, middle, kernel2, end: outputEdge(middle, kernel2, stride2) };
  };
  const [rows, columns] = [along(height), along(width)];
  if (rows.end !== 1 || columns.end !== 1) {
    throw new DistillError({
      code: 'option',
      where: `${owner}, discriminatorKernels and discriminatorStrides`,
      expected: `sizes that turn a map of ${height}×${width} into one score`,
      got: rows.end < 1 || columns.end < 1 ? 'none' : `${rows.end}×${columns.end} scores`,
      hint: "discriminatorKernels: ['auto', 'auto'] fits every map.",
    });
  }
  return {
    kernel1: [rows.kernel1, columns.kernel1],
    stride1,
    kernel2: [rows.kernel2, columns.kernel2],
    stride2,
    hidden: discriminatorWidth === 'auto' ? Math.max(1, Math.floor(channels / 2)) : discriminatorWidth,
    slope: leakySlope,
    middle: [rows.middle, columns.middle],
  };
}

/**
 * The sizes of a run's discriminators.
 *
 * @param shape of the maps that they see
 * @throws DistillError code `option`, also where batch norm would see one value per channel and all scores were the same
 */
export function runGeometry(
  method: string,
  { batchSize }: Pick<PlanContext, 'batchSize'>,
  options: DiscriminatorOptions,
  shape: MapShape,
): DiscriminatorGeometry {
  const geometry = discriminatorGeometry(options, shape, `method '${method}'`);
  const because = `the first convolution makes 1×1 of a map of ${shape[0]}×${shape[1]}`;
  expectNormalizable(method, batchSize, geometry.middle, because);
  return geometry;
}

/** Positions of a window without padding; 0 where it does not fit. */
function outputEdge(edge: number, kernel: number, stride: number): number {
  return kernel < 1 || kernel > edge ? 0 : Math.floor((edge - kernel) / stride) + 1;
}
