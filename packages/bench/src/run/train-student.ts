import { createRandom } from '@distilljs/core';
import type { MethodConfig, RunConfig } from '../config/index.js';
import { RESULT_SCHEMA } from '../report/index.js';
import type { MethodResult } from '../report/index.js';
import { buildNetwork } from './build-network.js';
import type { RunData } from './datasets.js';
import { createMethod } from './method-catalog.js';
import { optimizerOf } from './optimizer.js';
import type { TrainingFolder } from './run-folder.js';
import { trainNetwork } from './train-network.js';
import type { RunTeacher } from './train-teacher.js';
import type { RunLog } from './training-log.js';
import { readJson, writeJson } from './write-json.js';

/**
 * One method with one seed: from its folder if it is done, else trained (or trained on) and saved.
 *
 * With one seed every method starts from the same student, and sees the same order and augmentation.
 * @returns undefined when the signal ended it
 */
export async function provideStudent(
  { name, as, options }: MethodConfig,
  seed: number,
  config: RunConfig,
  data: RunData,
  teacher: RunTeacher,
  folder: TrainingFolder,
  log: RunLog,
  signal: AbortSignal | undefined,
): Promise<MethodResult | undefined> {
  const known = (await readJson(folder.result)) as MethodResult | undefined;
  if (known !== undefined) return known;

  const method = createMethod(name, options);
  const network = buildNetwork(config.student.model, data.train, createRandom(seed).fork('student'));
  try {
    const training = {
      label: `${as} seed ${seed}`,
      network,
      method,
      teacher: teacher.network,
      teacherOutputs: teacher.outputs,
      epochs: config.epochs,
      seed,
      optimizer: optimizerOf(config, config.optimizer.learningRate, config.epochs),
      folder,
    };
    const outcome = await trainNetwork(training, config, data, log, signal);
    if (outcome === undefined) return undefined;
    const { history, best, cost } = outcome;
    const seconds = history.reduce((sum, epoch) => sum + epoch.seconds, 0) / Math.max(1, history.length);
    const result: MethodResult = {
      schema: RESULT_SCHEMA,
      method: as,
      options: method.options,
      seed,
      testAccuracyLast: outcome.testAccuracyLast,
      testAccuracyBest: outcome.testAccuracyBest,
      bestEpoch: best?.globalEpoch,
      validationAccuracyBest: best?.accuracy,
      epochs: history,
      secondsPerEpoch: seconds,
      studentParameters: network.parameters + cost.inferenceParameters,
      studentMacs: network.macs + cost.inferenceMacs,
      extraTrainParameters: cost.trainParameters,
      warnings: outcome.warnings,
    };
    await writeJson(folder.result, result);
    log.say(
      `${training.label}: ${(100 * outcome.testAccuracyLast).toFixed(2)} % on the test images after the last epoch`,
    );
    return result;
  } finally {
    network.dispose();
  }
}
