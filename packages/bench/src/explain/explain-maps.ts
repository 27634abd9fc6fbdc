import { existsSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { reviewDiscriminators, teacherOf } from '@distilljs/afd';
import type { FlatEmbeddings } from '@distilljs/cckd';
import {
  askTeacher,
  channelStatistics,
  createNetwork,
  createRandom,
  loadBatch,
  modelMetadata,
  stageTaps,
} from '@distilljs/core';
import type { Dataset, FeatureMap, Images, Network, NetworkShape, Normalization } from '@distilljs/core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { allSeeds } from '../config/index.js';
import type { MethodConfig, RunConfig } from '../config/index.js';
import { aliasesOf } from '../metrics/index.js';
import { planMethod } from '../run/cohort.js';
import type { RunData } from '../run/datasets.js';
import { measuredModels } from '../run/kept-files.js';
import { loadTeacher, seeing } from '../run/load-teacher.js';
import type { RunFolder } from '../run/run-folder.js';
import { loadSavedStudent } from '../run/saved-student.js';
import { readMethodResult } from '../run/stored.js';
import type { MethodResult } from '../report/index.js';
import type { DiscriminatorFacts, ExplainedMaps } from './explained-maps.js';
import { maximumMeanDiscrepancy } from './map-distance.js';
import type { TwoSampleDistance } from './map-distance.js';

/** Images per network: enough to test maps, with a kernel of at most 512² numbers. */
const MOST_IMAGES = 256;
const BATCH = 32;

/** Whether a method trains against a discriminator. */
export function hasAdversary(method: MethodConfig, { student }: RunConfig): boolean {
  return 'featureLearningRate' in planMethod(method, student.model).method.options;
}

/**
 * Measures whether the adversary brings feature maps closer. For each finished training: the distance between the maps of its last stage
 * and those of its peer, which is the teacher, or in a cohort the previous network. Methods without an adversary serve as the
 * baseline.
 *
 * Two disjoint random samples of validation images are used, one for each network, the same for all trainings.
 */
export async function explainMaps(
  config: RunConfig,
  folder: RunFolder,
  data: RunData,
): Promise<readonly ExplainedMaps[]> {
  const { validation, train } = data;
  const own = await channelStatistics(train);
  const images = Math.min(MOST_IMAGES, Math.floor(validation.size / 2));
  if (images < 2) return [];
  // Images may be sorted by class.
  const order = createRandom(0).fork('map-distance').permutation(validation.size);
  const [first, second] = [order.slice(0, images), order.slice(images, 2 * images)];
  const taught = existsSync(folder.teacher.result)
    ? await teacherMaps(config, folder, data, second)
    : undefined;
  const found: ExplainedMaps[] = [];
  for (const method of config.methods) {
    for (const seed of allSeeds(config)) {
      const place = folder.student(method.as, seed);
      const result = await readMethodResult(place, method.as, seed);
      if (result === undefined) continue;
      const models = result.cohort?.networks.map(({ model }) => model) ?? [config.student.model];
      const saved = await measuredModels(place, result);
      const mapsOf = async (at: number, of: Int32Array): Promise<Maps> =>
        withSaved(
          await loadSavedStudent(saved[at] ?? '', config, train),
          (model) => aliasesOf(model, config, models[at], train),
          async (network, model) => {
            const normalization = modelMetadata(model)?.normalization ?? own;
            return await readMaps(network, forward(network), validation, of, normalization);
          },
        );
      for (const at of models.keys()) {
        const isCohort = models.length > 1;
        const before = isCohort ? teacherOf(at, models.length) : at;
        const peer = isCohort ? await mapsOf(before, second) : taught?.maps;
        if (peer === undefined) continue;
        const random = createRandom(seed).fork('map-distance').fork(at);
        found.push({
          ...{ method: method.as, seed, images },
          network: isCohort ? `${models[at] ?? ''} ${at + 1}` : (models[at] ?? ''),
          peer: isCohort ? `${models[before] ?? ''} ${before + 1}` : (taught?.name ?? ''),
          ...(await distances(await mapsOf(at, first), peer, random)),
          // At rate 0 the adversary is off: such a method is part of the baseline.
          discriminator: rateOf(result) === 0 ? undefined : discriminatorFacts(result, at + 1),
        });
      }
    }
  }
  return found;
}

/** The maps of some images, one flattened map per row. */
interface Maps extends FlatEmbeddings {
  readonly shape: readonly number[];
}

async function distances(
  one: Maps,
  other: Maps,
  random: ReturnType<typeof createRandom>,
): Promise<Partial<Record<'distance' | 'standardized', TwoSampleDistance>>> {
  if (one.shape.join() !== other.shape.join()) return {};
  return {
    distance: await maximumMeanDiscrepancy(one, other, random.fork('as-is')),
    standardized: await maximumMeanDiscrepancy(
      standardized(one),
      standardized(other),
      random.fork('standardized'),
    ),
  };
}

/** Standardizes every channel over all maps and positions; a constant channel becomes 0. */
export function standardized<Rows extends FlatEmbeddings & { readonly shape: readonly number[] }>(
  maps: Rows,
): Rows {
  const channels = maps.shape.at(-1) ?? 1;
  const count = maps.data.length / channels;
  const sums = new Float64Array(channels);
  const squares = new Float64Array(channels);
  const values = Float32Array.from(maps.data);
  values.forEach((value, at) => {
    sums[at % channels] = (sums[at % channels] ?? 0) + value;
  });
  const mean = (channel: number): number => (sums[channel] ?? 0) / count;
  values.forEach((value, at) => {
    const channel = at % channels;
    squares[channel] = (squares[channel] ?? 0) + (value - mean(channel)) ** 2;
  });
  const data = values.map((value, at) => {
    const channel = at % channels;
    const deviation = Math.sqrt((squares[channel] ?? 0) / count);
    return deviation === 0 ? 0 : (value - mean(channel)) / deviation;
  });
  return { ...maps, data };
}

type AskMaps = (images: Images, tap: string) => Promise<FeatureMap>;

const forward =
  (network: Network): AskMaps =>
  (images, tap) =>
    Promise.resolve(tf.tidy(() => tf.clone(network.forward(images, { taps: [tap] }).tap(tap)) as FeatureMap));

async function readMaps(
  network: NetworkShape,
  ask: AskMaps,
  dataset: Dataset,
  places: Int32Array,
  normalization: Normalization,
): Promise<Maps> {
  const tap = stageTaps(network).at(-1);
  if (tap === undefined) return { data: new Float32Array(), width: 0, shape: [] };
  const parts: Float32Array[] = [];
  let shape: readonly number[] = [];
  for (let at = 0; at < places.length; at += BATCH) {
    const batch = places.slice(at, at + BATCH);
    const pixels = await loadBatch(dataset, batch, { normalization });
    const images = tf.tensor4d(pixels, [batch.length, ...dataset.imageShape]);
    const maps = await ask(images, tap);
    shape = maps.shape.slice(1);
    parts.push(Float32Array.from(await maps.data()));
    tf.dispose([images, maps]);
  }
  const width = shape.reduce((product, axis) => product * axis, 1);
  const data = new Float32Array(width * places.length);
  let filled = 0;
  for (const part of parts) {
    data.set(part, filled);
    filled += part.length;
  }
  return { data, width, shape };
}

async function withSaved<Result>(
  model: LayersModel,
  aliases: (model: LayersModel) => Readonly<Record<string, string>>,
  look: (network: Network, model: LayersModel) => Promise<Result>,
): Promise<Result> {
  const network = createNetwork(model, { taps: aliases(model) });
  return await look(network, model).finally(() => {
    network.dispose();
  });
}

/** Maps of the teacher's last stage; undefined for a teacher without taps for stages. */
async function teacherMaps(
  config: RunConfig,
  folder: RunFolder,
  data: RunData,
  places: Int32Array,
): Promise<{ readonly name: string; readonly maps: Maps } | undefined> {
  const teacher = await loadTeacher(config, data, folder.teacher);
  if (teacher === undefined) return undefined;
  try {
    const normalization = await channelStatistics(data.train);
    const network = seeing(teacher, data, normalization);
    const ask: AskMaps = async (images, tap) => {
      const output = await askTeacher(network, images, [tap]);
      const maps = tf.clone(output.tap(tap)) as FeatureMap;
      output.dispose();
      return maps;
    };
    const maps = await readMaps(network, ask, data.validation, places, normalization);
    return maps.width === 0 ? undefined : { name: `teacher ${network.name}`, maps };
  } finally {
    teacher.network.dispose();
  }
}

const rateOf = ({ options }: Pick<MethodResult, 'options'>): number | undefined =>
  (options as { readonly featureLearningRate?: number }).featureLearningRate;

/** Facts about a network's discriminator from the log; undefined where there is none. */
export function discriminatorFacts(
  { epochs }: Pick<MethodResult, 'epochs'>,
  network: number,
): DiscriminatorFacts | undefined {
  const term = (name: string): number | undefined =>
    epochs.at(-1)?.terms[`discriminators/${name}${network}`]?.value;
  const [loss, ownScore, peerScore] = [term('loss'), term('own'), term('peer')];
  if (loss === undefined || ownScore === undefined || peerScore === undefined) return undefined;
  const problems = reviewDiscriminators(epochs).filter((problem) =>
    problem.startsWith(`Discriminator ${network} `),
  );
  return { loss, ownScore, peerScore, problems };
}
