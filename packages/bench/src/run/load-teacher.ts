import { createNetwork, DistillError, isDistillError, loadModel } from '@distilljs/core';
import type { Network } from '@distilljs/core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { RunConfig } from '../config/index.js';
import { buildModel, isModelName, modelNames, takesImages } from '../model/index.js';
import type { TeacherResult } from '../report/index.js';
import type { RunData } from './datasets.js';
import type { TrainingFolder } from './run-folder.js';
import { expectModels, readTeacherResult } from './stored.js';

/** A teacher that need not be trained. */
export interface LoadedTeacher {
  readonly network: Network;
  /** Where its weights came from. */
  readonly source: string;
  /** What was measured of it, where a run folder has it already. */
  readonly known: TeacherResult | undefined;
}

/**
 * The trained teacher of a run, from its folder or from `teacher.path`; it fits the data.
 *
 * @param folder left out where what it holds does not count
 * @returns undefined when there is none yet. The caller disposes the network.
 * @throws DistillError code `data` when there is no model, `shape` for one of other images or classes, `config` for a
 * network of the zoo under another one's name
 */
export async function loadTeacher(
  { teacher: { model, path } }: RunConfig,
  data: RunData,
  folder?: TrainingFolder,
): Promise<LoadedTeacher | undefined> {
  const known = folder === undefined ? undefined : await readTeacherResult(folder);
  if (known !== undefined && folder !== undefined) {
    const hint = 'Remove the folder `teacher` to have it trained again, or restore the model from a copy.';
    await expectModels([folder.model], known.modelDigest, hint);
  }
  const source = known === undefined || folder === undefined ? path : `file://${folder.model}`;
  if (source === undefined) return undefined;
  const loaded = await load(known === undefined || folder === undefined ? source : folder.model);
  try {
    expectShapes(source, loaded, data);
    return { network: createNetwork(loaded, namesOf(source, loaded, model, data)), source, known };
  } catch (error) {
    loaded.dispose();
    throw error;
  }
}

async function load(url: string): Promise<LayersModel> {
  try {
    return await loadModel(url);
  } catch (cause) {
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

/** Before the model is measured: nobody is to read an accuracy of a teacher that does not fit. */
function expectShapes(source: string, { inputs, outputs }: LayersModel, { train }: RunData): void {
  const image = inputs[0]?.shape.slice(1) ?? [];
  const classes = outputs[0]?.shape[1];
  const takesImages =
    image.length === 3 && train.imageShape.every((axis, at) => (image[at] ?? axis) === axis);
  if (takesImages && classes === train.classes) return;
  throw new DistillError({
    code: 'shape',
    where: `teacher ${source}`,
    expected: `a network of images [${train.imageShape.join(', ')}] and ${train.classes} classes, as ${train.name} has`,
    got: `one of [${image.join(', ')}] and ${String(classes)} classes`,
  });
}

/**
 * What the network is called, and its aliases. A network of the zoo has those of its kind; another one has its own name
 * and the names of its layers alone.
 */
function namesOf(
  source: string,
  loaded: LayersModel,
  model: string,
  { train: { imageShape, classes } }: RunData,
): { readonly name: string; readonly taps: Readonly<Record<string, string>> } {
  const wanted = outline(loaded);
  const build = (
    name: string,
  ): { readonly isSame: boolean; readonly taps: Readonly<Record<string, string>> } => {
    const built = buildModel(name, { imageShape, classes }, { weights: 'zero' });
    const isSame = outline(built.model) === wanted;
    built.model.dispose();
    return { isSame, taps: built.taps };
  };
  const { isSame, taps } = build(model);
  if (isSame) return { name: model, taps };
  // All networks of the zoo call their last layer alike; to build them all takes seconds.
  const isForeign = loaded.layers.every(({ name }) => name !== taps['logits']);
  const candidates = isModelName(loaded.name) ? [loaded.name, ...modelNames] : modelNames;
  const fitting = isForeign
    ? undefined
    : candidates.find((name) => takesImages(name, imageShape) && build(name).isSame);
  if (fitting === undefined) return { name: loaded.name, taps: {} };
  throw new DistillError({
    code: 'config',
    where: 'teacher.model',
    expected: `the network that lies in ${source}, ${fitting}`,
    got: model,
    hint: `Write --teacher-model ${fitting}.`,
  });
}

/** Layers and number of parameters: no two networks of the zoo have both alike. */
function outline(model: LayersModel): string {
  return `${model.layers.map(({ name }) => name).join(' ')} ${model.countParams()}`;
}
