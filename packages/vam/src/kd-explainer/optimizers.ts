import { adam, expectOption, flag, nonNegative, sgd } from '@distilljs/core';
import type { NamedVariables, Optimizer, OptimizerSpec, Schedule } from '@distilljs/core';
import type { KdExplainerOptions } from './options.js';

/** Epochs of the released search in which attention has a learning rate of 0. */
export const WARM_UP = 2;

/**
 * The learning rate of the released search: `base / 4` and `base / 2` in the first two epochs, `base` in the next two.
 * After e of E epochs it is then `base · (1 − e' / ⌊1.03093 E⌋)`, with e' the largest even number up to e.
 *
 * @param warmUp false: 0 in the first two epochs, as for attention. Default true
 * @throws DistillError code `option`
 * @see github.com/xmq1221/KDExplainer, train_LTB_kd_s1.py
 */
export function searchRate(base: number, warmUp = true): Schedule {
  expectOption('searchRate(base)', base, nonNegative);
  expectOption('searchRate(warmUp)', warmUp, flag);
  return {
    name: 'kdexplainer-search',
    options: { base, warmUp },
    rate({ epoch, epochs }) {
      const done = Math.floor(epoch);
      if (done < WARM_UP) return warmUp ? base / (done === 0 ? 4 : 2) : 0;
      if (done < 4) return base;
      return base * (1 - (done - (done % 2)) / Math.floor(epochs * 1.03093));
    },
  };
}

/** Epochs of the released retraining, and between its halvings. */
const RELEASED_EPOCHS = 300;
const HALVING = 30;

/**
 * The learning rate of the released retraining: halved at the start of epochs 30, 60, … of 300, counted from 1. A phase
 * of E epochs follows the same schedule, stretched: `base / 2^⌊(300 e / E + 1) / 30⌋` after e epochs. So even the
 * shortest phase starts at the base rate.
 *
 * @throws DistillError code `option`
 * @see github.com/xmq1221/KDExplainer, train_LTB_kd_s2.py
 */
export function retrainRate(base: number): Schedule {
  expectOption('retrainRate(base)', base, nonNegative);
  return {
    name: 'kdexplainer-retrain',
    options: { base },
    rate: ({ epoch, epochs }) =>
      base / 2 ** Math.floor(((RELEASED_EPOCHS * Math.floor(epoch)) / epochs + 1) / HALVING),
  };
}

/**
 * The optimizer of the search: the run's, or Adam with the released schedules, one for attention and one for the rest.
 *
 * @param isAttention whether a variable belongs to attention, by its name
 */
export function searchOptimizer(
  { optimizer, learningRate, attentionLearningRate, weightDecay }: KdExplainerOptions,
  ofRun: OptimizerSpec,
  isAttention: (name: string) => boolean,
): OptimizerSpec {
  if (optimizer === 'run') return ofRun;
  return groupOptimizers({
    main: adam({ learningRate: searchRate(learningRate), weightDecay }),
    other: adam({ learningRate: searchRate(attentionLearningRate, false), weightDecay }),
    isOther: isAttention,
  });
}

/** The optimizer that trains the tree: the run's, or SGD with the released schedule. */
export function retrainOptimizer(
  { optimizer, learningRate, weightDecay }: KdExplainerOptions,
  ofRun: OptimizerSpec,
): OptimizerSpec {
  return optimizer === 'run' ? ofRun : sgd({ learningRate: retrainRate(learningRate), weightDecay });
}

/** Two groups of one update's variables, each with its own optimizer, in one backward pass. */
interface OptimizerGroups {
  readonly main: OptimizerSpec;
  /** For the variables that {@link isOther} selects. */
  readonly other: OptimizerSpec;
  readonly isOther: (name: string) => boolean;
}

/**
 * Combines two optimizers into one, which reports the main one's learning rate. A group without variables, as where
 * attention is frozen, has no optimizer.
 */
function groupOptimizers({ main, other, isOther }: OptimizerGroups): OptimizerSpec {
  return {
    name: `${main.name}+${other.name}`,
    options: { main: main.options, other: other.options },
    create(variables, also) {
      const pick = (wanted: boolean): NamedVariables =>
        Object.fromEntries(Object.entries(variables).filter(([name]) => isOther(name) === wanted));
      const groups = [
        ['main', main, pick(false)],
        ['other', other, pick(true)],
      ] as const;
      const all = groups.flatMap(([group, spec, own]): [string, Optimizer][] =>
        Object.keys(own).length === 0 ? [] : [[group, spec.create(own, also)]],
      );
      const first = all[0]?.[1];
      return {
        apply(gradients, at) {
          for (const [, optimizer] of all) optimizer.apply(gradients, at);
        },
        learningRate: (at) => first?.learningRate(at) ?? 0,
        state: () => ({
          slots: Object.fromEntries(
            all.flatMap(([group, optimizer]) =>
              Object.entries(optimizer.state().slots).map(([slot, value]) => [`${group}.${slot}`, value]),
            ),
          ),
          steps: first?.state().steps ?? 0,
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
