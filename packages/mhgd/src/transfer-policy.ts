import { clipToTerm } from '@distilljs/core';
import type { GradientPolicy } from '@distilljs/core';

/** Largest norm of the transfer gradient of a projection's variable, which has no task gradient to clip to. */
const PROJECTION_LIMIT = 0.1;

/**
 * Clips the transfer gradient of each variable to the norm of its task gradient. With a warm-up, the limit in epoch e
 * (0, 1, …) is `sigmoid(e)` times that norm: 0.5, 0.73, 0.88, …. The clip sets the scale of the transfer term, so it
 * needs no weight.
 *
 * Certainty: the poster prints `1 / (1 + e^{−τ})`, `τ = max(1, ‖g_task‖ / ‖g_transfer‖)`, which limits nothing; all of
 * the authors' code clips norms, as here. Weight decay belongs to the optimizer and is not clipped. A projection's
 * limit is ours.
 */
export function transferPolicy(warmUp: boolean): GradientPolicy {
  return clipToTerm({
    clip: 'transfer',
    factor: (epoch) => (warmUp ? 1 / (1 + Math.exp(-Math.floor(epoch))) : 1),
    unreached: PROJECTION_LIMIT,
  });
}
