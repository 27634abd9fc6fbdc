import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  asTeacher,
  createNetwork,
  DistillError,
  freeze,
  freezeGraphModel,
  isDistillError,
  loadModel,
  loadTeacher,
  modelMetadata,
} from '@distilljs/core';
import type {
  Dataset,
  FrozenNetwork,
  GraphModelLike,
  Network,
  Normalization,
  TeacherLike,
} from '@distilljs/core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { NORMALIZATIONS } from '../config/index.js';
import type { RunConfig } from '../config/index.js';
import { expectRegularFile } from '../file/index.js';
import type { TeacherResultFacts } from '../report/index.js';
import { buildModel, CLASSIFIER_LAYER, isModelName, loadTorchWeights, modelNames } from '../model/index.js';

type TeacherConfig = RunConfig['teacher'];

/** A teacher as its files have it. */
export interface OpenedTeacher {
  readonly network: FrozenNetwork;
  /** Where it is a layers model: such a one is saved with the run. */
  readonly learner: Network | undefined;
}

/** What is known of a teacher beside its weights, wherever that was said. */
export type TeacherFacts = TeacherResultFacts;

/**
 * What the configuration says of a teacher, and where it says nothing, its folder: models that distilljs saved have it in
 * `userDefinedMetadata.distilljs` of their model.json.
 */
export async function teacherFacts(
  config: TeacherConfig,
  train: Dataset,
  given?: TeacherLike,
): Promise<TeacherFacts> {
  const model = given === undefined ? undefined : layersModelOf(given);
  const handed = model === undefined ? {} : modelMetadata(model);
  const said: Metadata = config.path === undefined ? (handed ?? {}) : await metadataOf(config.path);
  const normalization =
    config.normalization === undefined
      ? said.normalization
      : perChannel(config.normalization, train.imageShape[2]);
  const classes = typeof config.classes === 'string' ? await classesIn(config.classes) : config.classes;
  const logitsFrom = config.logitsFrom ?? (said.output === 'probabilities' ? 'softmax' : undefined);
  return {
    ...(normalization !== undefined && { normalization }),
    ...(config.imageSize !== undefined && { imageSize: config.imageSize }),
    ...((classes ?? said.classNames) !== undefined && { classes: classes ?? said.classNames }),
    ...(logitsFrom !== undefined && { logitsFrom }),
  };
}

/** One number stands for all channels. */
function perChannel(given: NonNullable<TeacherConfig['normalization']>, channels: number): Normalization {
  const { mean, std }: { readonly mean: readonly number[]; readonly std: readonly number[] } =
    typeof given === 'string' ? NORMALIZATIONS[given] : given;
  const spread = (values: readonly number[]): readonly number[] =>
    values.length === 1 ? Array.from({ length: channels }, () => values[0] ?? 0) : values;
  return { mean: spread(mean), std: spread(std) };
}

interface Metadata {
  readonly normalization?: Normalization;
  readonly classNames?: readonly string[];
  readonly output?: string;
}

async function metadataOf(place: string): Promise<Metadata> {
  if (/\.(?:onnx|safetensors)$/i.test(place) || /^https?:/i.test(place)) return {};
  const folder = place.replace(/^file:\/\//, '').replace(/[\\/]model\.json$/, '');
  const file = join(folder, 'model.json');
  // Whatever is wrong with it is said when the model is loaded.
  if ((await stat(file).catch(() => undefined))?.isFile() !== true) return {};
  try {
    const { userDefinedMetadata } = JSON.parse(await readFile(file, 'utf8')) as {
      readonly userDefinedMetadata?: { readonly distilljs?: Metadata };
    };
    const { normalization, classNames, output } = userDefinedMetadata?.distilljs ?? {};
    const isNumbers = (list: unknown): boolean => Array.isArray(list) && list.every(Number.isFinite);
    const isNames = Array.isArray(classNames) && classNames.every((name) => typeof name === 'string');
    return {
      ...(isNumbers(normalization?.mean) && isNumbers(normalization?.std) && { normalization }),
      ...(isNames && { classNames }),
      ...(output !== undefined && { output }),
    };
  } catch {
    return {};
  }
}

/** A JSON list, or one name per line. */
async function classesIn(file: string): Promise<readonly string[]> {
  expectRegularFile(file, 'a file of class names', 'config', 16 * 2 ** 20);
  const text = await readFile(file, 'utf8');
  const lines = (): string[] =>
    text
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== '');
  if (!text.trimStart().startsWith('[')) return lines();
  try {
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list) && list.every((name) => typeof name === 'string')) return list;
  } catch {
    // Said below.
  }
  throw new DistillError({
    code: 'config',
    where: `teacher.classes, ${file}`,
    expected: 'a JSON list of texts, or one name per line',
    got: 'other JSON',
  });
}

/**
 * Opens a teacher from wherever it is.
 *
 * @throws DistillError code `data` for what cannot be read, `network` for what cannot teach, `config` for a network of the zoo
 * under another one's name
 */
export async function openTeacher(
  place: string,
  { model, taps = {}, layout, imageSize }: TeacherConfig,
  { classes: classNames, logitsFrom }: TeacherFacts,
  train: Dataset,
): Promise<OpenedTeacher> {
  const [height, width] =
    typeof imageSize === 'number' ? [imageSize, imageSize] : (imageSize ?? train.imageShape);
  const imageShape = [height, width, train.imageShape[2]] as const;
  const options = { taps, logitsFrom, classNames, layout, imageShape };
  if (/\.onnx(?:[?#]|$)/i.test(place))
    return { network: await loadTeacher(place, options), learner: undefined };
  const loaded = /\.safetensors$/i.test(place)
    ? await withWeights(place, model ?? '', imageShape, classNames?.length ?? train.classes)
    : await load(place);
  if (loaded === undefined) {
    const name = place.replace(/[\\/](?:model\.json)?$/, '').replace(/^.*[\\/]/, '');
    return { network: await loadTeacher(place, { ...options, name }), learner: undefined };
  }
  try {
    const { name, taps: aliases } = namesOf(place, loaded, model);
    const learner = createNetwork(loaded, { name, taps: { ...aliases, ...taps }, logitsFrom });
    const frozen = freeze(learner);
    const network: FrozenNetwork = {
      ...frozen,
      ...(classNames !== undefined && { classNames }),
      dispose() {
        frozen.dispose();
        learner.dispose();
      },
    };
    return { network, learner };
  } catch (error) {
    loaded.dispose();
    throw error;
  }
}

/** The layers model of a teacher that is one. */
const layersModelOf = (given: TeacherLike): LayersModel | undefined =>
  'predict' in given && 'layers' in given ? given : 'model' in given ? given.model : undefined;

/**
 * Takes a teacher that a program has. It stays the program's: only what is made of it here is freed.
 *
 * @throws DistillError code `network` for what cannot teach, `option` for what is none
 */
export function takeTeacher(
  given: TeacherLike,
  { taps = {} }: TeacherConfig,
  { classes: classNames, logitsFrom }: TeacherFacts,
): OpenedTeacher {
  const model = layersModelOf(given);
  const learner =
    model === undefined || 'forward' in given ? undefined : createNetwork(model, { taps, logitsFrom });
  const taken =
    model === undefined && 'execute' in given
      ? freezeGraphModel(given as GraphModelLike, { taps, logitsFrom })
      : asTeacher(learner ?? given, 'runBench, teacher');
  const isMade = taken !== given;
  return {
    network: {
      ...taken,
      ...(classNames !== undefined && { classNames }),
      dispose() {
        if (isMade) taken.dispose();
      },
    },
    learner: learner ?? (model === undefined ? undefined : (given as Network)),
  };
}

async function withWeights(
  place: string,
  model: string,
  imageShape: readonly [number, number, number],
  classes: number,
): Promise<LayersModel> {
  const built = buildModel(model, { imageShape, classes }).model;
  try {
    await loadTorchWeights(built, place);
    return built;
  } catch (error) {
    built.dispose();
    throw error;
  }
}

/** @returns undefined for a graph model */
async function load(url: string): Promise<LayersModel | undefined> {
  try {
    return await loadModel(url);
  } catch (cause) {
    if (isDistillError(cause) && cause.got.startsWith('a graph model')) return undefined;
    const isUrl = url.includes('://') && !url.startsWith('file://');
    if (isDistillError(cause) && !isUrl) throw cause;
    throw new DistillError({
      code: 'data',
      where: 'teacher.path',
      expected: `a tfjs layers model at ${url}`,
      got: isDistillError(cause) ? cause.got : String(cause),
      hint:
        (isDistillError(cause) ? cause.hint : undefined) ?? 'Name the folder with model.json, or its URL.',
      cause,
    });
  }
}

/**
 * What the network is called, and its aliases. A network of the zoo has those of its kind; another one has its own name
 * and the names of its layers alone.
 */
function namesOf(
  source: string,
  loaded: LayersModel,
  model: string | undefined,
): { readonly name: string; readonly taps: Readonly<Record<string, string>> } {
  const wanted = outline(loaded);
  const [, height, width, channels] = loaded.inputs[0]?.shape ?? [];
  const imageShape = [height ?? 32, width ?? 32, channels ?? 3] as const;
  const classes = loaded.outputs[0]?.shape[1] ?? 1;
  const build = (
    name: string,
  ): { readonly isSame: boolean; readonly taps: Readonly<Record<string, string>> } => {
    const built = buildModel(name, { imageShape, classes });
    const isSame = outline(built.model) === wanted;
    built.model.dispose();
    return { isSame, taps: built.taps };
  };
  const own = { name: loaded.name, taps: {} };
  // Each of the networks of the zoo calls its last layer so; to build them all takes seconds.
  if (
    loaded.layers.every(({ name }) => name !== CLASSIFIER_LAYER) ||
    Math.min(imageShape[0], imageShape[1]) < 8
  )
    return own;
  const named = isModelName(loaded.name) ? [loaded.name] : [];
  for (const name of new Set([...(model === undefined ? [] : [model]), ...named, ...modelNames])) {
    const { isSame, taps } = build(name);
    if (!isSame) continue;
    if (model === undefined || model === name) return { name, taps };
    throw new DistillError({
      code: 'config',
      where: 'teacher.model',
      expected: `the network that lies in ${source}, ${name}`,
      got: model,
      hint: `Write --teacher-model ${name}.`,
    });
  }
  return own;
}

/** Layers and number of parameters: no two networks of the zoo have both alike. */
function outline(model: LayersModel): string {
  return `${model.layers.map(({ name }) => name).join(' ')} ${model.countParams()}`;
}
