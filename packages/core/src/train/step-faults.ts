import { batchText } from '../data/index.js';
import { engineError } from '../engine/out-of-memory.js';
import { asDistillError } from '../error/first-line.js';
import { describeValue, DistillError } from '../error/index.js';
import type { Phase } from '../method/index.js';
import { nonNegative } from '../option/index.js';
import type { ValueLabel } from './report.js';
import type { Run, TrainingState } from './state.js';
import type { StepPlace } from './step-gradients.js';

/* What may go wrong in a step, and the words for it. */

/** What a value of a step is: something to report, or a sum over weights that is finite only if each of them is. */
export type StepLabel = ValueLabel | { readonly kind: 'weights'; readonly of: string };

/** What a step came to. */
export type Found = readonly (readonly [label: StepLabel, value: number])[];

/**
 * Schedules may be a user's own functions. They are looked at before anything of the step happens.
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
 * Terms stand before weights: what caused the trouble is named, not what it led to.
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
 * An error of a step as it is told, with the step. One that is the engine's says on which batch it was, and where training can go
 * on from; what a method threw is its cause.
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
