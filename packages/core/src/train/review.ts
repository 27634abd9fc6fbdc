import type { Plan } from '../method/index.js';
import type { RunControl } from './callback.js';

/** Passes on what a technique finds wrong with the training so far; what it found an epoch ago has been said. */
export function reviewTraining({ review }: Pick<Plan, 'review'>, { history, warn }: RunControl): void {
  const said = new Set(review?.(history.slice(0, -1)));
  for (const message of review?.(history) ?? []) if (!said.has(message)) warn(message);
}
