import { clipToTerm } from '@distilljs/core';
import type { GradientPolicy } from '@distilljs/core';

/** Largest norm of the transfer gradient of a projection's variable: no task gradient sets one. */
const PROJECTION_LIMIT = 0.1;

/**
 * Per variable, the transfer gradient is clipped to the norm of the task gradient, times `sigmoid(e)` in epoch e (0, 1, …)
 * with a warm-up: 0.5, 0.73, 0.88, …. So the clip sets the scale of the transfer term, and no weight has to be chosen.
 *
 * Certainty: the poster prints `1 / (1 + e^{−τ})`, `τ = max(1, ‖g_task‖ / ‖g_transfer‖)`, which limits nothing; all code of
 * the authors clips norms, as here. Weight decay is the optimizer's, outside of the clip. A projection's limit is ours.
 */
export function transferPolicy(warmUp: boolean): GradientPolicy {
  return clipToTerm({
    clip: 'transfer',
    factor: (epoch) => (warmUp ? 1 / (1 + Math.exp(-Math.floor(epoch))) : 1),
    unreached: PROJECTION_LIMIT,
  });
}
