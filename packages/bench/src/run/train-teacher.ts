import { access } from 'node:fs/promises';
import { join } from 'node:path';
import {
  channelStatistics,
  createNetwork,
  createRandom,
  evaluate,
  freeze,
  loadModel,
  student,
} from '@distilljs/core';
import type { FrozenNetwork, Network, TeacherOutputs } from '@distilljs/core';
import type { RunConfig } from '../config/index.js';
import type { TeacherResult } from '../report/index.js';
import { buildNetwork, zooTaps } from './build-network.js';
import type { RunData } from './datasets.js';
import { optimizerOf } from './optimizer.js';
import type { TrainingFolder } from './run-folder.js';
import { trainNetwork } from './train-network.js';
import type { RunLog } from './training-log.js';
import { readJson, writeJson } from './write-json.js';

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
 * The teacher of a run: from its folder if it was trained before, from `teacher.path`, or trained now with cross-entropy
 * and saved. Its accuracy is said before any student starts.
 *
 * @returns undefined when the signal ended its training
 */
export async function provideTeacher(
  config: RunConfig,
  data: RunData,
  folder: TrainingFolder,
  log: RunLog,
  signal: AbortSignal | undefined,
): Promise<RunTeacher | undefined> {
  const { model, path } = config.teacher;
  const outputs = outputsOf(config, folder);
  const known = (await readJson(folder.result)) as TeacherResult | undefined;
  const source = known === undefined ? path : `file://${folder.model}`;
  if (source !== undefined) {
    const network = await loadTeacher(source, model, data);
    const result = known ?? { ...(await measure(network, config, data)), source };
    if (known === undefined) {
      await network.save(`file://${folder.model}`);
      await writeJson(folder.result, result);
    }
    log.say(teacherText(result, known === undefined ? `loaded from ${source}` : 'trained before'));
    return ready(network, outputs, result);
  }

  const network = buildNetwork(model, data.train, createRandom(TEACHER_SEED).fork('teacher'));
  const { epochs, learningRate } = config.teacher;
  const training = {
    label: `teacher ${model}`,
    networks: [network],
    method: student(),
    epochs,
    seed: TEACHER_SEED,
    optimizer: optimizerOf(config, learningRate, epochs),
    folder,
  };
  const outcome = await trainNetwork(training, config, data, log, signal);
  if (outcome === undefined) {
    network.dispose();
    return undefined;
  }
  const result: TeacherResult = {
    ...(await measure(network, config, data)),
    source: 'trained',
    epochs: outcome.history,
  };
  await writeJson(folder.result, result);
  log.say(teacherText(result, `trained for ${epochs} epochs`));
  return ready(network, outputs, result);
}

async function loadTeacher(source: string, model: string, { train }: RunData): Promise<Network> {
  // A bare path is a folder, as everywhere on the command line.
  const isFolder = await access(join(source, 'model.json')).then(
    () => true,
    () => false,
  );
  const loaded = await loadModel(isFolder ? `file://${source}` : source);
  // A model of the zoo has its aliases; another one is used under its own layer names.
  const taps = zooTaps(model, train);
  const names = new Set(loaded.layers.map((layer) => layer.name));
  const fitting = Object.fromEntries(Object.entries(taps).filter(([, layer]) => names.has(layer)));
  return createNetwork(loaded, { name: model, taps: fitting });
}

async function measure(
  network: Network,
  config: RunConfig,
  data: RunData,
): Promise<Omit<TeacherResult, 'source'>> {
  const normalization = channelStatistics(data.train);
  const test = await evaluate(network, data.test, normalization);
  const validation = await evaluate(network, data.validation, normalization);
  return {
    model: config.teacher.model,
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
