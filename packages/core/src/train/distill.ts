import type { Augmentation, Dataset, Normalization } from '../data/index.js';
import type { AuxiliaryCost, Method } from '../method/index.js';
import type { FrozenNetwork, Network, NetworkLike } from '../network/index.js';
import type { TeacherOutputs } from '../teacher/index.js';
import type { Callback } from './callback.js';
import type { OptimizerSpec } from './optimizer.js';
import type { EpochReport } from './report.js';
import { prepareRun } from './run.js';
import { train } from './training.js';

export interface DistillOptions {
  /** Needed by methods that read it. A network or model is frozen here; a frozen network is used as it is. */
  readonly teacher?: NetworkLike | FrozenNetwork | undefined;
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
  /** Default: mean and deviation per channel of the training set. */
  readonly normalization?: Normalization | undefined;
  readonly callbacks?: readonly Callback[] | undefined;
  /** Ends the run after the step under way; callbacks may save first. Aborted before the start: no step runs. */
  readonly signal?: AbortSignal | undefined;
}

export interface DistillResult {
  /** `students[0]`, with the weights of the last epoch unless {@link restoreBest} was called. */
  readonly student: Network;
  readonly students: readonly Network[];
  readonly history: readonly EpochReport[];
  /** The epoch of the best validation accuracy (mean over students); undefined without a validation set. */
  readonly best: { readonly globalEpoch: number; readonly accuracy: number } | undefined;
  /** Puts the best epoch's weights into the students; without a validation set they stay as they are. */
  restoreBest(): void;
  /** Puts the last epoch's weights back. */
  restoreLast(): void;
  /** Why training ended before its last epoch; undefined when it did not. */
  readonly stopped: { readonly reason: string; readonly globalEpoch: number } | undefined;
  readonly cost: AuxiliaryCost;
  readonly normalization: Normalization;
  readonly warnings: readonly string[];
  /** Frees what the method and the trainer made. The students stay. */
  dispose(): void;
}

/**
 * Trains students with a method: runs the phases of its plan, epoch by epoch.
 *
 * ```ts
 * const result = await distill({
 *   teacher, students: [student], method: kd(), train, validation, epochs: 60, batchSize: 64, seed: 1,
 *   callbacks: [progress(), jsonl('run/metrics.jsonl'), checkpoints('run/checkpoint'), earlyStop({ patience: 10 })],
 * });
 * await result.student.save('file://run/student');
 * ```
 *
 * Same options, same weights, same engine: same bytes (on `cpu` and `wasm`). NaN or Infinity in a term ends the run before
 * it reaches a weight.
 * @throws DistillError for wrong options, shapes or taps (before training), `numeric` (during it)
 */
export async function distill(options: DistillOptions): Promise<DistillResult> {
  const run = await prepareRun(options);
  try {
    return await train(run, options.callbacks ?? [], options.signal);
  } catch (error) {
    run.dispose();
    throw error;
  }
}
