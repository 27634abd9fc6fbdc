import { defineMethod, DistillError, kd, nonNegative, optional, temperatureRange } from '@distilljs/core';
import type { AuxiliaryCost, Exhibit, Method, OptionCheck, Plan, PlanContext, Step } from '@distilljs/core';
import type { VamConv2D } from '../convolution/index.js';
import { attentionExhibits } from './attention-exhibits.js';
import { attendingLayers, expectUnfolded, withEntropy } from './entropy-term.js';

/** Options of `vam`. */
export interface VamOptions {
  /**
   * γ, weight of the entropy of attention, at least 0. Default 0.01. The paper's values are unknown ("tuned per task"):
   * try 1e-4 to 0.1. With 0 the entropy is logged but not trained.
   */
  readonly gamma: number;
  /** Weight of the cross-entropy with the labels, at least 0. Default 0.1. */
  readonly ceWeight: number;
  /** Weight of the divergence from the teacher, at least 0. Default 0.9; with 0 no teacher is needed. */
  readonly kdWeight: number;
  /** T of both softmaxes, 0.01 to 1000. Default 4. */
  readonly temperature: number;
  /**
   * Another technique, whose loss replaces KD's; `ceWeight`, `kdWeight` and `temperature` are then refused. None of its
   * terms may be called `attentionEntropy`. Default none.
   */
  readonly with: Method | undefined;
}

/** Options of a planned `vam` as plain data: the other technique is reduced to its name and options. */
export type VamSettings = Omit<VamOptions, 'with'> & {
  readonly with: { readonly name: string; readonly options: object } | null;
};

const defaults: VamOptions = {
  gamma: 0.01,
  ceWeight: 0.1,
  kdWeight: 0.9,
  temperature: 4,
  with: undefined,
};

const method: OptionCheck = (value) => {
  if (typeof value !== 'object' || value === null || !('plan' in value) || !('spec' in value))
    return 'a method';
  return value.spec === 'v1' ? undefined : 'a method of contract v1';
};

/**
 * Trains a student with attention (`withVam`) by any technique, and pushes its attention towards low entropy:
 * `L = ceWeight · CE + kdWeight · T² KL + γ H̄`, logged as `ce`, `kd` and `attentionEntropy`. With another technique,
 * `L = L_other + γ H̄`.
 *
 * Θ and ρ get no weight decay, and the attention's temperature stays at or above 0.05. At the end every mask is folded
 * into its kernel, so that the saved student is plain. When a folded student trains again, it attends from the first
 * epoch on.
 *
 * `with` takes any method. The entropy of a layer joins the first update that trains its attention. The other method
 * draws from the random stream of `vam`, so its initial weights differ from those of a run without `vam`.
 *
 * @throws DistillError code `option` for options that do not exist, are out of range, or have no effect beside `with`. When planned, `network` for a
 *   student without attention, or a network created after its masks were folded. In the first step, `contract` for a
 *   method that has its own term `attentionEntropy`
 * @see Xue et al., KDExplainer, IJCAI 2021. Certainty: KD and an entropy term with a weight γ come from a secondary
 *   source. The weights and T are the released code's. The exemption of Θ and ρ from weight decay and the temperature's
 *   bound are proposed.
 */
export function vam(given: Partial<VamOptions> = {}): Method<VamSettings> {
  const { repeatable, ...planned } = attendingMethod(given);
  const { with: other, ...options } = planned.options;
  const useless = Object.entries(given).find(
    ([name, value]) => value !== undefined && !['gamma', 'with'].includes(name),
  )?.[0];
  if (other !== undefined && useless !== undefined) throw replaced(useless, other.name);
  const inner = other === undefined ? null : { name: other.name, options: other.options };
  const isRepeatable = other === undefined ? repeatable : other.repeatable;
  return {
    ...planned,
    ...(isRepeatable === true && { repeatable: true }),
    options: Object.freeze({ ...options, with: inner }),
  };
}

const replaced = (option: string, other: string): DistillError =>
  new DistillError({
    code: 'option',
    where: `vam.${option}`,
    expected: "to be left out beside `with`, whose loss replaces KD's",
    got: 'a value',
    hint: `Set it in the technique '${other}', if that has it.`,
  });

const attendingMethod = defineMethod<VamOptions>({
  name: 'vam',
  repeatable: true,
  defaults,
  check: {
    gamma: nonNegative,
    ceWeight: nonNegative,
    kdWeight: nonNegative,
    temperature: temperatureRange,
    with: optional(method),
  },
  plan: (context, { gamma, ceWeight, kdWeight, temperature, with: other }) =>
    planOf(other ?? kd({ ceWeight, kdWeight, temperature }), gamma, context),
});

async function planOf(inner: Method, gamma: number, context: PlanContext): Promise<Plan> {
  const layers = attendingLayers(context.students);
  expectUnfolded(context.students, layers);
  // Before the plan: the other technique and core try steps of the student. A run without an end leaves it as it was.
  let refold: (() => void) | undefined = unfolding(layers.flat());
  let plan: Plan;
  try {
    plan = await inner.plan(context);
  } catch (error) {
    refold();
    throw error;
  }
  return {
    ...plan,
    phases: plan.phases.map((phase) => ({
      ...withEntropy(phase, layers, { gamma, owner: inner.name }),
      startEpoch(epoch: number) {
        // A callback may have folded them to look at the plain network.
        for (const layer of layers.flat()) layer.unfold();
        phase.startEpoch?.(epoch);
      },
      inspect: (step: Step): Readonly<Record<string, Exhibit>> =>
        Object.fromEntries([
          ...Object.entries(phase.inspect?.(step) ?? {}),
          ...context.students.flatMap((student, index) => Object.entries(attentionExhibits(student, index))),
        ]),
    })),
    cost: withAttention(plan.cost, layers.flat(), context.batchSize),
    finish() {
      plan.finish?.();
      for (const layer of layers.flat()) layer.fold();
      refold = undefined;
    },
    dispose() {
      plan.dispose();
      refold?.();
      refold = undefined;
    },
  };
}

/** Unfolds all layers. @returns folds those again that were folded, as far as they still exist */
function unfolding(layers: readonly VamConv2D[]): () => void {
  const folded = layers.filter(({ isFolded }) => isFolded).map((layer) => ({ layer, theta: layer.theta }));
  for (const layer of layers) layer.unfold();
  return () => {
    for (const { layer, theta } of folded) if (!theta.isDisposed) layer.fold();
  };
}

/** Adds attention's training cost. Kernels are masked once per step, so the cost per image falls with the batch size. */
function withAttention(cost: AuxiliaryCost, layers: readonly VamConv2D[], batchSize: number): AuxiliaryCost {
  const parameters = layers.reduce((sum, { theta, rho }) => sum + theta.size + rho.size, 0);
  const masking = layers.reduce((sum, { maskingMacs }) => sum + maskingMacs, 0);
  return {
    ...cost,
    trainParameters: cost.trainParameters + parameters,
    trainMacs: cost.trainMacs + Math.ceil(masking / batchSize),
  };
}
