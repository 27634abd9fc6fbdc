import { createNetwork, freeze } from '@distilljs/core';
import type { Network } from '@distilljs/core';
import type { MethodConfig } from '../config/index.js';
import { averageCorruptions } from '../corruption/index.js';
import { networkCost } from '../cost/network-cost.js';
import { RESULT_SCHEMA } from '../report/index.js';
import type { CohortResult, MethodResult } from '../report/index.js';
import { secondsPerEpoch } from '../statistics/index.js';
import { buildCohort, planMethod } from './cohort.js';
import { sourcesOf } from './foreign-sources.js';
import { inputsFor } from './student-input.js';
import { optimizerOf, trainNetwork } from './train-network.js';
import { inspectionsDigest, measuredModels } from './kept-files.js';
import { expectHeld } from './lock.js';
import type { RunContext } from './run-context.js';
import { modelFolders } from './run-folder.js';
import type { TrainingFolder } from './run-folder.js';
import type { TestAccuracy, TrainingOutcome } from './train-network.js';
import type { RunTeacher } from './train-teacher.js';
import { readMethodResult } from './stored.js';
import { writeJson } from './write-json.js';

/**
 * One method with one seed: read from its folder if finished, else trained (from its checkpoint, if any) and saved.
 *
 * With the same seed every method starts from the same student (a cohort's first network), and sees the same order and
 * augmentation.
 * @returns undefined when the signal ended it
 */
export async function provideStudent(
  configured: MethodConfig,
  seed: number,
  teacher: RunTeacher,
  folder: TrainingFolder,
  context: RunContext,
): Promise<MethodResult | undefined> {
  const { as } = configured;
  const sources = await sourcesOf(configured, context.config, context.data.train, folder);
  const known = await readMethodResult(folder, as, seed);
  if (known !== undefined) {
    await measuredModels(folder, known);
    return known;
  }

  const { config, data, log, madeWith } = context;
  const { method, models, change } = planMethod(configured, config.student.model);
  const networks = await buildCohort(models, data.train, seed, change);
  try {
    const training = {
      label: `${as} seed ${seed}`,
      networks,
      method,
      teacher: teacher.network,
      ...(await inputsFor(config.student, data.train, teacher.input)),
      teacherOutputs: teacher.outputs,
      epochs: config.epochs,
      keep: 'last' as const,
      seed,
      optimizer: optimizerOf(config, config.optimizer.learningRate, config.epochs),
      folder,
    };
    const isPlain = change === undefined && models[0] === config.student.model;
    const origin = {
      data: data.train.fingerprint,
      teacher: await teacher.network.fingerprint(),
      ...(isPlain && { firstWeights: await freeze(networks[0] as Network).fingerprint() }),
    };
    const outcome = await trainNetwork(training, context);
    if (outcome === undefined) return undefined;
    const { history, best, cost } = outcome;
    // In a cohort, networks with the student's architecture count: only they are comparable with the other methods' students.
    const counted = models.flatMap((model, index) => (model === config.student.model ? [index] : []));
    // Parameters are counted as saved, after the method has folded what it can into kernels.
    const student = createNetwork((networks[counted[0] ?? 0] as Network).model);
    const places = modelFolders(folder, networks.length);
    const meanOf = (when: keyof TestAccuracy): number =>
      counted.reduce((sum, index) => sum + (outcome.measured[index]?.[when] ?? NaN), 0) / counted.length;
    const result: MethodResult = {
      schema: RESULT_SCHEMA,
      method: as,
      options: method.options,
      seed,
      testAccuracyLast: meanOf('last'),
      testAccuracyBest: meanOf('best'),
      ...(networks.length > 1 && { cohort: cohortResult(models, networks, counted, outcome) }),
      bestEpoch: best?.globalEpoch,
      validationAccuracyBest: best?.accuracy,
      epochs: history,
      secondsPerEpoch: secondsPerEpoch(history),
      studentParameters: student.parameters + cost.inferenceParameters,
      studentMacs: student.macs + cost.inferenceMacs,
      // The method's cost counts what it adds to its first network.
      extraTrainParameters: cost.trainParameters + sizeOf(networks[0]) - student.parameters,
      warnings: [...context.warnings, ...outcome.warnings],
      ...(context.atATime !== undefined && context.atATime > 1 && { trainingsAtATime: context.atATime }),
      madeWith,
      ...(sources !== undefined && { sources }),
      origin,
      modelDigest: outcome.modelDigest,
      inspectionsDigest: await inspectionsDigest(folder),
      cost: {
        ...(await networkCost(places[counted[0] ?? 0] ?? folder.model, seed === config.seeds[0])),
        peakMemoryBytes: outcome.peakMemoryBytes,
      },
    };
    await expectHeld(folder.root);
    const corrupted = counted.flatMap((index) => outcome.corruptions[index] ?? []);
    if (corrupted.length > 0)
      await writeJson(folder.corruptions, {
        ...averageCorruptions(corrupted),
        network: outcome.modelDigest,
      });
    await writeJson(folder.result, result);
    log.say(
      `${training.label}: ${(100 * result.testAccuracyLast).toFixed(2)} % on the test images after the last epoch`,
    );
    return result;
  } finally {
    for (const network of networks) network.dispose();
  }
}

/** Parameters of a network as it was saved. */
const sizeOf = (network: Network | undefined): number =>
  network === undefined ? 0 : createNetwork(network.model).parameters;

function cohortResult(
  models: readonly string[],
  networks: readonly Network[],
  counted: readonly number[],
  { measured, ensemble }: TrainingOutcome,
): CohortResult {
  return {
    networks: networks.map(({ parameters, macs }, index) => ({
      model: models[index] ?? '',
      counted: counted.includes(index),
      testAccuracyLast: measured[index]?.last ?? NaN,
      testAccuracyBest: measured[index]?.best ?? NaN,
      parameters,
      macs,
    })),
    ensembleAccuracyLast: ensemble.last,
    ensembleAccuracyBest: ensemble.best,
  };
}
