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
  const handed = model && modelMetadata(model);
  const said: Metadata = config.path === undefined ? metadataIn(handed) : await metadataOf(config.path);
  const normalization =
    config.normalization === undefined
      ? said.normalization
      : perChannel(config.normalization, train.imageShape[2]);
  const classes = typeof config.classes === 'string' ? classNamesIn(config.classes) : config.classes;
  // Without names on both sides there is nothing to match: the classes are then taken to be in the data's order.
  const names = classes ?? (train.classNames && said.classNames);
  const logitsFrom = config.logitsFrom ?? (said.output === 'probabilities' ? 'softmax' : undefined);
  return {
    ...(normalization !== undefined && { normalization }),
    ...(config.imageSize !== undefined && { imageSize: config.imageSize }),
    ...(names !== undefined && { classes: names }),
    ...(logitsFrom !== undefined && { logitsFrom }),
  };
}

/** Expands a single number to all channels. */
export function perChannel(
  given: Normalization | NonNullable<TeacherConfig['normalization']>,
  channels: number,
): Normalization {
  const { mean, std }: { readonly mean: readonly number[]; readonly std: readonly number[] } =
    typeof given === 'string' ? NORMALIZATIONS[given] : given;
  const spread = (values: readonly number[]): readonly number[] =>
    values.length === 1 ? Array.from({ length: channels }, () => values[0] ?? 0) : values;
  return { mean: spread(mean), std: spread(std) };
}

interface Metadata {
  readonly normalization?: Normalization | undefined;
  readonly classNames?: readonly string[] | undefined;
  readonly output?: string | undefined;
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
    return metadataIn(userDefinedMetadata?.distilljs);
  } catch {
    return {};
  }
}

/** What metadata say, the normalization that of pixels in 0…1. Damaged fields are left out. */
export function metadataIn(saved: (Metadata & { readonly scale?: number }) | undefined): Metadata {
  const { normalization, classNames, output, scale = 255 } = saved ?? {};
  const isNumbers = (list: unknown): boolean => Array.isArray(list) && list.every(Number.isFinite);
  const isNames = Array.isArray(classNames) && classNames.every((name) => typeof name === 'string');
  const isNormalization = isNumbers(normalization?.mean) && isNumbers(normalization?.std);
  return {
    ...(normalization !== undefined &&
      isNormalization && { normalization: ofUnitPixels(normalization, scale) }),
    ...(isNames && { classNames }),
    ...(output !== undefined && { output }),
  };
}

/** @param scale what pixels from 0 to 255 were divided by before this normalization */
function ofUnitPixels(given: Normalization, scale: number): Normalization {
  if (scale === 255) return given;
  const scaled = (values: readonly number[]): number[] => values.map((value) => (value * scale) / 255);
  return { mean: scaled(given.mean), std: scaled(given.std) };
}

/** The layers model of a teacher, if it has one. */
export const layersModelOf = (given: TeacherLike): LayersModel | undefined =>
  'predict' in given && 'layers' in given ? given : 'model' in given ? given.model : undefined;
