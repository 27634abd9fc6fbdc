import { augmentation, checkpoints, distill, evaluate, inspections, jsonl } from '@distilljs/core';
import type {
  DistillResult,
  FrozenNetwork,
  Method,
  Network,
  OptimizerSpec,
  TeacherOutputs,
} from '@distilljs/core';
import type { RunConfig } from '../config/index.js';
import type { RunData } from './datasets.js';
import type { TrainingFolder } from './run-folder.js';
import type { RunLog } from './training-log.js';

/** One training of a run: the teacher's, or one method with one seed. */
export interface Training {
  readonly label: string;
  readonly network: Network;
  readonly method: Method;
  readonly teacher?: FrozenNetwork | undefined;
  readonly teacherOutputs?: TeacherOutputs | undefined;
  readonly epochs: number;
  readonly seed: number;
  readonly optimizer: OptimizerSpec;
  readonly folder: TrainingFolder;
}

/** What came out, measured on the test set with the last weights and with those of the best validation epoch. */
export interface TrainingOutcome {
  readonly history: DistillResult['history'];
  readonly best: DistillResult['best'];
  readonly cost: DistillResult['cost'];
  readonly testAccuracyLast: number;
  readonly testAccuracyBest: number;
  readonly warnings: readonly string[];
}

/**
 * Trains one network, going on from its checkpoint if there is one, measures it, and saves the weights of the best
 * validation epoch as a plain tfjs model. The network is left with those weights.
 *
 * @returns undefined when the signal ended it early: its checkpoint is saved then
 */
export async function trainNetwork(
  training: Training,
  config: RunConfig,
  data: RunData,
  log: RunLog,
  signal: AbortSignal | undefined,
): Promise<TrainingOutcome | undefined> {
  const { label, network, folder } = training;
  const result = await distill({
    teacher: training.teacher,
    teacherOutputs: training.teacherOutputs,
    students: [network],
    method: training.method,
    train: data.train,
    validation: data.validation,
    epochs: training.epochs,
    batchSize: config.batchSize,
    seed: training.seed,
    optimizer: training.optimizer,
    augmentation: augmentation(config.augmentation),
    callbacks: [
      log.progress(label),
      checkpoints(folder.checkpoint),
      jsonl(folder.metrics),
      ...(training.seed === config.seeds[0] ? [inspections(folder.inspections)] : []),
    ],
    signal,
  });
  try {
    if (result.stopped !== undefined) return undefined;
    const testLast = await evaluate(network, data.test, result.normalization);
    result.restoreBest();
    const testBest = await evaluate(network, data.test, result.normalization);
    await network.save(`file://${folder.model}`);
    const { history, best, cost, warnings } = result;
    return {
      history,
      best,
      cost,
      warnings,
      testAccuracyLast: testLast.accuracy,
      testAccuracyBest: testBest.accuracy,
    };
  } finally {
    result.dispose();
  }
}
