import type * as tf from '@tensorflow/tfjs-core';
import type { BatchSampler, CheckedDataset } from '../data/index.js';
import type { Condense, FrozenNetwork, Network, NetworkOutput } from '../network/contract.js';
import type { Random } from '../random/index.js';
import type { Images, Labels, NamedTensors, NamedVariables, Probabilities, Scalar } from '../tensor/index.js';
import type { OptimizerSpec } from '../train/optimizer.js';
import type { EpochReport } from '../train/report.js';

/**
 * A technique, described: serialisable, printable, hashable. It holds no tensors; {@link Method.plan} builds what runs.
 */
export interface Method<Options extends object = object> {
  /** Version of this contract. Core refuses any other and says which side to update. */
  readonly spec: 'v1';
  /** As it stands in reports and on the command line, e.g. `kd`. */
  readonly name: string;
  /** All options, defaults filled in, checked. Plain data: `JSON.stringify` keeps it whole. */
  readonly options: Readonly<Options>;
  /**
   * True: what its terms and gradient policies compute in a step depends on the tensors of {@link Step}, on variables, and on what
   * `startEpoch` sets, and on nothing else that changes. Then engine node need not run their JavaScript in every step. Core
   * notices where they look at `epoch`, `step`, `progress`, `indices` or `random`. Leave it out where they count steps or draw numbers by
   * themselves.
   */
  readonly repeatable?: boolean | undefined;
  /** Builds variables, samplers and phases for these networks and this data. */
  plan(context: PlanContext): Plan | Promise<Plan>;
}

/** What a method is given to plan with. Everything here outlives the plan; the plan disposes only what it made. */
export interface PlanContext {
  /** The networks that learn. */
  readonly students: readonly [Network, ...Network[]];
  /** The frozen teacher; undefined in a run without one. A method that needs it asks by `withTeacher`. */
  readonly teacher: FrozenNetwork | undefined;
  /** The training images, unaugmented. */
  readonly train: CheckedDataset;
  /** `[n, h, w, c]` normalised images at these positions of {@link train}, unaugmented. The caller disposes them. */
  images(positions: ArrayLike<number>): Promise<Images>;
  /** Epochs that the user asked for; phases of a method add up to as many unless the method says otherwise. */
  readonly epochs: number;
  readonly batchSize: number;
  /** The optimizer that the user chose for student weights. */
  readonly optimizer: OptimizerSpec;
  /** This method's own stream (initial weights of heads, clusters, …). */
  readonly random: Random;
}

/** A method at work: phases that run one after the other, and what they own. */
export interface Plan {
  readonly phases: readonly Phase[];
  /** Variables besides the students' own (heads, discriminators, gates): saved and restored with them. */
  readonly auxiliary: NamedVariables;
  /** Called once after the last phase, before export (e.g. to fold an attention mask into kernels). */
  finish?(): void;
  /**
   * Asked after every epoch: what the user should know of the training so far, in whole sentences. Pure; a message is
   * passed on as a warning when it is new.
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

/** A stretch of training in which the same updates run in every step. */
export interface Phase {
  readonly name: string;
  readonly epochs: number;
  /** Default: full batches of the run's batch size, drawn without replacement. */
  readonly sampler?: BatchSampler | undefined;
  /** Which networks a step runs, and which of their taps the terms look at. Each runs once per step. */
  readonly reads: Reads;
  readonly updates: readonly Update[];
  /**
   * `snapshot` (default): all gradients of a step are taken at the same parameters, then applied in order.
   * `sequential`: each update sees the parameters that the one before it left (a fresh forward per update; batch-norm
   * statistics still move once).
   */
  readonly order?: 'snapshot' | 'sequential' | undefined;
  /** What a callback's stop (such as `earlyStop`) ends: this phase, so that the next one begins (default), or the run. */
  readonly stopEnds?: 'phase' | 'run' | undefined;
  /** Called once before the phase's first step, and not when a run goes on within the phase: draws weights anew. */
  start?(): void;
  /**
   * Called before the first step of an epoch (from 0), and again when a run goes on within it: sets what the forward pass
   * depends on besides learned weights, such as an annealed temperature.
   */
  startEpoch?(epoch: number): void;
  /**
   * What the technique can show of itself on a batch: attention, graphs, gates. Students run in evaluation mode, nothing
   * moves, nothing is recorded. Pure like {@link Update.terms}: core reads the tensors and disposes them.
   */
  inspect?(step: Step): Readonly<Record<string, Exhibit>>;
}

/** A matrix, or several of one kind, worth looking at. */
export interface Exhibit {
  /** In words for a report, e.g. `Mean attention of student stages to teacher stages`. */
  readonly title: string;
  /** `[rows, columns]`, or `[panels, rows, columns]`. */
  readonly values: tf.Tensor2D | tf.Tensor3D;
  readonly rows: ExhibitAxis;
  readonly columns: ExhibitAxis;
  /** A name per panel. */
  readonly panels?: readonly string[] | undefined;
}

/** What stands along one edge of an {@link Exhibit}. */
export interface ExhibitAxis {
  readonly title: string;
  /** A name per row or column; class indices `[length]` (such as `step.labels`) become the classes' names. */
  readonly labels?: readonly string[] | tf.Tensor1D | undefined;
}

/** Tap names per network. A network that is left out does not run. */
export interface Reads {
  /** Per student the taps that are read; `undefined` for one that does not run in this phase. */
  readonly students?: readonly (readonly string[] | undefined)[] | undefined;
  readonly teacher?: readonly string[] | undefined;
  /**
   * What the terms need of the teacher's taps, where that is less: `step.teacher.tap` then gives these values by their names, and no taps.
   * Where the teacher's outputs are cached, these are kept in place of the taps.
   */
  readonly condense?: Condense | undefined;
  /**
   * Which training images need labels. `true` (default): all. `some`: terms with labels leave unlabelled images out by weighing
   * images with `step.labelWeights`; other terms see all images. `false`: no term looks at labels.
   */
  readonly labels?: boolean | 'some' | undefined;
  /**
   * True: terms that are means over single images (cross-entropy, divergence from the teacher) weigh them by `step.weights`, those
   * with labels by `step.labelWeights`. Terms about pairs of images weigh none. Default false: weights are refused.
   */
  readonly weights?: boolean | undefined;
}

/** One group of variables, the loss that moves them, and how. */
export interface Update {
  readonly name: string;
  /** Exactly these move. */
  readonly variables: NamedVariables;
  readonly optimizer: OptimizerSpec;
  /** Named scalars of this step. Pure: makes no variable, reads no tensor data but by {@link peek}. */
  terms(step: Step): LossTerms;
  /** How the terms become one gradient. Default: the gradient of their weighted sum. */
  readonly combine?: GradientPolicy | undefined;
}

/** One training step as a loss sees it. Tensors live until the step ends. */
export interface Step {
  readonly images: Images;
  readonly labels: Labels;
  /** Labels as rows of 0 and 1, `[batch, classes]`; zeros for an unlabelled image, whose label is −1. */
  readonly oneHot: Probabilities;
  /** How much each image counts, `[batch]`, mean 1 over the training set; undefined where all count the same. */
  readonly weights?: tf.Tensor1D | undefined;
  /**
   * The same for terms with labels, `[batch]`: 0 for unlabelled images, mean 1 over the training set, so that the term is an
   * unbiased estimate of the mean over the labelled images, and 0 in a batch without any. `weights` where every image has a label.
   */
  readonly labelWeights?: tf.Tensor1D | undefined;
  /** Positions of the images in the training dataset. */
  readonly indices: Int32Array;
  readonly students: readonly NetworkOutput[];
  /** `students[0]`: nearly every loss has one student, and reads best with its name. */
  readonly student: NetworkOutput;
  /** The teacher's outputs: constants, no gradient flows into them. Only a phase that `reads` the teacher may touch them. */
  readonly teacher: NetworkOutput;
  /** Whole epochs done in this phase, from 0. */
  readonly epoch: number;
  /** Steps done in this phase, from 0. */
  readonly step: number;
  /** Share of this phase that is done, `[0, 1)`. */
  readonly progress: number;
  /** A stream of this step's own (drop masks, noise). */
  readonly random: Random;
}

/** A term's value before its weight, and the weight with which it enters the sum. Both are logged. */
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
  /** `of(epoch)`, of a function of the fractional epoch alone. While its value stays the same, steps may be repeated. */
  readonly numberAt: (of: (epoch: number) => number) => number;
  /**
   * Gradient of the weighted sum of these terms (default: all) by variable name. A variable that they do not reach is
   * left out. Each call is one backward pass.
   */
  gradient(terms?: readonly string[]): NamedTensors;
}
