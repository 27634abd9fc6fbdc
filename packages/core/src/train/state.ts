import type { PartialEpoch, RunIdentity, Snapshot, SnapshotPosition } from '../checkpoint/index.js';
import type { Augmentation, BatchSampler, CheckedDataset, Normalization } from '../data/index.js';
import type { Repeater } from '../engine/graph/index.js';
import type { Method, Phase, Plan } from '../method/index.js';
import type { FrozenNetwork, Network } from '../network/index.js';
import type { Random } from '../random/index.js';
import type { CachedTeacher } from '../teacher/index.js';
import type { NamedTensors, NamedVariables } from '../tensor/index.js';
import type { Callback, RunControl } from './callback.js';
import { trainedVariables } from './named-state.js';
import type { Optimizer } from './optimizer.js';
import { reachOf } from './reach.js';
import type { Reach } from './reach.js';
import type { EpochReport, Stop } from './report.js';

/** A run ready to start: options checked, networks wrapped, method planned. It is immutable. */
export interface Run {
  readonly method: Method;
  readonly plan: Plan;
  readonly phases: readonly RunPhase[];
  readonly students: readonly Network[];
  readonly teacher: FrozenNetwork | undefined;
  /** Gives the outputs of {@link teacher} if they are cached or given. */
  readonly cachedTeacher: CachedTeacher | undefined;
  /** Number of augmentations of each image; undefined: unlimited. */
  readonly views: number | undefined;
  readonly train: CheckedDataset;
  /** Every training image has a label: only then is there a training accuracy. */
  readonly isLabelled: boolean;
  /** Weights of the training images, mean 1. */
  readonly weights: Float32Array | undefined;
  /** The same for terms with labels: 0 for unlabelled images. */
  readonly labelWeights: Float32Array | undefined;
  readonly validation: CheckedDataset | undefined;
  /** A warning about the validation images, if any. Called before they are first evaluated; checks only once. */
  readonly lookAtValidation: () => Promise<string | undefined>;
  readonly augmentation: Augmentation | undefined;
  readonly normalization: Normalization;
  readonly seed: number;
  /** False: operations run one by one on every engine. */
  readonly graphs: boolean;
  /** Batch norm's moving statistics become averages over training images, for validation and at the end. */
  readonly settleStatistics: boolean;
  readonly random: Random;
  /** Warnings found before training. */
  readonly warnings: readonly string[];
  readonly identity: RunIdentity;
  dispose(): void;
}

/** A phase of the plan with what core derives from it. */
export interface RunPhase {
  readonly phase: Phase;
  readonly sampler: BatchSampler;
  /** Whether students run in it, and whether it trains any of their weights. */
  readonly runsStudents: boolean;
  readonly trainsStudents: boolean;
}

/** Everything in a run that changes during training. */
export interface TrainingState {
  position: SnapshotPosition;
  readonly history: EpochReport[];
  /** Sums over the steps of the current epoch. */
  partial: PartialEpoch;
  /** Optimizers of the current phase, by update name. */
  optimizers: ReadonlyMap<string, Optimizer>;
  /** Repeaters of the current phase: one per round of a step for gradients, and one for the sums of weights. */
  repeaters: Map<number | 'sums', Repeater>;
  /** A snapshot whose optimizer slots have yet to be restored. */
  resumed: Snapshot | undefined;
  best: Best | undefined;
  /** A requested stop that has not taken effect yet, or that ended the run. */
  stop: StopRequest | undefined;
  /** Stops that ended a phase before its last epoch, in order. */
  readonly stops: Stop[];
  readonly warnings: string[];
  lastCheckpoint: string | undefined;
  readonly reach: Reach;
  /** Weights and statistics of the students, and the plan's auxiliary variables. */
  readonly variables: NamedVariables;
}

/** The best epoch so far and a copy of its weights. */
export interface Best {
  readonly globalEpoch: number;
  readonly accuracy: number;
  readonly values: NamedTensors;
}

export interface StopRequest extends Stop {
  readonly restoreBest: boolean;
  readonly ends: 'phase' | 'run';
}

/** The callbacks of a run, and what they and the user control. */
export interface Watchers {
  readonly callbacks: readonly Callback[];
  /** The control that callbacks receive. */
  readonly control: RunControl;
  readonly signal: AbortSignal | undefined;
}

export const NOTHING_YET: PartialEpoch = { labels: [], sums: [], seconds: 0 };

export function initialState(run: Run): TrainingState {
  return {
    position: { phase: 0, epoch: 0, step: 0 },
    history: [],
    partial: NOTHING_YET,
    optimizers: new Map(),
    repeaters: new Map(),
    resumed: undefined,
    best: undefined,
    stop: undefined,
    stops: [],
    warnings: [],
    lastCheckpoint: undefined,
    reach: reachOf(run.phases.map(({ phase }) => phase)),
    variables: trainedVariables(run.students, run.plan.auxiliary),
  };
}
