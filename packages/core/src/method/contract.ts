import type * as tf from '@tensorflow/tfjs-core';
import type { BatchSampler, CheckedDataset } from '../data/index.js';
import type { Condense, FrozenNetwork, Network, NetworkOutput } from '../network/contract.js';
import type { Random } from '../random/index.js';
import type { Images, Labels, NamedTensors, NamedVariables, Probabilities, Scalar } from '../tensor/index.js';
import type { OptimizerSpec } from '../train/optimizer.js';
import type { EpochReport } from '../train/report.js';

/**
 * The description of a technique: serializable, printable, hashable. It holds no tensors; {@link Method.plan}
 * makes them.
 */
export interface Method<Options extends object = object> {
  /** Version of this contract. Core refuses any other and says which side to update. */
  readonly spec: 'v1';
  /** Name in reports and on the command line, e.g. `kd`. */
  readonly name: string;
  /** All options, checked, with defaults filled in. Plain data that `JSON.stringify` preserves completely. */
  readonly options: Readonly<Options>;
  /**
   * True: the terms and gradient policies depend only on the tensors of {@link Step}, on variables, on
   * constants, and on what `startEpoch` sets. The engine `node` then need not run their JavaScript in every
   * step. Core detects reads of `epoch`, `step`, `progress`, `indices` and `random`. Omit it if they count
   * steps or draw random numbers themselves.
   */
  readonly repeatable?: boolean | undefined;
  /** Builds variables, samplers and phases for these networks and this data. */
  plan(context: PlanContext): Plan | Promise<Plan>;
}

/** What {@link Method.plan} receives. Everything here outlives the plan; the plan disposes only what it made. */
export interface PlanContext {
  /** The networks to train. */
  readonly students: readonly [Network, ...Network[]];
  /** The frozen teacher; undefined in a run without one. A method that needs it calls `withTeacher`. */
  readonly teacher: FrozenNetwork | undefined;
  /** The training images, unaugmented. */
  readonly train: CheckedDataset;
  /** `[n, h, w, c]` normalized images at these positions of {@link train}, unaugmented. The caller disposes them. */
  images(positions: ArrayLike<number>): Promise<Images>;
  /**
   * Epochs that the user requested; a method's phases add up to this number unless its documentation says
   * otherwise.
   */
  readonly epochs: number;
  readonly batchSize: number;
  /** The optimizer that the user chose for student weights. */
  readonly optimizer: OptimizerSpec;
  /** This method's own stream (initial weights of heads, clusters, …). */
  readonly random: Random;
}

/** A method ready to train: phases that run one after the other, and what they own. */
export interface Plan {
  readonly phases: readonly Phase[];
  /** Variables besides the students' own (heads, discriminators, gates): saved and restored with them. */
  readonly auxiliary: NamedVariables;
  /** Called once after the last phase, before export (e.g. to fold an attention mask into kernels). */
  finish?(): void;
  /**
   * Called after every epoch: returns what the user should know about the training so far, in whole sentences.
   * Pure; each new message becomes a warning.
   */
  readonly review?: ((history: readonly EpochReport[]) => readonly string[]) | undefined;
  /** What the technique costs beyond the student alone. */
  readonly cost: AuxiliaryCost;
  /** Frees every tensor that {@link Method.plan} made. */
  dispose(): void;
}

/** Extra parameters and multiply–accumulate operations per image, while training and in the exported student. */
export interface AuxiliaryCost {
  readonly trainParameters: number;
  readonly trainMacs: number;
  readonly inferenceParameters: number;
  readonly inferenceMacs: number;
}

/** A part of training in which every step runs the same updates. */
export interface Phase {
  readonly name: string;
  readonly epochs: number;
  /** Default: full batches of the run's batch size, drawn without replacement. */
  readonly sampler?: BatchSampler | undefined;
  /** Which networks a step runs, and which of their taps the terms read. Each network runs once per step. */
  readonly reads: Reads;
  readonly updates: readonly Update[];
  /**
   * `snapshot` (default): all gradients of a step are computed at the same parameters, then applied in order.
   * `sequential`: each update sees the parameters that the previous one changed, with one forward pass per
   * update. Batch-norm statistics still move once per step.
   */
  readonly order?: 'snapshot' | 'sequential' | undefined;
  /** What a callback's stop (such as `earlyStop`) ends: this phase only (default), or the run. */
  readonly stopEnds?: 'phase' | 'run' | undefined;
  /**
   * Called once before the phase's first step, e.g. to redraw weights; not when a run resumes within the phase.
   */
  start?(): void;
  /**
   * Called before the first step of an epoch (counted from 0), and again when a run resumes within it. Sets
   * what the forward pass depends on besides learned weights, such as an annealed temperature.
   */
  startEpoch?(epoch: number): void;
  /**
   * What the technique can show on a batch: attention, graphs, gates. Students run in inference mode, no
   * variable changes, no gradient is recorded. Pure like {@link Update.terms}: core reads the tensors and
   * disposes them.
   */
  inspect?(step: Step): Readonly<Record<string, Exhibit>>;
}

/** A matrix, or several of one kind, for inspection. */
export interface Exhibit {
  /** Title in a report, e.g. `Mean attention of student stages to teacher stages`. */
  readonly title: string;
  /** `[rows, columns]`, or `[panels, rows, columns]`. */
  readonly values: tf.Tensor2D | tf.Tensor3D;
  readonly rows: ExhibitAxis;
  readonly columns: ExhibitAxis;
  /** A name per panel. */
  readonly panels?: readonly string[] | undefined;
}

/** One axis of an {@link Exhibit}. */
export interface ExhibitAxis {
  readonly title: string;
  /** A name per row or column; class indices `[length]` (such as `step.labels`) are shown as class names. */
  readonly labels?: readonly string[] | tf.Tensor1D | undefined;
}

/** Tap names per network. A network that is left out does not run. */
export interface Reads {
  /** Taps read, per student; `undefined` for a student that does not run in this phase. */
  readonly students?: readonly (readonly string[] | undefined)[] | undefined;
  readonly teacher?: readonly string[] | undefined;
  /**
   * Reduces the teacher's taps to what the terms need. `step.teacher.tap` then gives these values by their
   * names instead of the taps, and a cache of the teacher's outputs stores them in place of the taps.
   */
  readonly condense?: Condense | undefined;
  /**
   * Which training images need labels. `true` (default): all. `some`: terms with labels exclude unlabelled
   * images through the weights `step.labelWeights`; other terms see all images. `false`: no term reads labels.
   */
  readonly labels?: boolean | 'some' | undefined;
  /**
   * True: terms that are means over single images (cross-entropy, divergence from the teacher) weight them by
   * `step.weights`, terms with labels by `step.labelWeights`. Terms about pairs of images are unweighted.
   * Default false: a dataset with weights is refused.
   */
  readonly weights?: boolean | undefined;
}

/** One group of variables, the loss that moves them, and how. */
export interface Update {
  readonly name: string;
  /** The variables that this update trains; it changes no others. */
  readonly variables: NamedVariables;
  readonly optimizer: OptimizerSpec;
  /** The loss terms of this step. Pure: makes no variable, reads tensor data only through {@link peek}. */
  terms(step: Step): LossTerms;
  /** How the terms become one gradient. Default: the gradient of their weighted sum. */
  readonly combine?: GradientPolicy | undefined;
}

/** One training step as a loss sees it. Its tensors live until the step ends. */
export interface Step {
  readonly images: Images;
  readonly labels: Labels;
  /** One-hot labels, `[batch, classes]`; a row of zeros for an unlabelled image, whose label is −1. */
  readonly oneHot: Probabilities;
  /** Weight of each image, `[batch]`, mean 1 over the training set; undefined if all images count the same. */
  readonly weights?: tf.Tensor1D | undefined;
  /**
   * Weights for terms with labels, `[batch]`: 0 for unlabelled images, mean 1 over the training set. The term
   * is then an unbiased estimate of the mean over the labelled images, and 0 in a batch without any. Equals
   * `weights` if every image has a label.
   */
  readonly labelWeights?: tf.Tensor1D | undefined;
  /** Positions of the images in the training dataset. */
  readonly indices: Int32Array;
  readonly students: readonly NetworkOutput[];
  /** `students[0]`, for the many losses with a single student. */
  readonly student: NetworkOutput;
  /** The teacher's outputs: constants without gradient. Only a phase that `reads` the teacher may access them. */
  readonly teacher: NetworkOutput;
  /** Complete epochs done in this phase, from 0. */
  readonly epoch: number;
  /** Steps done in this phase, from 0. */
  readonly step: number;
  /** Fraction of this phase that is done, `[0, 1)`. */
  readonly progress: number;
  /** This step's own random stream, for dropout masks, noise, …. */
  readonly random: Random;
}

/** A term's unweighted value, and its weight in the sum. Both are logged. */
export interface Term {
  readonly value: Scalar;
  readonly weight: number;
}

/** The terms of an update by name, e.g. `{ce, kd}`. */
export type LossTerms = Readonly<Record<string, Term>>;

/** Turns the terms of an update into one gradient per variable. */
export interface GradientPolicy {
  readonly name: string;
  combine(backward: Backward): NamedTensors;
}

/** Access to backward passes over the one forward pass of a step. */
export interface Backward {
  /** Names of the terms. */
  readonly terms: readonly string[];
  /** Fractional epoch within the phase. */
  readonly epoch: number;
  /**
   * Calls `of`, a function of the fractional epoch alone. While its value stays the same, steps may be
   * repeated.
   */
  readonly numberAt: (of: (epoch: number) => number) => number;
  /**
   * Gradient of the weighted sum of these terms (default: all) by variable name, without variables on which
   * they do not depend. Each call is one backward pass.
   */
  gradient(terms?: readonly string[]): NamedTensors;
}
