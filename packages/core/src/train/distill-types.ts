import type { Augmentation, Dataset, Normalization } from '../data/index.js';
import type { AuxiliaryCost, Method } from '../method/index.js';
import type { Network, NetworkLike, TeacherLike } from '../network/index.js';
import type { TeacherInput, TeacherOutputs } from '../teacher/index.js';
import type { Callback } from './callback.js';
import type { OptimizerSpec } from './optimizer.js';
import type { BestEpoch, EpochReport, Stop } from './report.js';

export interface DistillOptions {
  /** Required by methods that read it. A network or model is frozen first; a frozen network is used as it is. */
  readonly teacher?: TeacherLike | undefined;
  /** The teacher's own normalization and image size. Default: the students' images. */
  readonly teacherInput?: TeacherInput | undefined;
  /** The networks to train, starting from their current weights. Each needs its own model. */
  readonly students: readonly NetworkLike[];
  /** Default `{ kind: 'live' }`: the teacher runs in every step, and augmentations never repeat. */
  readonly teacherOutputs?: TeacherOutputs | undefined;
  readonly method: Method;
  readonly train: Dataset;
  /** Evaluated after every epoch; determines the best epoch. Never pass the test set. */
  readonly validation?: Dataset | undefined;
  readonly epochs: number;
  readonly batchSize: number;
  /** Determines everything random in the run: order, augmentation, dropout, initial weights of heads. */
  readonly seed: number;
  /** Optimizer of the students' weights. Default `sgd({ learningRate: cosineRate(0.05) })`. */
  readonly optimizer?: OptimizerSpec | undefined;
  /** Augmentation of the training images. Default: none. */
  readonly augmentation?: Augmentation | undefined;
  /**
   * For the students, and for a teacher without its own. Default: mean and std per channel of the training set.
   */
  readonly normalization?: Normalization | undefined;
  readonly callbacks?: readonly Callback[] | undefined;
  /**
   * Replace batch norm's moving statistics by averages of batch statistics over up to 10,000 unaugmented
   * training images, at the end of training and for each validation. History, early stop and best epoch then
   * describe the networks as they are saved. For short runs with a high momentum, whose moving statistics do
   * not converge. Default false.
   */
  readonly settleStatistics?: boolean | undefined;
  /**
   * On the engine `node`: run every step as one TensorFlow graph, which gives the same values up to rounding.
   * Default true. The environment variable `DISTILLJS_GRAPH=0` turns it off for the whole process.
   */
  readonly graphs?: boolean | undefined;
  /** Ends the run after the current step; callbacks may save first. If aborted before the start, no step runs. */
  readonly signal?: AbortSignal | undefined;
}

export interface DistillResult {
  /**
   * `students[0]`, with the weights of the last epoch, or of the best one after {@link restoreBest} or a stop
   * that restores it.
   */
  readonly student: Network;
  readonly students: readonly Network[];
  readonly history: readonly EpochReport[];
  /** The best epoch; undefined without a validation set. */
  readonly best: BestEpoch | undefined;
  /** Puts the best epoch's weights into the students; without a best epoch, the last epoch's. */
  restoreBest(): void;
  /** Puts the last epoch's weights back. */
  restoreLast(): void;
  /** Why training ended before its last epoch; undefined if it did not. */
  readonly stopped: { readonly reason: string; readonly globalEpoch: number } | undefined;
  /** Every phase that ended before its last epoch, in order, with the reason. */
  readonly stops: readonly Stop[];
  readonly cost: AuxiliaryCost;
  /** Normalization of the students' images. */
  readonly normalization: Normalization;
  readonly warnings: readonly string[];
  /** Frees what the method and the trainer made, but not the students. */
  dispose(): void;
}
