import type * as tf from '@tensorflow/tfjs-core';
import type { Phase, Update } from '../method/index.js';
import type { NamedTensors } from '../tensor/index.js';
import type { ValueLabel } from './report.js';

/** Looks which variables the terms of a run reach, until that is clear. */
export interface Reach {
  /** Notes the gradients of updates. */
  note(updates: readonly Update[], gradients: readonly NamedTensors[]): void;
  /**
   * What no term has reached, in words, once it is known: in the last phase, in the first step in which every term has a
   * weight, or when the phase ends. Said once.
   */
  warning(at: {
    readonly phase: number;
    readonly labels: readonly ValueLabel[];
    readonly isLastStep: boolean;
  }): string | undefined;
}

const MOST_NAMES = 10;

/** A layer that nothing depends on stays as it was: it is trained in vain, which a loss does not show. */
export function reachOf(phases: readonly Phase[]): Reach {
  const reached = new Set<tf.Variable>();
  /** The first phase that was seen: a run that goes on in a later one does not know what was reached before. */
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
