import * as tf from '@tensorflow/tfjs-core';
import { seedWeights, taskReads } from '@distilljs/core';
import type { Exhibit, NamedVariables, Network, Phase, PlanContext, Random } from '@distilljs/core';
import { annealedTemperature } from '../attention.js';
import type { Experts } from '../hme/index.js';
import { explainerTerms } from './explainer-terms.js';
import type { KdExplainerOptions } from './options.js';
import { retrainOptimizer, searchOptimizer } from './optimizers.js';

/** Inputs of both phases. */
interface Training {
  readonly context: PlanContext;
  readonly options: KdExplainerOptions;
  /** The student's experts. */
  readonly experts: Experts;
}

/** Phase `search`: experts, heads and attention learn together. The attention's temperature may fall. */
export function searchPhase({ context, options, experts }: Training, epochs: number): Phase {
  const [{ variables }] = context.students;
  const { attentionTemperature } = options;
  return {
    ...shared(options, experts),
    name: 'search',
    epochs,
    startEpoch(epoch) {
      const temperature =
        attentionTemperature === 'annealed' ? annealedTemperature(epoch + 1) : attentionTemperature;
      for (const level of experts.levels) level.setTemperature(temperature);
    },
    updates: [
      {
        name: 'experts',
        variables,
        optimizer: searchOptimizer(options, context.optimizer, attentionOf(experts, variables)),
        terms: (step) => explainerTerms(step, experts, options),
      },
    ],
  };
}

/** Phase `retrain`: attention is hard and frozen. Experts and heads learn from new weights in the tree that it leaves. */
export function retrainPhase({ context, options, experts }: Training, epochs: number): Phase {
  const [student] = context.students;
  const isAttention = attentionOf(experts, student.variables);
  return {
    ...shared(options, experts),
    name: 'retrain',
    epochs,
    start() {
      redrawExperts(student, experts, context.random.fork('retrain'));
    },
    startEpoch() {
      for (const level of experts.levels) level.setTemperature(0);
    },
    updates: [
      {
        name: 'tree',
        variables: Object.fromEntries(
          Object.entries(student.variables).filter(([name]) => !isAttention(name)),
        ),
        optimizer: retrainOptimizer(options, context.optimizer),
        terms: (step) => explainerTerms(step, experts, { ...options, gamma: 0 }),
      },
    ],
  };
}

/** The parts that both phases share: what they read and show. */
function shared(
  { training, ceWeight, kdWeight }: KdExplainerOptions,
  experts: Experts,
): Pick<Phase, 'reads' | 'inspect'> {
  const teacher = training === 'kd' && kdWeight > 0 ? [] : undefined;
  const data = taskReads(training === 'kd' ? { ceWeight, kdWeight } : { ceWeight: 1, kdWeight: 0 });
  return { reads: { students: [[]], teacher, ...data }, inspect: () => attentionExhibits(experts) };
}

/**
 * Redraws the weights of experts and heads. Θ, temperatures and moving statistics are kept, as in the released code.
 */
function redrawExperts({ model, variables, statistics }: Network, experts: Experts, random: Random): void {
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

/** True for the Θ between experts; false for all other variables, including any Θ inside convolutions. */
function attentionOf({ levels }: Experts, variables: NamedVariables): (name: string) => boolean {
  const thetas = new Set<unknown>(levels.map(({ theta }) => theta));
  return (name) => thetas.has(variables[name]);
}

function attentionExhibits({ levels }: Experts): Readonly<Record<string, Exhibit>> {
  return Object.fromEntries(
    levels.map((level, index): [string, Exhibit] => {
      const isLast = index === levels.length - 1;
      const [children] = level.theta.shape;
      return [
        level.name,
        {
          title: isLast
            ? 'Attention of classes to experts'
            : `Attention of experts to experts, ${level.name}`,
          values: level.attention(),
          rows: isLast ? { title: 'class', labels: tf.range(0, children, 1, 'int32') } : { title: 'expert' },
          columns: { title: 'expert before' },
        },
      ];
    }),
  );
}
