import { DistillError } from '@distilljs/core';
import type { PlanContext } from '@distilljs/core';
import type { MapShape } from '../feature-map-shape.js';
import { discriminatorGeometry } from './geometry.js';
import type { DiscriminatorGeometry } from './geometry.js';
import type { DiscriminatorOptions } from './options.js';

/**
 * The sizes of a run's discriminators.
 *
 * @param shape of the maps that they see
 * @throws DistillError code `option`, also where batch norm would see one value per channel: it makes that 0, whatever the
 *   map, and all scores are the same
 */
export function runGeometry(
  method: string,
  { batchSize }: Pick<PlanContext, 'batchSize'>,
  options: DiscriminatorOptions,
  shape: MapShape,
): DiscriminatorGeometry {
  const owner = `method '${method}'`;
  const geometry = discriminatorGeometry(options, shape, owner);
  const [rows, columns] = geometry.middle;
  if (batchSize * rows * columns > 1) return geometry;
  throw new DistillError({
    code: 'option',
    where: `${owner}, batchSize`,
    expected: `at least 2, as the first convolution makes 1×1 of a map of ${shape[0]}×${shape[1]}`,
    got: String(batchSize),
    hint: 'Batch norm makes one value per channel the same for all maps. Raise batchSize, or tap a larger map.',
  });
}
