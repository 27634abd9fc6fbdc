import { rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import {
  channelStatistics,
  DistillError,
  evaluate,
  loadModel,
  makeFolder,
  metadataOf,
  modelArtifacts,
  modelMetadata,
  nearestNameHint,
  resolveEngine,
  saveArtifacts,
  setModelMetadata,
} from '@distilljs/core';
import type { Normalization } from '@distilljs/core';
import { allSeeds } from '../config/index.js';
import { handOverData } from '../dataset/index.js';
import type { GivenData } from '../dataset/index.js';
import { changedParts, dataFingerprints, loadRunData } from '../run/datasets.js';
import type { RunData } from '../run/datasets.js';
import type { RunLog } from '../run/run-context.js';
import { measuredModels } from '../run/kept-files.js';
import { lockFolder } from '../run/lock.js';
import { replace } from '../run/replaced.js';
import { missingRun, runFolder } from '../run/run-folder.js';
import type { RunFolder } from '../run/run-folder.js';
import { loadSavedStudent } from '../run/saved-student.js';
import { readMethodResult, readRun, readTeacherResult } from '../run/stored.js';
import type { FoundRun } from '../run/stored.js';
import type { MethodResult } from '../report/index.js';
import { summarize } from '../statistics/index.js';
import { CARD, expectReplaceable, exportDigests, softmaxOf, writePage } from './export-files.js';
import { measureLatency } from './latency.js';
import { ownLayers } from './own-layers.js';
import { CARD_SCHEMA, cardText } from './model-card.js';
import type { ModelCard } from './model-card.js';
import { quantizeArtifacts } from './quantize.js';
import type { Quantization } from './quantize.js';

export interface ExportOptions {
  /** The run folder. */
  readonly run: string;
  /** The method's name in the run. */
  readonly method: string;
  readonly seed: number;
  /** The folder to write: a new one, an empty one, or one that holds an earlier, unchanged export. */
  readonly to: string;
  readonly quantize?: Quantization | undefined;
  /** Appends a softmax, so that the model returns probabilities. Default: false, logits. */
  readonly withSoftmax?: boolean | undefined;
  /** The datasets, for a run whose datasets a program passed to `runBench`: they are in no file. */
  readonly data?: GivenData | undefined;
  readonly log?: Pick<RunLog, 'say' | 'meter'> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Exports the student of one method and seed to a folder: the plain tfjs model (`model.json`, `weights.bin`), a model card
 * (`README.md`, `card.json`) and a page that classifies a dropped image. Images other than grey, RGB or RGBA, and models with layers
 * that tfjs does not have, get no page. The folder is written completely or not at all.
 *
 * @returns the card
 * @throws DistillError code `config` for a method or seed that the run does not have, or a folder with other files; `data` for
 * a run without that student, or without its data
 */
export async function exportStudent(options: ExportOptions): Promise<ModelCard> {
  const { run: root, method, seed, to } = options;
  const folder = runFolder(root);
  const run = await readRun(folder);
  if (run === undefined) throw missingRun(root);
  const methods = run.config.methods.map(({ as }) => as);
  expectPart(run, 'method', method, methods);
  expectPart(run, 'seed', String(seed), allSeeds(run.config).map(String));
  const target = await expectReplaceable(to, root, run.config);
  const trained = await trainedStudent(folder, method, seed);
  await resolveEngine(run.config.engine);
  const data = await dataOf(run, options);
  // A killed export leaves this folder behind; the next export to the same place takes it over.
  const workshop = join(dirname(target), `.${basename(target)}.unfinished`);
  const leave = await lockFolder(workshop, 'folder of an export');
  const unfinished = join(workshop, 'export');
  try {
    await rm(unfinished, { recursive: true, force: true });
    makeFolder(unfinished);
    const card = await writeExport(unfinished, { options, run, folder, data, ...trained });
    options.signal?.throwIfAborted();
    // An empty folder or an earlier export is replaced only at the last moment.
    await replace(unfinished, target);
    return card;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
    await leave();
  }
}

async function dataOf(
  run: FoundRun,
  { run: root, data: given, log, signal }: ExportOptions,
): Promise<RunData> {
  if (given !== undefined) handOverData(given);
  try {
    const data = await loadRunData(run.config, log, signal);
    const changed = run.data === undefined ? [] : changedParts(run.data, dataFingerprints(data));
    if (changed.length === 0) return data;
    throw new DistillError({
      code: 'data',
      where: given === undefined ? 'export' : 'export, data',
      expected: `the data that ${root} was trained and tested on`,
      got: `other ${changed.join(', ')}`,
    });
  } finally {
    handOverData(undefined);
  }
}

function expectPart(run: FoundRun, what: 'method' | 'seed', given: string, there: readonly string[]): void {
  if (there.includes(given)) return;
  throw new DistillError({
    code: 'config',
    where: `export, ${what}`,
    expected: `one of the run's ${what}s: ${there.join(', ')}`,
    got: given,
    hint: what === 'method' ? nearestNameHint(given, there) : undefined,
  });
}

interface TrainedStudent {
  readonly result: MethodResult;
  /** The saved model. */
  readonly place: string;
  /** Position among networks trained together, from 1; undefined for a network trained alone. */
  readonly member: number | undefined;
}

async function trainedStudent(folder: RunFolder, method: string, seed: number): Promise<TrainedStudent> {
  const training = folder.student(method, seed);
  const result = await readMethodResult(training, method, seed);
  if (result === undefined) {
    throw new DistillError({
      code: 'data',
      where: folder.root,
      expected: `a trained student of ${method} with seed ${seed}`,
      got: 'none yet',
      hint: 'Train it with `distill-bench run --resume`.',
    });
  }
  const places = await measuredModels(training, result);
  const at = Math.max(0, result.cohort?.networks.findIndex(({ counted }) => counted) ?? 0);
  return { result, place: places[at] ?? training.model, member: places.length > 1 ? at + 1 : undefined };
}

interface Source extends TrainedStudent {
  readonly options: ExportOptions;
  readonly run: FoundRun;
  readonly folder: RunFolder;
  readonly data: RunData;
}

async function writeExport(to: string, source: Source): Promise<ModelCard> {
  const { options, run, folder, data, result, place, member } = source;
  const { quantize, withSoftmax = false, method, seed } = options;
  const saved = await loadSavedStudent(place, run.config, data.train);
  // Models saved by older versions have no metadata: it is that of the run's training images.
  const metadata = modelMetadata(saved, place) ?? metadataOf(data.train, await channelStatistics(data.train));
  const before = await accuracyOf(saved, data, metadata.normalization);
  const model = withSoftmax ? softmaxOf(saved, metadata) : saved;
  setModelMetadata(model, withSoftmax ? { ...metadata, output: 'probabilities' } : metadata);
  const full = await modelArtifacts(model);
  const own = ownLayers(saved);
  saved.dispose();
  await saveArtifacts(quantize === undefined ? full : quantizeArtifacts(full, quantize), to);
  const exported = await loadModel(to);
  const after = await accuracyOf(exported, data, metadata.normalization);
  exported.dispose();
  const latency = await measureLatency(to, metadata.imageSize);
  const bytes = async (file: string): Promise<number> => (await stat(file)).size;
  const said: ModelCard = {
    kind: 'distilljs export',
    schema: CARD_SCHEMA,
    method,
    methodName: run.config.methods.find(({ as }) => as === method)?.name ?? method,
    options: result.options,
    seed,
    member,
    student: result.cohort?.networks[(member ?? 1) - 1]?.model ?? run.config.student.model,
    parameters: result.studentParameters,
    macs: result.studentMacs,
    metadata: withSoftmax ? { ...metadata, output: 'probabilities' } : metadata,
    dataset: {
      name: data.train.name,
      trainImages: data.train.size,
      testImages: data.test.size,
      classes: data.train.classes,
    },
    teacher: await teacherOf(folder),
    training: { epochs: run.config.epochs, batchSize: run.config.batchSize, optimizer: run.config.optimizer },
    quantization: quantize,
    testAccuracy: { trained: before, exported: after, images: data.test.size },
    overSeeds: summarize(await accuraciesOfSeeds(folder, run, method)),
    bytes: {
      model: await bytes(join(to, 'model.json')),
      weights: await bytes(join(to, 'weights.bin')),
      trainedWeights: await bytes(join(place, 'weights.bin')),
    },
    latency,
    environment: run.environment,
    warnings: result.warnings,
    ...(own.length > 0 && { ownLayers: own }),
    hasPage: metadata.channels !== 'other' && own.length === 0,
  };
  if (said.hasPage) await writePage(to, said);
  await writeFile(join(to, 'README.md'), cardText(said));
  const card: ModelCard = { ...said, files: await exportDigests(to) };
  await writeFile(join(to, CARD), `${JSON.stringify(card, null, 2)}\n`);
  return card;
}

/** Test accuracy of the model through tfjs's own `predict`. */
async function accuracyOf(
  model: LayersModel,
  { test }: RunData,
  normalization: Normalization,
): Promise<number> {
  const classifier = {
    classes: test.classes,
    forward: (images: tf.Tensor4D) => ({ logits: model.predict(images) as tf.Tensor2D }),
  };
  return (await evaluate(classifier, test, normalization)).accuracy;
}

/** Test accuracies of the method's finished seeds. */
async function accuraciesOfSeeds(folder: RunFolder, { config }: FoundRun, method: string): Promise<number[]> {
  const found: number[] = [];
  for (const seed of allSeeds(config)) {
    const result = await readMethodResult(folder.student(method, seed), method, seed);
    if (result !== undefined) found.push(result.testAccuracyLast);
  }
  return found;
}

async function teacherOf(folder: RunFolder): Promise<ModelCard['teacher']> {
  const found = await readTeacherResult(folder.teacher);
  if (found === undefined) return undefined;
  const { model, source, parameters, testAccuracy } = found;
  return { model, source, parameters, testAccuracy };
}
