import {
  augmentation,
  channelStatistics,
  cosineRate,
  createNetwork,
  createRandom,
  evaluate,
  freeze,
  seedWeights,
  sgd,
  student,
  teacherFrom,
} from '@distilljs/core';
import type { Dataset, DistillOptions, DistillResult, Engine, FrozenNetwork, Network } from '@distilljs/core';
import { serveDistill } from '@distilljs/core/worker';
import { timePasses } from '../../src/cost/pass-times.js';
import { buildModel } from '../../src/model/zoo.js';
import { recordPredictions } from '../../src/predictions/predictions-file.js';
import { withEmbedding } from '../../src/run/automatic-taps.js';
import { findMethod } from '../../src/run/method-catalog.js';
import { CLIP_MODEL, CLIP_WIDTH } from './clip-teacher.js';
import { datasetOf } from './data.js';
import { readyEngines } from './engine.js';
import { openModel } from './model-files.js';
import { recipeOf } from './recipe.js';
import { ownTeacherOf } from './teacher.js';
import { TEACHER_MODEL } from './types.js';
import type { JobInput, Measured, PageData, TrainedTeacher } from './types.js';

/** Latency is a figure beside the training: it may not take long. */
const TIMING = { patience: 300, mostPasses: 20 };
const BATCHES = [1, 64];
/** Augmentations of each image that an ONNX file is asked about, once each: it takes longer than a student's step. */
const VIEWS = 4;

/** One training of a worker: what `finish` needs to know of `prepare`. */
let started: { readonly engine: Engine; readonly method: string; readonly options: object } | undefined;

await readyEngines();

serveDistill<JobInput, Measured>({
  async prepare({ cell, data, settings, teacher }, { engine }): Promise<DistillOptions> {
    const isTeacher = cell === undefined;
    const { optimizer, augment, batchSize } = recipeOf(data, settings);
    const epochs = isTeacher ? settings.teacherEpochs : settings.epochs;
    // Streams are those of the bench: on wasm it makes the same networks of the same configuration.
    const seed = isTeacher ? 0 : cell.seed;
    const model = isTeacher ? TEACHER_MODEL : settings.student;
    const network = freshNetwork(model, data, seed, isTeacher ? 'teacher' : 'student');
    const method = isTeacher ? student() : methodOf(cell.method);
    const train = await datasetOf(data, 'train');
    started = { engine, method: model, options: method.options };
    return {
      ...(!isTeacher && (await taughtBy(teacher, data, train))),
      students: [network],
      method,
      train,
      validation: await datasetOf(data, 'validation'),
      epochs,
      batchSize: Math.min(batchSize, train.size),
      seed,
      optimizer: sgd({
        ...optimizer,
        learningRate: cosineRate(optimizer.learningRate, { warmupEpochs: 1 }),
      }),
      augmentation: augmentation(augment),
    };
  },
  async finish(result, { cell, data }) {
    if (started === undefined) throw new Error('finish before prepare');
    const { engine, method: model, options } = started;
    const test = await datasetOf(data, 'test');
    const network = result.student;
    const measure = async (add?: (logits: ArrayLike<number>, index: number) => void): Promise<number> =>
      (await evaluate(network, test, result.normalization, undefined, add)).accuracy;
    const record = recordPredictions(test, network.classes);
    // A student is ranked and kept as the last epoch leaves it; a teacher teaches with the weights of its best one.
    const isTeacher = cell === undefined;
    const last = await measure(isTeacher ? undefined : record.add);
    result.restoreBest();
    const best = await measure(isTeacher ? record.add : undefined);
    if (!isTeacher) result.restoreLast();
    return {
      last,
      best,
      ...(await costOf(result, data)),
      validationBest: result.best?.accuracy,
      bestEpoch: result.best?.globalEpoch,
      history: result.history,
      predictions: record.encode() as Uint8Array<ArrayBuffer>,
      options,
      model,
      warnings: result.warnings,
      engine,
      source: 'trained',
    };
  },
});

function freshNetwork(model: string, data: PageData, seed: number, stream: string): Network {
  const shape = { imageShape: data.imageShape, classes: data.classNames.length };
  const built = buildModel(model, shape, { weights: 'zero' });
  seedWeights(built.model, createRandom(seed).fork(stream));
  return withEmbedding(built.taps, (taps) => createNetwork(built.model, { name: model, taps }));
}

function methodOf(name: string): DistillOptions['method'] {
  const entry = findMethod(name);
  if (entry === undefined) throw new Error(`there is no method ${name}`);
  return entry.create({});
}

async function taughtBy(
  teacher: TrainedTeacher | undefined,
  data: PageData,
  train: Dataset,
): Promise<Pick<DistillOptions, 'teacher' | 'teacherInput' | 'teacherOutputs'>> {
  if (teacher === undefined) throw new Error('a student without a teacher');
  if (teacher.kind === 'own') {
    const { network, input } = await ownTeacherOf(teacher, data);
    return {
      teacher: network,
      teacherInput: { ...input, normalization: input.normalization ?? (await channelStatistics(train)) },
      ...(network.ask !== undefined && { teacherOutputs: { kind: 'auto', views: VIEWS } }),
    };
  }
  if (teacher.kind === 'clip') {
    const [logits, embedding] = await Promise.all([teacher.logits, teacher.embedding].map(floatsIn));
    return {
      teacher: absent(data),
      teacherOutputs: {
        kind: 'given',
        rows: { logits: logits as Float32Array, taps: { embedding: embedding as Float32Array } },
      },
    };
  }
  const shape = { imageShape: data.imageShape, classes: data.classNames.length };
  const { model: pattern, taps } = buildModel(TEACHER_MODEL, shape, { weights: 'zero' });
  pattern.dispose();
  const model = await openModel(TEACHER_MODEL, teacher.files);
  const network = withEmbedding(taps, (all) => createNetwork(model, { name: TEACHER_MODEL, taps: all }));
  return { teacher: freeze(network) };
}

const floatsIn = async (rows: Blob): Promise<Float32Array> => new Float32Array(await rows.arrayBuffer());

/** CLIP as a student's training knows it: its answers are there, and it is not. */
const absent = ({ classNames, imageShape }: PageData): FrozenNetwork =>
  teacherFrom(
    () => {
      throw new Error('CLIP has answered before training');
    },
    {
      name: 'CLIP',
      classes: classNames,
      imageShape,
      taps: { embedding: [CLIP_WIDTH] },
      version: CLIP_MODEL,
    },
  );

async function costOf(
  { student: network, cost }: DistillResult,
  { imageShape }: PageData,
): Promise<
  Pick<
    Measured,
    'parameters' | 'macs' | 'trainParameters' | 'inferenceParameters' | 'inferenceMacs' | 'latency'
  >
> {
  const plain = createNetwork(network.model);
  const latency = [];
  for (const batch of BATCHES)
    latency.push(await timePasses(network.model, { batch, imageSize: imageShape, ...TIMING }));
  return {
    parameters: plain.parameters + cost.inferenceParameters,
    macs: plain.macs + cost.inferenceMacs,
    trainParameters: cost.trainParameters,
    inferenceParameters: cost.inferenceParameters,
    inferenceMacs: cost.inferenceMacs,
    latency,
  };
}
