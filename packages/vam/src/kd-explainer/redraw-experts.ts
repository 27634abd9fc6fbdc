import * as tf from '@tensorflow/tfjs-core';
import { seedWeights } from '@distilljs/core';
import type { Network, Random } from '@distilljs/core';

/**
 * Draws the weights of experts and heads anew; Θ, temperatures and moving statistics stay, as in the released code.
 */
export function redrawExperts({ model, variables, statistics }: Network, random: Random): void {
  tf.tidy(() => {
    const kept = [
      ...Object.entries(variables).filter(([name]) => isAttention(name)),
      ...Object.entries(statistics),
    ].map(([, variable]) => [variable, tf.clone(variable)] as const);
    seedWeights(model, random);
    for (const [variable, value] of kept) variable.assign(value);
  });
}

/** Whether a variable is a Θ. */
export const isAttention = (name: string): boolean => name.endsWith('/theta');
