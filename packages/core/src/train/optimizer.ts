import type { NamedTensors, NamedVariables } from '../tensor/index.js';

/** The description of an optimizer: plain data, and the function that makes it for given variables. */
export interface OptimizerSpec {
  readonly name: string;
  /** Options with defaults filled in; plain data, for reports and hashes. */
  readonly options: Readonly<Record<string, unknown>>;
  /**
   * The learning rate as a function of the position alone, if known in advance: it is checked before training.
   */
  learningRate?(at: TrainingPosition): number;
  /**
   * @param also what the method adds to the user's options: `noDecay` names further variables without weight
   *   decay, by whole name (`conv1/gamma`) or last part (`gamma`)
   */
  create(variables: NamedVariables, also?: { readonly noDecay: readonly string[] }): Optimizer;
}

/** An optimizer with its slots for a fixed, ordered group of variables. */
export interface Optimizer {
  /**
   * Updates the variables by one step. A missing gradient counts as 0, so weight decay and momentum still act,
   * as in PyTorch after `zero_grad(set_to_none=False)`.
   */
  apply(gradients: NamedTensors, at: TrainingPosition): void;
  /** The rate that {@link apply} would use at this position. */
  learningRate(at: TrainingPosition): number;
  /** The state for a checkpoint; its tensors are live, not copies. */
  state(): OptimizerState;
  /** Restores a state from {@link state}; copies its tensors. */
  restore(state: OptimizerState): void;
  dispose(): void;
}

/** The position of a step within its phase; schedules are functions of it. */
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
