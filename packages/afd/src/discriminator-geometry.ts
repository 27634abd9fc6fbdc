import {
  checkOptions,
  DistillError,
  expectOption,
  inRange,
  objectWith,
  text,
  wholeNumber,
} from '@distilljs/core';
import type { MapShape, PlanContext } from '@distilljs/core';
import { expectNormalizable } from './cohort.js';
import { discriminatorChecks, mapShapeCheck, pairOf } from './options.js';
import type { DiscriminatorOptions } from './options.js';

/** A discriminator's sizes for one map shape. */
export interface DiscriminatorGeometry {
  /** `[height, width]`. */
  readonly kernel1: readonly [number, number];
  readonly stride1: number;
  /** `[height, width]`. */
  readonly kernel2: readonly [number, number];
  readonly stride2: number;
  /** Channels between the convolutions. */
  readonly hidden: number;
  /** Slope of the leaky ReLU for negative inputs. */
  readonly slope: number;
  /** `[height, width]` between the convolutions. */
  readonly middle: readonly [number, number];
}

/**
 * The sizes of a discriminator for a map shape.
 *
 * @param shape of the map, `[height, width, channels]`
 * @param owner of the options, for errors
 * @throws DistillError code `option` for wrong options, and when the discriminator does not end in one score per image:
 *   more scores would make it a patch discriminator
 */
export function discriminatorGeometry(
  options: DiscriminatorOptions,
  shape: MapShape,
  owner = 'discriminatorGeometry',
): DiscriminatorGeometry {
  expectOption('discriminatorGeometry(owner)', owner, text);
  expectOption(owner, options, objectWith());
  expectOption(`${owner}, shape`, shape, mapShapeCheck);
  const { discriminatorKernels, discriminatorStrides, discriminatorWidth, leakySlope } = options;
  const [height, width, channels] = shape;
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
 * @param shape of the maps, `[height, width, channels]`
 * @throws DistillError code `option`, also where batch norm would see one value per channel and make all scores equal
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

const size = wholeNumber({ min: 1 });

/** @throws DistillError code `option` for anything that {@link discriminatorGeometry} would not make */
export function expectGeometry(where: string, geometry: DiscriminatorGeometry): void {
  checkOptions<DiscriminatorGeometry>(where, geometry, {} as DiscriminatorGeometry, {
    kernel1: pairOf(size),
    stride1: size,
    kernel2: pairOf(size),
    stride2: size,
    hidden: size,
    slope: inRange(0, 1),
    middle: pairOf(size),
  });
}

/**
 * Throws unless a map yields exactly one score.
 *
 * @throws DistillError code `shape`
 */
export function expectOneScore(
  where: string,
  [height, width]: readonly [number, number],
  { kernel1, stride1, kernel2, stride2 }: DiscriminatorGeometry,
): void {
  const scores = [height, width].map((edge, axis) =>
    outputEdge(outputEdge(edge, kernel1[axis] ?? 0, stride1), kernel2[axis] ?? 0, stride2),
  );
  if (scores.every((count) => count === 1)) return;
  throw new DistillError({
    code: 'shape',
    where,
    expected: 'maps of the size that the discriminator was made for',
    got: `${height}×${width}`,
  });
}

/** Number of positions of a kernel along an edge without padding; 0 where it does not fit. */
function outputEdge(edge: number, kernel: number, stride: number): number {
  return kernel < 1 || kernel > edge ? 0 : Math.floor((edge - kernel) / stride) + 1;
}
