import * as tf from '@tensorflow/tfjs-core';
import type { GradientPolicy, Phase, Plan, Update } from '../method/index.js';
import { distill, sumOfTerms } from '../train/index.js';
import type { Callback, DistillOptions } from '../train/index.js';

/** The values of a phase's variables at its start, by `PHASE, UPDATE, VARIABLE`. */
type Start = ReadonlyMap<string, { readonly variable: tf.Variable; readonly values: Float32Array }>;

/**
 * Gradients up to this size count as rounding error: a bias that a softmax cancels, or weights behind an
 * inactive unit.
 */
const NOTHING = 1e-6;

/**
 * Runs a distillation and names every declared variable that has no gradient, or whose gradient is not 0 though
 * its value did not change. Each phase is checked separately, from its start to its end.
 */
export async function unmovedVariables(options: DistillOptions): Promise<string[]> {
  const starts = new Map<string, Start>();
  const unmoved: string[] = [];
  const acting = new Set<string>();
  const quiet = new Set<string>();
  const watched = (phase: Phase): Phase => ({
    ...phase,
    updates: phase.updates.map((update) => ({
      ...update,
      combine: noting(update.combine ?? sumOfTerms(), (name, largest) => {
        (largest <= NOTHING ? quiet : acting).add(keyOf(phase, update, name));
      }),
    })),
    start: () => {
      phase.start?.();
      starts.set(phase.name, valuesOf(phase));
    },
  });
  const compare: Callback = {
    name: 'compare',
    epoch: ({ phase, epoch }, run) => {
      if (epoch < run.phase.epochs - 1) return;
      for (const [name, { variable, values }] of starts.get(phase) ?? []) {
        // An optimizer with weight decay moves even variables that no gradient reaches.
        const isIdle = !acting.has(name) && !quiet.has(name);
        const isQuiet = quiet.has(name) && !acting.has(name);
        if (isIdle || (!isQuiet && tf.util.arraysEqual(variable.dataSync(), values))) unmoved.push(name);
      }
    },
  };
  const { method } = options;
  const plan = async (context: Parameters<typeof method.plan>[0]): Promise<Plan> => {
    const made = await method.plan(context);
    return { ...made, phases: made.phases.map(watched) };
  };
  const result = await distill({ ...options, method: { ...method, plan }, callbacks: [compare] });
  result.dispose();
  return unmoved;
}

const keyOf = (phase: Phase, update: Update, variable: string): string =>
  `${phase.name}, ${update.name}, ${variable}`;

function noting(policy: GradientPolicy, note: (variable: string, largest: number) => void): GradientPolicy {
  return {
    name: policy.name,
    combine(backward) {
      const gradients = policy.combine(backward);
      for (const [name, gradient] of Object.entries(gradients))
        note(name, tf.max(tf.abs(gradient)).dataSync()[0] ?? 0);
      return gradients;
    },
  };
}

function valuesOf(phase: Phase): Start {
  return new Map(
    phase.updates.flatMap((update) =>
      Object.entries(update.variables).map(([name, variable]) => [
        keyOf(phase, update, name),
        { variable, values: (variable.dataSync() as Float32Array).slice() },
      ]),
    ),
  );
}
