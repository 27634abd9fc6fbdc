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
import type { Dataset, FrozenNetwork, GraphModelLike, Network, TeacherLike } from '@distilljs/core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { RunConfig } from '../config/index.js';
import { buildModel, CLASSIFIER_LAYER, isModelName, loadTorchWeights, modelNames } from '../model/index.js';
import { withEmbedding, withTaps } from './automatic-taps.js';
import { layersModelOf } from './teacher-facts.js';
import type { TeacherFacts } from './teacher-facts.js';

type TeacherConfig = RunConfig['teacher'];

/** A teacher as loaded, before it is fitted to the data. */
export interface OpenedTeacher {
  readonly network: FrozenNetwork;
  /** Only for a layers model, which is saved with the run. */
  readonly learner: Network | undefined;
}

/**
 * Opens a teacher from a path or URL.
 *
 * @throws DistillError code `data` for an unreadable model, `network` for one that cannot teach, `config` for a zoo network under
 * another one's name
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
    return { network: withTaps(await loadTeacher(place, options)), learner: undefined };
  const loaded = /\.safetensors$/i.test(place)
    ? await withWeights(place, model ?? '', imageShape, classNames?.length ?? train.classes)
    : await load(place);
  if (loaded === undefined) {
    const name = place.replace(/[\\/](?:model\.json)?$/, '').replace(/^.*[\\/]|\.json$/g, '');
    return { network: withTaps(await loadTeacher(place, { ...options, name })), learner: undefined };
  }
  try {
    const { name, taps: aliases } = namesOf(place, loaded, model);
    // A URL's folder is read only now.
    const isSoftmax = modelMetadata(loaded, place)?.output === 'probabilities';
    const learner = withEmbedding({ ...aliases, ...taps }, (all) =>
      createNetwork(loaded, {
        name,
        taps: all,
        logitsFrom: logitsFrom ?? (isSoftmax ? 'softmax' : undefined),
      }),
    );
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

/**
 * Takes a program's teacher. The program keeps ownership: only objects made here are freed.
 *
 * @throws DistillError code `network` for a model that cannot teach, `option` for anything but a teacher
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
      ...withTaps(taken, taps),
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
 * The network's name and taps. A zoo network has the zoo's taps; any other network keeps its own name, and its layer names serve as
 * taps.
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
  // Every zoo network has this last layer; building them all to compare takes seconds.
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
      expected: `the network stored in ${source}, ${name}`,
      got: model,
      hint: `Set the teacher's model to ${name} (--teacher-model; in a study its pair's teacher.model).`,
    });
  }
  return own;
}

/** Layer names and number of parameters, which together are unique to each zoo network. */
function outline(model: LayersModel): string {
  return `${model.layers.map(({ name }) => name).join(' ')} ${model.countParams()}`;
}
