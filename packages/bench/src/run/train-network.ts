import {
  adam,
  augmentation,
  checkpoints,
  constantRate,
  cosineRate,
  directoryStore,
  distill,
  ensembleOf,
  evaluate,
  inspections,
  jsonl,
  sgd,
  stepRate,
} from '@distilljs/core';
import type {
  Augmentation,
  Callback,
  Classifier,
  DistillResult,
  Evaluation,
  FrozenNetwork,
  Method,
  Network,
  Normalization,
  OptimizerSpec,
  Schedule,
  TeacherInput,
  TeacherOutputs,
} from '@distilljs/core';
import type { RunConfig } from '../config/index.js';
import { measureCorruptions } from '../corruption/index.js';
import type { CorruptionResult } from '../corruption/index.js';
import { recordPredictions } from '../predictions/index.js';
import type { PredictionRecord } from '../predictions/index.js';
import type { RunData } from './datasets.js';
import { modelDigest, savePredictions } from './kept-files.js';
import { expectHeld, heldStore } from './lock.js';
import type { RunContext } from './run-context.js';
import { modelFolders } from './run-folder.js';
import type { TrainingFolder } from './run-folder.js';

/** One training of a run: the teacher's, or one method with one seed. */
export interface Training {
  readonly label: string;
  /** The networks that learn together. */
  readonly networks: readonly Network[];
  readonly method: Method;
  readonly teacher?: FrozenNetwork | undefined;
  readonly teacherInput?: TeacherInput | undefined;
  /** Normalization of the networks' input. Default: measured on the training images. */
  readonly normalization?: Normalization | undefined;
  readonly teacherOutputs?: TeacherOutputs | undefined;
  readonly epochs: number;
  readonly seed: number;
  readonly optimizer: OptimizerSpec;
  /** Which weights are saved: those of the last epoch, or of the best validation epoch. */
  readonly keep: 'last' | 'best';
  readonly folder: TrainingFolder;
}

/** The outcome, measured on the test set with the last weights and with those of the best validation epoch. */
export interface TrainingOutcome {
  readonly history: DistillResult['history'];
  readonly best: DistillResult['best'];
  readonly cost: DistillResult['cost'];
  /** Per network. */
  readonly measured: readonly TestAccuracy[];
  /** Results of the saved weights, per network; empty unless configured. */
  readonly corruptions: readonly CorruptionResult[];
  /** Accuracy of the mean of all networks' logits. */
  readonly ensemble: TestAccuracy;
  /** Digest of the saved models. */
  readonly modelDigest: string;
  readonly warnings: readonly string[];
  /** Peak memory of the process at the end of a step, in bytes; undefined where an earlier process trained every step. */
  readonly peakMemoryBytes: number | undefined;
}

/** Accuracy on the test images with the last weights and with those of the best validation epoch. */
export interface TestAccuracy {
  readonly last: number;
  readonly best: number;
}

/**
 * Trains networks together (most methods: one), from their checkpoint if there is one, measures each, and saves them as plain tfjs
 * models. A student is saved with the weights of its last epoch, which the report ranks; a teacher with those of its best validation
 * epoch. Afterwards the networks have the best weights.
 *
 * @returns undefined when the signal ended it early; its checkpoint is then saved
 */
export async function trainNetwork(
  training: Training,
  context: RunContext,
): Promise<TrainingOutcome | undefined> {
  const { networks, folder } = training;
  const { config, data } = context;
  let peakMemoryBytes: number | undefined;
  const result = await distillTraining(training, context, [
    {
      name: 'memory',
      step() {
        peakMemoryBytes = Math.max(peakMemoryBytes ?? 0, process.memoryUsage.rss());
      },
    },
    ...(training.seed === config.seeds[0] ? [inspections(folder.inspections)] : []),
  ]);
  try {
    if (result.stopped !== undefined) return undefined;
    const records = networks.map(({ classes }) => recordPredictions(data.test, classes));
    const last = await testAll(networks, data, result.normalization, records);
    let corruptions: readonly CorruptionResult[] = [];
    let digest = '';
    const measureAndSave = async (): Promise<void> => {
      corruptions = await corruptionsOf(networks, context, result.normalization);
      digest = await save(networks, folder);
    };
    if (training.keep === 'last') {
      await measureAndSave();
      await savePredictions(records, folder, digest);
    }
    result.restoreBest();
    const best = await testAll(networks, data, result.normalization);
    if (training.keep === 'best') await measureAndSave();
    const paired = last.map(({ accuracy }, at) => ({ last: accuracy, best: best[at]?.accuracy ?? NaN }));
    return {
      history: result.history,
      best: result.best,
      cost: result.cost,
      warnings: [...new Set([...result.warnings, ...last.flatMap(({ warning }) => warning ?? [])])],
      peakMemoryBytes,
      corruptions,
      measured: paired.slice(0, -1),
      ensemble: paired.at(-1) as TestAccuracy,
      modelDigest: digest,
    };
  } finally {
    result.dispose();
  }
}

/**
 * Trains networks together, from their checkpoint if there is one, and measures and saves nothing else.
 *
 * @param callbacks in addition to those of every training
 * @returns the result, which the caller disposes
 */
export async function distillTraining(
  training: Training,
  { config, data, log, signal }: RunContext,
  callbacks: readonly Callback[] = [],
): Promise<DistillResult> {
  const { label, folder } = training;
  return await distill({
    teacher: training.teacher,
    teacherInput: training.teacherInput,
    normalization: training.normalization,
    teacherOutputs: training.teacherOutputs,
    students: training.networks,
    method: training.method,
    train: data.train,
    validation: data.validation,
    epochs: training.epochs,
    batchSize: config.batchSize,
    seed: training.seed,
    optimizer: training.optimizer,
    augmentation: augmentationOf(config),
    settleStatistics: config.settleStatistics,
    callbacks: [
      log.progress(label),
      { name: 'lock', epoch: () => expectHeld(folder.root), abort: () => expectHeld(folder.root) },
      ...callbacks,
      // What those above do with an epoch is not made up for after its checkpoint; metrics are written again from the history.
      checkpoints(heldStore(folder.root, directoryStore(folder.checkpoint))),
      jsonl(folder.metrics),
    ],
    signal,
  });
}

/** @returns the digest of the models */
async function save(networks: readonly Network[], folder: TrainingFolder): Promise<string> {
  await expectHeld(folder.root);
  const places = modelFolders(folder, networks.length);
  for (const [index, network] of networks.entries()) await network.save(places[index] ?? folder.model);
  return await modelDigest(places);
}

/** Each network's accuracy on corrupted test images, if configured. */
export async function corruptionsOf(
  networks: readonly Classifier[],
  { config: { corruptions }, data }: Pick<RunContext, 'config' | 'data'>,
  normalization: Normalization,
): Promise<readonly CorruptionResult[]> {
  const found: CorruptionResult[] = [];
  if (corruptions !== undefined)
    for (const network of networks)
      found.push(await measureCorruptions(network, data.test, normalization, corruptions.seed));
  return found;
}

/** Evaluates each network, and the ensemble of all. */
async function testAll(
  networks: readonly Network[],
  data: RunData,
  normalization: Normalization,
  records: readonly PredictionRecord[] = [],
): Promise<readonly Evaluation[]> {
  const found: Evaluation[] = [];
  for (const [at, network] of networks.entries())
    found.push(await evaluate(network, data.test, normalization, undefined, records[at]?.add));
  const [alone] = found;
  if (found.length === 1) return [...found, alone as Evaluation];
  return [...found, await evaluate(ensembleOf(networks), data.test, normalization)];
}

/** The configured optimizer and schedule, with a base learning rate. */
export function optimizerOf(config: RunConfig, learningRate: number, epochs: number): OptimizerSpec {
  const schedule = scheduleOf(config, learningRate, epochs);
  const { name, weightDecay, momentum, nesterov } = config.optimizer;
  if (name === 'adam') return adam({ learningRate: schedule, weightDecay });
  return sgd({ learningRate: schedule, momentum, nesterov, weightDecay });
}

/** Milestones are fractions of the training's epochs, so that one configuration fits any length. */
function scheduleOf({ schedule }: RunConfig, base: number, epochs: number): Schedule {
  const { warmupEpochs } = schedule;
  if (schedule.name === 'constant') return constantRate(base);
  if (schedule.name === 'cosine') return cosineRate(base, { warmupEpochs });
  const milestones = schedule.milestones.map((share) => share * epochs);
  return stepRate(base, { milestones, factor: schedule.factor, warmupEpochs });
}

/** A random resized crop replaces padding and cropping, which presets and defaults set. */
function augmentationOf({ augmentation: { padCrop, ...others } }: RunConfig): Augmentation {
  return augmentation({ ...others, padCrop: others.randomResizedCrop === undefined ? padCrop : 0 });
}
