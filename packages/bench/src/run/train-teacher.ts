import {
  channelStatistics,
  createRandom,
  evaluate,
  freeze,
  metadataOf,
  modelMetadata,
  outputKind,
  setModelMetadata,
  student,
} from '@distilljs/core';
import type { FrozenNetwork, Network, TeacherOutputs } from '@distilljs/core';
import type { RunConfig } from '../config/index.js';
import type { TeacherResult } from '../report/index.js';
import { buildNetwork } from './cohort.js';
import type { RunData } from './datasets.js';
import type { LoadedTeacher } from './load-teacher.js';
import { optimizerOf, trainNetwork } from './train-network.js';
import type { RunContext } from './run-context.js';
import type { TrainingFolder } from './run-folder.js';
import { modelDigest } from './stored.js';
import { writeJson } from './write-json.js';

/** A teacher ready for use, and how good it is. */
export interface RunTeacher {
  readonly network: FrozenNetwork;
  /** How students come by its outputs. */
  readonly outputs: TeacherOutputs;
  readonly result: TeacherResult;
  dispose(): void;
}

/** The teacher is one network for all seeds of a run; its own training has this seed. */
const TEACHER_SEED = 0;

/**
 * The teacher of a run: one that is trained already, measured if its folder does not say how good it is, or one trained
 * now with cross-entropy; saved. Its accuracy is said before any student starts.
 *
 * @param loaded what {@link loadTeacher} found; the teacher takes its network over
 * @returns undefined when the signal ended its training
 */
export async function provideTeacher(
  context: RunContext,
  folder: TrainingFolder,
  loaded: LoadedTeacher | undefined,
): Promise<RunTeacher | undefined> {
  const { config, data, log, madeWith } = context;
  const outputs = outputsOf(config, folder);
  if (loaded !== undefined) {
    const { network, known, source } = loaded;
    const result = known ?? { ...(await measure(network, data)), source };
    if (known === undefined) {
      if (modelMetadata(network.model) === undefined) {
        const normalization = await channelStatistics(data.train);
        setModelMetadata(network.model, metadataOf(data.train, normalization, outputKind(network.model)));
      }
      await network.save(folder.model);
      await writeJson(folder.result, { ...result, madeWith, modelDigest: await modelDigest([folder.model]) });
    }
    log.say(teacherText(result, known === undefined ? `loaded from ${source}` : 'trained before'));
    return ready(network, outputs, result);
  }

  const { model, epochs, learningRate } = config.teacher;
  const network = buildNetwork(model, data.train, createRandom(TEACHER_SEED).fork('teacher'));
  const training = {
    label: `teacher ${model}`,
    networks: [network],
    method: student(),
    epochs,
    keep: 'best' as const,
    seed: TEACHER_SEED,
    optimizer: optimizerOf(config, learningRate, epochs),
    folder,
  };
  const outcome = await trainNetwork(training, context);
  if (outcome === undefined) {
    network.dispose();
    return undefined;
  }
  const result: TeacherResult = {
    ...(await measure(network, data)),
    source: 'trained',
    epochs: outcome.history,
  };
  await writeJson(folder.result, { ...result, madeWith, modelDigest: await modelDigest([folder.model]) });
  log.say(teacherText(result, `trained for ${epochs} epochs`));
  return ready(network, outputs, result);
}

async function measure(network: Network, data: RunData): Promise<Omit<TeacherResult, 'source'>> {
  const normalization = await channelStatistics(data.train);
  const test = await evaluate(network, data.test, normalization);
  const validation = await evaluate(network, data.validation, normalization);
  return {
    model: network.name,
    testAccuracy: test.accuracy,
    validationAccuracy: validation.accuracy,
    parameters: network.parameters,
    macs: network.macs,
    epochs: [],
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
    outputs,
    result,
    dispose() {
      frozen.dispose();
      network.dispose();
    },
  };
}

function teacherText({ model, testAccuracy, parameters }: TeacherResult, how: string): string {
  const accuracy = `${(100 * testAccuracy).toFixed(2)} % on the test images`;
  return `Teacher ${model} (${parameters.toLocaleString('en-US')} parameters, ${how}): ${accuracy}`;
}
