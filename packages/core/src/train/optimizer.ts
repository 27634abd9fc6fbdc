import type { NamedTensors, NamedVariables } from '../tensor/index.js';

/** An optimizer described: plain data plus the function that makes one for given variables. */
export interface OptimizerSpec {
  readonly name: string;
  /** Options with defaults filled in; plain data, for reports and hashes. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The learning rate over a phase, where it is known before: it is looked at before training. A function of the position alone. */
  learningRate?(at: TrainingPosition): number;
  /**
   * @param also what the method asks for beyond the user's options: `noDecay` names further variables without weight decay,
   * whole (`conv1/gamma`) or by their last part (`gamma`)
   */
  create(variables: NamedVariables, also?: { readonly noDecay: readonly string[] }): Optimizer;
}

/** An optimizer at work: it owns one set of slots for a fixed, ordered group of variables. */
export interface Optimizer {
  /**
   * Moves the variables by one step. A variable without a gradient counts as gradient 0 (weight decay and momentum
   * still act), as in PyTorch after `zero_grad(set_to_none=False)`.
   */
  apply(gradients: NamedTensors, at: TrainingPosition): void;
  /** The rate that {@link apply} would use now. */
  learningRate(at: TrainingPosition): number;
  /** What a checkpoint needs; the tensors are live, not copies. */
  state(): OptimizerState;
  /** Takes over a state that {@link state} once gave; copies its tensors. */
  restore(state: OptimizerState): void;
  dispose(): void;
}

/** Where in a phase a step stands: schedules are functions of it. */
export interface TrainingPosition {
  /** Fractional epochs done, from 0. */
  readonly epoch: number;
  /** Epochs of the phase. */
  readonly epochs: number;
}

/** Slots by name, and the number of steps taken. */
export interface OptimizerState {
  readonly slots: NamedTensors;
  readonly steps: number;
}
