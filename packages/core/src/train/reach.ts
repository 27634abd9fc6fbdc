import type * as tf from '@tensorflow/tfjs-core';
import type { Phase, Update } from '../method/index.js';
import type { NamedTensors } from '../tensor/index.js';
import type { ValueLabel } from './report.js';

/** Records which variables get a gradient in a run, until that is clear. */
export interface Reach {
  /** Records the gradients of updates. */
  note(updates: readonly Update[], gradients: readonly NamedTensors[]): void;
  /**
   * A warning about variables without any gradient, given once: in the last phase, at the first step in which
   * every term has a weight, or at the end of the phase.
   */
  warning(at: {
    readonly phase: number;
    readonly labels: readonly ValueLabel[];
    readonly isLastStep: boolean;
  }): string | undefined;
}

const MOST_NAMES = 10;

/** Detects variables without gradient: they stay untrained, which the loss does not show. */
export function reachOf(phases: readonly Phase[]): Reach {
  const reached = new Set<tf.Variable>();
  /** The first phase seen: a run resumed in a later phase does not know the gradients of earlier ones. */
  let first: number | undefined;
  let isDone = false;
  return {
    note(updates, gradients) {
      if (isDone) return;
      updates.forEach(({ variables }, index) => {
        for (const [name, variable] of Object.entries(variables))
          if (gradients[index]?.[name] !== undefined) reached.add(variable);
      });
    },
    warning({ phase, labels, isLastStep }) {
      first ??= phase;
      const isClear = isLastStep || labels.every((label) => label.kind !== 'term' || label.weight !== 0);
      if (isDone || phase < phases.length - 1 || !isClear) return undefined;
      isDone = true;
      if (first > 0) return undefined;
      const unreached = new Map(
        phases
          .flatMap(({ updates }) => updates)
          .flatMap(({ name, variables }) =>
            Object.entries(variables).map(([own, variable]) => [variable, { own, update: name }] as const),
          )
          .filter(([variable]) => !reached.has(variable)),
      );
      if (unreached.size === 0) return undefined;
      const names = [...unreached.values()];
      const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : '';
      const shown = names.slice(0, MOST_NAMES).map(({ own }) => `'${own}'`);
      const updates = [...new Set(names.map(({ update }) => `'${update}'`))].join(', ');
      return `No term reaches ${shown.join(', ')}${more} of update ${updates}: no gradient trains ${names.length === 1 ? 'it' : 'them'}.`;
    },
  };
}
