import { DistillError } from '@distilljs/core';
import type { FeatureMap, NamedVariables, PlanContext, Step } from '@distilljs/core';
import { featureMapShape } from '../feature-map-shape.js';
import type { MapShape } from '../feature-map-shape.js';
import { commonShape, createTransfer, transfer } from '../transfer/index.js';
import type { Transfer } from '../transfer/index.js';
import { joinVariables } from './variables.js';

/** The feature maps of a cohort, in one shape. */
export interface CohortMaps {
  /** Per network. */
  readonly taps: readonly string[];
  readonly shape: MapShape;
  /** Per network. */
  readonly transfers: readonly Transfer[];
  /** Of all transfer layers; empty where the networks' maps are alike. */
  readonly variables: NamedVariables;
  /** Every network's map of this step, through its transfer layer if there is one. */
  readonly read: (step: Step) => readonly FeatureMap[];
}

/**
 * Checks the taps, and makes the transfer layers that maps of unlike shape need: all networks get one then, so that every
 * discriminator sees maps of one kind.
 *
 * @throws DistillError codes `option`, `tap`, `shape`
 */
export function cohortMaps(
  context: PlanContext,
  { tap, commonWidth }: { readonly tap: string | readonly string[]; readonly commonWidth: number | 'auto' },
): CohortMaps {
  const { students, random } = context;
  const taps = typeof tap === 'string' ? students.map(() => tap) : tap;
  if (taps.length !== students.length) {
    const expected = `one name for all, or ${students.length}, one per network`;
    throw new DistillError({ code: 'option', where: 'tap', expected, got: String(taps.length) });
  }
  const shapes = students.map((student, index) => featureMapShape(student, taps[index] ?? ''));
  const shape = commonShape(shapes, commonWidth);
  const trained = shapes.some((own) => own[2] !== shape[2]);
  const transfers = shapes.map((own, index) =>
    createTransfer(own, shape, trained, random.fork(`transfer${index + 1}`)),
  );
  return {
    taps,
    shape,
    transfers,
    variables: joinVariables(
      'transfer',
      transfers.map(({ variables }) => variables),
    ),
    read: (step) =>
      step.students.map((student, index) =>
        transfer(student.tap(taps[index] ?? '') as FeatureMap, transfers[index] as Transfer),
      ),
  };
}
