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
  /** What learns, together. */
  readonly networks: readonly Network[];
  readonly method: Method;
  readonly teacher?: FrozenNetwork | undefined;
  readonly teacherInput?: TeacherInput | undefined;
  /** How the networks see the images. Default: measured on the training images. */
  readonly normalization?: Normalization | undefined;
  readonly teacherOutputs?: TeacherOutputs | undefined;
  readonly epochs: number;
  readonly seed: number;
  readonly optimizer: OptimizerSpec;
  /** Which weights are saved: those of the last epoch, or of the best on the validation images. */
  readonly keep: 'last' | 'best';
  readonly folder: TrainingFolder;
}

/** What came out, measured on the test set with the last weights and with those of the best validation epoch. */
export interface TrainingOutcome {
  readonly history: DistillResult['history'];
  readonly best: DistillResult['best'];
  readonly cost: DistillResult['cost'];
  /** Per network. */
  readonly measured: readonly TestAccuracy[];
  /** Of the weights that are saved, per network; empty where that is not wanted. */
  readonly corruptions: readonly CorruptionResult[];
  /** Of the mean of all networks' logits. */
  readonly ensemble: TestAccuracy;
  /** Of the saved models. */
  readonly modelDigest: string;
  readonly warnings: readonly string[];
  /** Most bytes that the process held at the end of a step. */
  readonly peakMemoryBytes: number;
}

/** Accuracy on the test images with the last weights and with those of the best validation epoch. */
export interface TestAccuracy {
  readonly last: number;
  readonly best: number;
}

/**
 * Trains networks together (most methods: one), going on from their checkpoint if there is one, measures each, and saves
 * them as plain tfjs models. A student is saved as the last epoch leaves it, because that is what the report ranks; a
 * teacher has the weights of its best validation epoch. The networks end with the best weights.
 *
 * @returns undefined when the signal ended it early: its checkpoint is saved then
 */
export async function trainNetwork(
  training: Training,
  context: RunContext,
): Promise<TrainingOutcome | undefined> {
  const { networks, folder } = training;
  const { config, data } = context;
  let peakMemoryBytes = 0;
  const result = await distillTraining(training, context, [
    {
      name: 'memory',
      step() {
        peakMemoryBytes = Math.max(peakMemoryBytes, process.memoryUsage.rss());
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
 * Trains networks together, going on from their checkpoint if there is one, and measures and saves nothing else.
 *
 * @param callbacks beside those that every training has
 * @returns what the caller disposes
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
      checkpoints(heldStore(folder.root, directoryStore(folder.checkpoint))),
      jsonl(folder.metrics),
      ...callbacks,
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

/** What is left of each network's accuracy on corrupted test images, where the configuration wants to know. */
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

/** Of each network, and of all together. */
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

/** The configured optimizer with the configured schedule around a base rate. */
export function optimizerOf(config: RunConfig, learningRate: number, epochs: number): OptimizerSpec {
  const schedule = scheduleOf(config, learningRate, epochs);
  const { name, weightDecay, momentum, nesterov } = config.optimizer;
  if (name === 'adam') return adam({ learningRate: schedule, weightDecay });
  return sgd({ learningRate: schedule, momentum, nesterov, weightDecay });
}

/** Milestones are shares of the run's epochs, so that one configuration fits any length. */
function scheduleOf({ schedule }: RunConfig, base: number, epochs: number): Schedule {
  const { warmupEpochs } = schedule;
  if (schedule.name === 'constant') return constantRate(base);
  if (schedule.name === 'cosine') return cosineRate(base, { warmupEpochs });
  const milestones = schedule.milestones.map((share) => share * epochs);
  return stepRate(base, { milestones, factor: schedule.factor, warmupEpochs });
}

/** A resized crop stands in for padding and cropping, which presets and defaults bring. */
function augmentationOf({ augmentation: { padCrop, ...others } }: RunConfig): Augmentation {
  return augmentation({ ...others, padCrop: others.randomResizedCrop === undefined ? padCrop : 0 });
}
