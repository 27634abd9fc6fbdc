import type { Augmentation, Dataset, Normalization } from '../data/index.js';
import type { AuxiliaryCost, Method } from '../method/index.js';
import type { Network, NetworkLike, TeacherLike } from '../network/index.js';
import type { TeacherInput, TeacherOutputs } from '../teacher/index.js';
import type { Callback } from './callback.js';
import type { OptimizerSpec } from './optimizer.js';
import type { BestEpoch, EpochReport, Stop } from './report.js';

export interface DistillOptions {
  /** Needed by methods that read it. A network or model is frozen here; a frozen network is used as it is. */
  readonly teacher?: TeacherLike | undefined;
  /** The teacher's own normalization and image size. Default: it sees what the students see. */
  readonly teacherInput?: TeacherInput | undefined;
  /** What learns, from the weights that it has now; each has a model of its own. */
  readonly students: readonly NetworkLike[];
  /** Default `{ kind: 'live' }`: the teacher runs in every step, and no augmentation comes twice. */
  readonly teacherOutputs?: TeacherOutputs | undefined;
  readonly method: Method;
  readonly train: Dataset;
  /** Looked at after every epoch; decides the best epoch. Never the test set. */
  readonly validation?: Dataset | undefined;
  readonly epochs: number;
  readonly batchSize: number;
  /** Decides everything random in the run: order, augmentation, dropout, heads. */
  readonly seed: number;
  /** For the students' weights. Default `sgd({ learningRate: cosineRate(0.05) })`. */
  readonly optimizer?: OptimizerSpec | undefined;
  /** Default: none. */
  readonly augmentation?: Augmentation | undefined;
  /** Of the students, and of a teacher without one of its own. Default: mean and deviation per channel of the training set. */
  readonly normalization?: Normalization | undefined;
  readonly callbacks?: readonly Callback[] | undefined;
  /**
   * Set batch norm's moving statistics to averages of batch statistics over (up to 10,000, unaugmented) training images: at the
   * end of training, and for each look at the validation set, so that the history, early stop and the best epoch are of networks
   * as they are saved. For short runs with a high momentum, whose moving statistics do not settle. Default false.
   */
  readonly settleStatistics?: boolean | undefined;
  /**
   * On engine node: run every step as one TensorFlow graph, with the values of its operations but for rounding. Default true;
   * the environment variable `DISTILLJS_GRAPH=0` turns it off for a whole process.
   */
  readonly graphs?: boolean | undefined;
  /** Ends the run after the step under way; callbacks may save first. Aborted before the start: no step runs. */
  readonly signal?: AbortSignal | undefined;
}

export interface DistillResult {
  /** `students[0]`, with the weights of the last epoch unless {@link restoreBest} was called. */
  readonly student: Network;
  readonly students: readonly Network[];
  readonly history: readonly EpochReport[];
  /** Undefined without a validation set. */
  readonly best: BestEpoch | undefined;
  /** Puts the best epoch's weights into the students; without a validation set they stay as they are. */
  restoreBest(): void;
  /** Puts the last epoch's weights back. */
  restoreLast(): void;
  /** Why training ended before its last epoch; undefined when it did not. */
  readonly stopped: { readonly reason: string; readonly globalEpoch: number } | undefined;
  /** Every phase that ended before its last epoch, in order, with the reason. */
  readonly stops: readonly Stop[];
  readonly cost: AuxiliaryCost;
  /** Of the students. */
  readonly normalization: Normalization;
  readonly warnings: readonly string[];
  /** Frees what the method and the trainer made. The students stay. */
  dispose(): void;
}
