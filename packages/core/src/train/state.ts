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

/** A run, ready to start: options checked, networks wrapped, the method planned. Nothing in it changes any more. */
export interface Run {
  readonly method: Method;
  readonly plan: Plan;
  readonly phases: readonly RunPhase[];
  readonly students: readonly Network[];
  readonly teacher: FrozenNetwork | undefined;
  /** Says what {@link teacher} would say, where its outputs are cached. */
  readonly cachedTeacher: CachedTeacher | undefined;
  /** How many augmentations of each image there are; undefined: no end of them. */
  readonly views: number | undefined;
  readonly train: CheckedDataset;
  /** Every training image has a label: only then is there a training accuracy. */
  readonly isLabelled: boolean;
  /** Of the training images, mean 1. */
  readonly weights: Float32Array | undefined;
  /** The same for terms with labels: 0 for images without. */
  readonly labelWeights: Float32Array | undefined;
  readonly validation: CheckedDataset | undefined;
  /** Once, before they are first measured: what is odd about validation images, in words. */
  readonly lookAtValidation: () => Promise<string | undefined>;
  readonly augmentation: Augmentation | undefined;
  readonly normalization: Normalization;
  readonly seed: number;
  /** False: operations run one by one on every engine. */
  readonly graphs: boolean;
  /** At the end, batch norm's moving statistics become averages over training images. */
  readonly settleStatistics: boolean;
  readonly random: Random;
  /** What was odd before training. */
  readonly warnings: readonly string[];
  readonly identity: RunIdentity;
  dispose(): void;
}

/** A phase of the plan, and what core adds to it. */
export interface RunPhase {
  readonly phase: Phase;
  readonly sampler: BatchSampler;
  /** Whether students run in it, and whether any of their weights move. */
  readonly runsStudents: boolean;
  readonly trainsStudents: boolean;
}

/** Everything of a run that changes while it trains. */
export interface TrainingState {
  position: SnapshotPosition;
  readonly history: EpochReport[];
  /** Sums over the steps of the epoch under way. */
  partial: PartialEpoch;
  /** Of the phase under way, by update name. */
  optimizers: ReadonlyMap<string, Optimizer>;
  /** Of the phase under way: one per round of a step for gradients, and one for the sums of weights. */
  repeaters: Map<number | 'sums', Repeater>;
  /** A snapshot whose optimizer slots the phase under way has yet to take over. */
  resumed: Snapshot | undefined;
  best: Best | undefined;
  /** What was asked for and has not ended anything yet. */
  stop: StopRequest | undefined;
  /** What ended a phase or the run before its last epoch, in order. */
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

/** Who looks on. */
export interface Watchers {
  readonly callbacks: readonly Callback[];
  /** What they can ask. */
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
