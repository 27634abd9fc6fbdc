import {
  channelStatistics,
  createRandom,
  DistillError,
  evaluate,
  freeze,
  isDistillError,
  metadataOf,
  modelMetadata,
  outputKind,
  setModelMetadata,
  student,
} from '@distilljs/core';
import type { FrozenNetwork, Network, Normalization, TeacherInput, TeacherOutputs } from '@distilljs/core';
import type { RunConfig } from '../config/index.js';
import { networkCost } from '../cost/network-cost.js';
import { recordPredictions } from '../predictions/index.js';
import type { PredictionRecord } from '../predictions/index.js';
import type { TeacherResult } from '../report/index.js';
import { automaticStages, stagesText } from './automatic-taps.js';
import { buildNetwork } from './cohort.js';
import type { RunData } from './datasets.js';
import { seeing } from './load-teacher.js';
import type { LoadedTeacher } from './load-teacher.js';
import { teacherDoubts, weakTeacherText } from './teacher-doubts.js';
import { corruptionsOf, optimizerOf, trainNetwork } from './train-network.js';
import { modelDigest, savePredictions, teacherDigest } from './kept-files.js';
import { expectHeld } from './lock.js';
import type { RunContext } from './run-context.js';
import type { TrainingFolder } from './run-folder.js';
import { writeJson } from './write-json.js';
import { counted } from '../terminal/index.js';

/** A teacher ready for use, and how good it is. */
export interface RunTeacher {
  readonly network: FrozenNetwork;
  /** Its input preparation. */
  readonly input: TeacherInput;
  /** How students get its outputs: live or cached. */
  readonly outputs: TeacherOutputs;
  readonly result: TeacherResult;
  dispose(): void;
}

/**
 * The teacher of a run: an already trained one, measured if its folder has no result, or one trained now with cross-entropy and saved.
 * Its accuracy is reported before any student starts.
 *
 * @param loaded what {@link loadTeacher} found; the teacher takes over its network
 * @returns undefined when the signal ended its training
 */
export async function provideTeacher(
  context: RunContext,
  folder: TrainingFolder,
  loaded: LoadedTeacher | undefined,
): Promise<RunTeacher | undefined> {
  return loaded === undefined ? trainedTeacher(context, folder) : loadedTeacher(context, folder, loaded);
}

async function loadedTeacher(
  context: RunContext,
  folder: TrainingFolder,
  loaded: LoadedTeacher,
): Promise<RunTeacher> {
  const { config, data, log } = context;
  const { known, source, network, input } = loaded;
  const outputs = outputsOf(config, folder);
  const result = known ?? (await measureLoaded(context, folder, loaded));
  log.say(teacherText(result, known === undefined ? `loaded from ${source}` : 'trained before'));
  if (known === undefined) {
    for (const line of stagesText(network, 'teacher')) log.say(line);
    if (outputs.kind === 'auto')
      log.say(
        `If memory allows, the teacher runs only once for each of ${outputs.views ?? 1} views of an image.`,
      );
    for (const line of await teacherDoubts(loaded, result, data)) log.say(line);
  }
  const dispose = (): void => {
    network.dispose();
  };
  return { network, input, outputs, result, dispose };
}

async function trainedTeacher(context: RunContext, folder: TrainingFolder): Promise<RunTeacher | undefined> {
  const { config, data } = context;
  // One teacher for all seeds of the run.
  const { model, seed = 0 } = config.teacher;
  const network = await buildNetwork(model ?? '', data.train, createRandom(seed).fork('teacher'));
  let result: TeacherResult | undefined;
  try {
    result = await trainAndMeasure(network, seed, context, folder);
  } finally {
    if (result === undefined) network.dispose();
  }
  return result && ready(network, outputsOf(config, folder), result);
}

/** @returns undefined when the signal ended its training */
async function trainAndMeasure(
  network: Network,
  seed: number,
  context: RunContext,
  folder: TrainingFolder,
): Promise<TeacherResult | undefined> {
  const { config, data, log, madeWith } = context;
  const { epochs, learningRate } = config.teacher;
  const training = {
    label: `teacher ${network.name}`,
    networks: [network],
    method: student(),
    epochs,
    keep: 'best' as const,
    seed,
    optimizer: optimizerOf(config, learningRate, epochs),
    folder,
  };
  const outcome = await trainNetwork(training, context).catch((error: unknown) => {
    throw divergenceOf(training.label, learningRate, error);
  });
  if (outcome === undefined) return undefined;
  const digest = outcome.modelDigest;
  const measured = await measure(network, data);
  await savePredictions([measured.record], folder, digest);
  const result: TeacherResult = {
    ...measured.result,
    source: 'trained',
    epochs: outcome.history,
    cost: { ...(await networkCost(folder.model, true)), peakMemoryBytes: outcome.peakMemoryBytes },
  };
  await expectHeld(folder.root);
  const [corrupted] = outcome.corruptions;
  if (corrupted !== undefined) await writeJson(folder.corruptions, { ...corrupted, network: digest });
  await writeJson(folder.result, { ...result, madeWith, modelDigest: digest });
  log.say(teacherText(result, `trained for ${counted(epochs, 'epoch')}`));
  for (const line of weakTeacherText(result, data.train.classes)) log.say(line);
  return result;
}

/** Names the teacher in the error of its divergence: it is trained by the method 'student', as students are. */
function divergenceOf(label: string, learningRate: number, error: unknown): unknown {
  if (!isDistillError(error) || error.code !== 'numeric') return error;
  const { code, where, expected, got } = error;
  const hint = `Lower teacher.learningRate, which is ${learningRate}.`;
  return new DistillError({ code, where: `${label}, ${where}`, expected, got, hint, cause: error });
}

/**
 * Measures a teacher from outside, and saves its model, if possible, and its predictions. A teacher without its own file is identified
 * by its fingerprint.
 */
async function measureLoaded(
  context: RunContext,
  folder: TrainingFolder,
  loaded: LoadedTeacher,
): Promise<TeacherResult> {
  const { config, data, madeWith } = context;
  const { facts, input, learner, network, source } = loaded;
  const isGiven = config.teacher.given === true;
  const stages = automaticStages(network);
  const normalization = await channelStatistics(data.train);
  const taught = seeing(loaded, data, normalization);
  const measured = await measure(taught, data, normalization);
  const result: TeacherResult = {
    ...measured.result,
    source,
    ...(stages.length > 0 && { stages }),
    ...(Object.keys(facts).length > 0 && { facts }),
    ...((learner === undefined || isGiven) && { fingerprint: await network.fingerprint() }),
  };
  // The result records a teacher's own classes or image size.
  const isPlain = facts.classes === undefined && input.imageSize === undefined;
  if (learner !== undefined && isPlain && !isGiven && modelMetadata(learner.model) === undefined) {
    const own = input.normalization ?? normalization;
    setModelMetadata(learner.model, metadataOf(data.train, own, outputKind(learner.model)));
  }
  await learner?.save(folder.model);
  const digest = learner === undefined ? undefined : await modelDigest([folder.model]);
  const cost = learner === undefined ? undefined : await networkCost(folder.model, true);
  const [corrupted] = await corruptionsOf([taught], context, normalization);
  const kept = teacherDigest({ ...result, modelDigest: digest });
  await savePredictions([measured.record], folder, kept);
  if (corrupted !== undefined) await writeJson(folder.corruptions, { ...corrupted, network: kept });
  await expectHeld(folder.root);
  await writeJson(folder.result, { ...result, madeWith, modelDigest: digest, cost });
  return result;
}

/** A teacher's result and its predictions on the test images. */
interface Measured<Result> {
  readonly record: PredictionRecord;
  readonly result: Result;
}

async function measure(
  network: Network | FrozenNetwork,
  data: RunData,
  given?: Normalization,
): Promise<Measured<Omit<TeacherResult, 'source'>>> {
  const normalization = given ?? (await channelStatistics(data.train));
  const record = recordPredictions(data.test, network.classes);
  const test = await evaluate(network, data.test, normalization, undefined, record.add);
  const validation = await evaluate(network, data.validation, normalization);
  return {
    record,
    result: {
      model: network.name,
      testAccuracy: test.accuracy,
      validationAccuracy: validation.accuracy,
      parameters: network.parameters,
      macs: network.macs,
      epochs: [],
    },
  };
}

function outputsOf({ teacher }: RunConfig, folder: TrainingFolder): TeacherOutputs {
  const { kind = 'live', views, cache } = teacher;
  return { kind, views, folder: cache === 'disk' ? folder.outputs : undefined };
}

function ready(network: Network, outputs: TeacherOutputs, result: TeacherResult): RunTeacher {
  const frozen = freeze(network);
  return {
    network: frozen,
    input: {},
    outputs,
    result,
    dispose() {
      frozen.dispose();
      network.dispose();
    },
  };
}

function teacherText(
  { model, testAccuracy, validationAccuracy, parameters }: TeacherResult,
  how: string,
): string {
  const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
  const accuracy = `${percent(testAccuracy)} on the test images, ${percent(validationAccuracy)} on the validation images`;
  const size = Number.isFinite(parameters) ? `${parameters.toLocaleString('en-US')} parameters, ` : '';
  return `Teacher ${model} (${size}${how}): ${accuracy}`;
}
