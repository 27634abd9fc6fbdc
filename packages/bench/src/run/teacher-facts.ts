import { readFile, stat } from 'node:fs/promises';
import { modelMetadata } from '@distilljs/core';
import type { Dataset, Normalization, TeacherLike } from '@distilljs/core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { NORMALIZATIONS } from '../config/index.js';
import type { RunConfig } from '../config/index.js';
import type { TeacherResultFacts } from '../report/index.js';
import { classNamesIn } from './class-names.js';
import { modelFile } from './model-files.js';

type TeacherConfig = RunConfig['teacher'];

/** Facts about a teacher beside its weights, from any source. */
export type TeacherFacts = TeacherResultFacts;

/**
 * Facts about a teacher from the configuration, else from its folder: models saved by distilljs have them in
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
  const classes = typeof config.classes === 'string' ? classNamesIn(config.classes) : config.classes;
  const logitsFrom = config.logitsFrom ?? (said.output === 'probabilities' ? 'softmax' : undefined);
  return {
    ...(normalization !== undefined && { normalization }),
    ...(config.imageSize !== undefined && { imageSize: config.imageSize }),
    ...((classes ?? said.classNames) !== undefined && { classes: classes ?? said.classNames }),
    ...(logitsFrom !== undefined && { logitsFrom }),
  };
}

/** Expands a single number to all channels. */
export function perChannel(
  given: NonNullable<TeacherConfig['normalization']>,
  channels: number,
): Normalization {
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

/** The metadata that distilljs wrote into a model's JSON file; empty for other places. */
export async function metadataOf(place: string): Promise<Metadata> {
  if (/\.(?:onnx|safetensors)$/i.test(place) || /^https?:/i.test(place)) return {};
  const file = await modelFile(place);
  // Loading the model reports anything wrong with it.
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

/** The layers model of a teacher, if it has one. */
export const layersModelOf = (given: TeacherLike): LayersModel | undefined =>
  'predict' in given && 'layers' in given ? given : 'model' in given ? given.model : undefined;
