import type { FeatureMap, NamedVariables, PlanContext, Step } from '@distilljs/core';
import { createTransfer, transfer } from '../transfer/index.js';
import type { Transfer } from '../transfer/index.js';
import type { CohortTaps } from './taps.js';
import { joinVariables } from './variables.js';

/** The feature maps of a cohort, in one shape. */
export interface CohortMaps {
  /** Per network. */
  readonly transfers: readonly Transfer[];
  /** Of all transfer layers; empty where there are none. */
  readonly variables: NamedVariables;
  /** Every network's map of this step, through its transfer layer if there is one. */
  readonly read: (step: Step) => readonly FeatureMap[];
}

/**
 * Makes the transfer layers that maps of unlike width need: all networks get one then, so that every discriminator sees
 * maps of one kind. The caller disposes their variables.
 */
export function cohortMaps({ random }: PlanContext, { taps, shapes, shape }: CohortTaps): CohortMaps {
  const trained = shapes.some((own) => own[2] !== shape[2]);
  const transfers = shapes.map((own, index) =>
    createTransfer(own, shape, trained, random.fork(`transfer${index + 1}`)),
  );
  return {
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
