import { batchText } from '../data/index.js';
import { engineError } from '../engine/out-of-memory.js';
import { asDistillError } from '../error/first-line.js';
import { describeValue, DistillError } from '../error/index.js';
import type { Phase } from '../method/index.js';
import { nonNegative } from '../option/index.js';
import type { ValueLabel } from './report.js';
import type { Run, TrainingState } from './state.js';
import type { StepPlace } from './step-gradients.js';

/* Errors of a step and their messages. */

/**
 * The meaning of a value of a step: a value to report, or a sum over weights that is finite only if each of
 * them is.
 */
export type StepLabel = ValueLabel | { readonly kind: 'weights'; readonly of: string };

/** The values of a step with their labels. */
export type Found = readonly (readonly [label: StepLabel, value: number])[];

/**
 * Checks the learning rates, which may come from user functions, before the step begins.
 *
 * @throws DistillError code `option` for a learning rate that is no number of at least 0, naming epoch and step
 */
export function expectRates(run: Run, { optimizers }: TrainingState, phase: Phase, place: StepPlace): void {
  for (const [name, optimizer] of optimizers) {
    const rate: unknown = optimizer.learningRate(place.position);
    if (nonNegative(rate) === undefined) continue;
    throw new DistillError({
      code: 'option',
      where: `${placeText(run, phase, place)}, learning rate of update '${name}'`,
      expected: 'a number of at least 0',
      got: describeValue(rate),
      hint: 'A schedule must return one for every fractional epoch from 0 to the last.',
    });
  }
}

/**
 * Checks that all values are finite. Terms come before weights, so the error names the cause, not the
 * consequence.
 *
 * @throws DistillError code `numeric`, naming the term and the last good checkpoint
 */
export function expectFinite(
  run: Run,
  { lastCheckpoint }: TrainingState,
  phase: Phase,
  place: StepPlace,
  found: Found,
): void {
  const wrong = found.find(([, value]) => !Number.isFinite(value));
  if (wrong === undefined) return;
  const [label, value] = wrong;
  throw new DistillError({
    code: 'numeric',
    where: `${placeText(run, phase, place)}, ${labelText(label)}`,
    expected: 'a finite value',
    got: String(value),
    hint: `Lower the learning rate or the term's weight. ${checkpointText(lastCheckpoint)}`,
  });
}

/**
 * Wraps an error of a step with the step's place. An engine error also names the batch and the last checkpoint.
 * Anything that a method threw becomes the cause.
 */
export function stepError(
  error: unknown,
  run: Run,
  { lastCheckpoint }: TrainingState,
  phase: Phase,
  place: StepPlace,
): unknown {
  const batch = batchText(place.indices.length, run.train.imageShape);
  const where = placeText(run, phase, place);
  const told = engineError(error, `${where}, ${batch}`, checkpointText(lastCheckpoint));
  return asDistillError(told, { code: 'contract', where, expected: 'a step that does not throw' });
}

const placeText = ({ method }: Run, phase: Phase, { position, step }: StepPlace): string =>
  `method '${method.name}', phase '${phase.name}', epoch ${Math.floor(position.epoch)}, step ${step}`;

const checkpointText = (last: string | undefined): string =>
  last === undefined ? 'There is no checkpoint.' : `Last good checkpoint: ${last}.`;

function labelText(label: StepLabel): string {
  if (label.kind === 'term') return `term '${label.term}' of update '${label.update}'`;
  return label.kind === 'weights' ? `${label.of} (all terms are finite)` : 'accuracy';
}
