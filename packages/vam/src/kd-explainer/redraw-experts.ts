import * as tf from '@tensorflow/tfjs-core';
import { seedWeights } from '@distilljs/core';
import type { NamedVariables, Network, Random } from '@distilljs/core';
import type { Experts } from '../hme/index.js';

/**
 * Draws the weights of experts and heads anew; Θ, temperatures and moving statistics stay, as in the released code.
 */
export function redrawExperts(
  { model, variables, statistics }: Network,
  experts: Experts,
  random: Random,
): void {
  const isAttention = attentionOf(experts, variables);
  tf.tidy(() => {
    const kept = [
      ...Object.entries(variables).filter(([name]) => isAttention(name)),
      ...Object.entries(statistics),
    ].map(([, variable]) => [variable, tf.clone(variable)] as const);
    seedWeights(model, random);
    for (const [variable, value] of kept) variable.assign(value);
  });
}

/** Tells the Θ between experts from all other variables, the Θ inside convolutions included. */
export function attentionOf({ levels }: Experts, variables: NamedVariables): (name: string) => boolean {
  const thetas = new Set<unknown>(levels.map(({ theta }) => theta));
  return (name) => thetas.has(variables[name]);
}
