import type { NamedVariables, Optimizer, OptimizerSpec } from '@distilljs/core';

/** Two groups of one update's variables, each with an optimizer of its own, for one backward pass. */
export interface OptimizerGroups {
  readonly main: OptimizerSpec;
  /** For the variables that {@link isOther} picks; there must be some of either kind. */
  readonly other: OptimizerSpec;
  readonly isOther: (name: string) => boolean;
}

/** One optimizer of two. Its learning rate is that of the main one. */
export function groupOptimizers({ main, other, isOther }: OptimizerGroups): OptimizerSpec {
  return {
    name: `${main.name}+${other.name}`,
    options: { main: main.options, other: other.options },
    create(variables, also) {
      const pick = (wanted: boolean): NamedVariables =>
        Object.fromEntries(Object.entries(variables).filter(([name]) => isOther(name) === wanted));
      const groups: Readonly<Record<string, Optimizer>> = {
        main: main.create(pick(false), also),
        other: other.create(pick(true), also),
      };
      const all = Object.entries(groups);
      return {
        apply(gradients, at) {
          for (const [, optimizer] of all) optimizer.apply(gradients, at);
        },
        learningRate: (at) => groups['main']?.learningRate(at) ?? 0,
        state: () => ({
          slots: Object.fromEntries(
            all.flatMap(([group, optimizer]) =>
              Object.entries(optimizer.state().slots).map(([slot, value]) => [`${group}.${slot}`, value]),
            ),
          ),
          steps: groups['main']?.state().steps ?? 0,
        }),
        restore({ slots, steps }) {
          for (const [group, optimizer] of all) {
            const own = Object.entries(slots).flatMap(([name, value]) =>
              name.startsWith(`${group}.`) ? [[name.slice(group.length + 1), value] as const] : [],
            );
            optimizer.restore({ slots: Object.fromEntries(own), steps });
          }
        },
        dispose() {
          for (const [, optimizer] of all) optimizer.dispose();
        },
      };
    },
  };
}
