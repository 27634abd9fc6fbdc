import type { Plan } from '../method/index.js';
import type { RunControl } from './callback.js';

/** Passes on what a technique finds wrong with the training so far; what it found an epoch ago has been said. */
export function reviewTraining({ review }: Pick<Plan, 'review'>, run: RunControl): void {
  const said = new Set(review?.(run.history.slice(0, -1)));
  for (const message of review?.(run.history) ?? []) if (!said.has(message)) run.warn(message);
}
