import { DistillError } from '@distilljs/core';
import type { PlanContext } from '@distilljs/core';
import { featureMapShape } from '../feature-map-shape.js';
import type { MapShape } from '../feature-map-shape.js';
import { commonShape } from '../transfer/index.js';

/** Where a cohort's feature maps are read, and what becomes of them. */
export interface CohortTaps {
  /** Per network. */
  readonly taps: readonly string[];
  /** Per network, as they are read. */
  readonly shapes: readonly MapShape[];
  /** What all are brought into. */
  readonly shape: MapShape;
}

/**
 * Checks the taps of a cohort; makes nothing yet.
 *
 * @throws DistillError codes `option`, `tap`, `shape`
 */
export function cohortTaps(
  method: string,
  { students }: PlanContext,
  { tap, commonWidth }: { readonly tap: string | readonly string[]; readonly commonWidth: number | 'auto' },
): CohortTaps {
  const taps = typeof tap === 'string' ? students.map(() => tap) : tap;
  if (taps.length !== students.length) {
    throw new DistillError({
      code: 'option',
      where: `method '${method}', tap`,
      expected: `one name for all, or ${students.length}, one per network`,
      got: String(taps.length),
    });
  }
  const maps = students.map((student, index) => ({
    where: `method '${method}', students[${index}] '${student.name}', tap '${taps[index] ?? ''}'`,
    shape: featureMapShape(student, taps[index] ?? ''),
  }));
  return { taps, shapes: maps.map(({ shape }) => shape), shape: commonShape(maps, commonWidth) };
}
