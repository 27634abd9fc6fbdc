import type { LayersModel } from '@tensorflow/tfjs-layers';
import { expectImageShape } from '../data/check-dataset.js';
import { expectNormalization } from '../data/normalization.js';
import type { Normalization } from '../data/normalization.js';
import { describeValue, DistillError } from '../error/index.js';
import { resizeModes } from '../image/index.js';
import { expectKnown } from '../option/check-options.js';
import { expectModel } from './expect-model.js';
import type { ResizeMode } from '../image/index.js';

/**
 * What is needed to use a saved network. It is stored in `model.json` under `userDefinedMetadata.distilljs`,
 * which tfjs preserves when loading and saving.
 *
 * An input value is `(pixel / scale − mean) / std`, channel by channel, for pixels from 0 to 255.
 */
export interface ModelMetadata {
  /** Version of this format. */
  readonly version: 1;
  /** `[height, width, channels]`. */
  readonly imageSize: readonly [height: number, width: number, channels: number];
  /** Meaning of the channels, in order; `other`: known only to the dataset. */
  readonly channels: 'grey' | 'rgb' | 'rgba' | 'other';
  /** Divisor of the pixels before normalization. */
  readonly scale: number;
  readonly normalization: Normalization;
  /**
   * How the training images were resized: scaled to cover the size and cropped at the centre (`crop`), each
   * side scaled separately (`stretch`), or scaled to fit inside and padded with black (`letterbox`). If
   * omitted: `crop`.
   */
  readonly resize?: ResizeMode | undefined;
  /** One name per class, in the order of the outputs. */
  readonly classNames?: readonly string[] | undefined;
  /** Meaning of the model's output. */
  readonly output: 'logits' | 'probabilities';
}

const KEY = 'distilljs';
const FIELDS = 'version imageSize channels scale normalization resize classNames output'.split(' ');

/** The usual meaning of the channels, given their number. */
export const channelsOf = (count: number): ModelMetadata['channels'] =>
  count === 1 ? 'grey' : count === 3 ? 'rgb' : count === 4 ? 'rgba' : 'other';

/**
 * Makes the metadata of a network trained on images with this normalization.
 *
 * @param data a dataset, or the listed fields of one
 * @throws DistillError code `data` for an invalid shape, `option` for a normalization that does not match the
 *   channels
 */
export function metadataOf(
  data: {
    readonly imageShape: readonly [number, number, number];
    readonly classNames?: readonly string[] | undefined;
    readonly resize?: ResizeMode | undefined;
  },
  normalization: Normalization,
  output: ModelMetadata['output'] = 'logits',
): ModelMetadata {
  expectImageShape('metadataOf, data', (data as Partial<typeof data> | null | undefined)?.imageShape);
  expectNormalization(normalization, data, 'metadataOf, normalization');
  const { imageShape, classNames, resize } = data;
  return {
    version: 1,
    imageSize: [...imageShape],
    channels: channelsOf(imageShape[2]),
    scale: 255,
    normalization: { mean: [...normalization.mean], std: [...normalization.std] },
    ...(resize !== undefined && { resize }),
    ...(classNames !== undefined && { classNames: [...classNames] }),
    output,
  };
}

/**
 * Sets a model's metadata. Every way of saving the model writes them, including tfjs's own `model.save`.
 *
 * @throws DistillError code `option` for anything but a model and for a field that metadata do not have, `data` for
 *   metadata that {@link modelMetadata} would refuse
 */
export function setModelMetadata(model: LayersModel, metadata: ModelMetadata): void {
  expectModel(model, 'setModelMetadata');
  checkedMetadata(`model '${model.name}'`, metadata);
  expectKnown('setModelMetadata', metadata, FIELDS);
  // tfjs refuses fields whose value is undefined.
  const given = Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== undefined));
  model.setUserDefinedMetadata({ ...userDefined(model), [KEY]: given });
}

/** Forgets the metadata, which are about weights that the model no longer has. */
export function clearModelMetadata(model: LayersModel): void {
  const { [KEY]: own, ...others } = userDefined(model);
  if (own !== undefined) model.setUserDefinedMetadata(others);
}

/**
 * The metadata of a model; undefined for a model that was made elsewhere, or by a version without metadata.
 *
 * @param where the file, for messages
 * @throws DistillError code `data` for metadata that are damaged or of a later version
 */
export function modelMetadata(model: LayersModel, where?: string): ModelMetadata | undefined {
  expectModel(model, where);
  const found = userDefined(model)[KEY];
  return found === undefined ? undefined : checkedMetadata(where ?? `model '${model.name}'`, found);
}

/** The normalization in a model's metadata, for pixels divided by 255; undefined without metadata. */
export function savedNormalization(model: LayersModel): Normalization | undefined {
  const metadata = modelMetadata(model);
  if (metadata === undefined) return undefined;
  const { scale, normalization } = metadata;
  const per255 = (values: readonly number[]): number[] => values.map((value) => (value * scale) / 255);
  return { mean: per255(normalization.mean), std: per255(normalization.std) };
}

const userDefined = (model: LayersModel): Readonly<Record<string, unknown>> => ({
  ...model.getUserDefinedMetadata(),
});

/**
 * Checks metadata from a file or a user.
 *
 * @throws DistillError code `data`, naming the field
 */
export function checkedMetadata(where: string, given: unknown): ModelMetadata {
  const place = `${where}, userDefinedMetadata.${KEY}`;
  const refuse = (field: string, expected: string, got: unknown, hint?: string): never => {
    const at = field === '' ? place : `${place}.${field}`;
    throw new DistillError({ code: 'data', where: at, expected, got: describeValue(got), hint });
  };
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return refuse('', 'an object', given, HINT);
  const fields = given as Readonly<Record<string, unknown>>;
  if (fields['version'] !== 1)
    refuse('version', '1', fields['version'], 'Update @distilljs/core, which reads version 1.');
  const size = fields['imageSize'];
  const isSize = Array.isArray(size) && size.length === 3 && size.every(isCount);
  if (!isSize) refuse('imageSize', '[height, width, channels]', size, HINT);
  const count = (size as readonly number[])[2] ?? 0;
  const either = (field: string, values: readonly unknown[]): void => {
    if (!values.includes(fields[field])) refuse(field, `one of ${values.join(', ')}`, fields[field], HINT);
  };
  either('channels', [channelsOf(count), 'other']);
  either('output', ['logits', 'probabilities']);
  if (fields['resize'] !== undefined) either('resize', resizeModes);
  const { scale, classNames, normalization } = fields;
  if (!isPositive(scale)) refuse('scale', 'a number above 0', scale, HINT);
  const { mean, std } = (normalization ?? {}) as Readonly<Record<string, unknown>>;
  const perChannel = (values: unknown, fits: (value: unknown) => boolean): boolean =>
    Array.isArray(values) && values.length === count && values.every(fits);
  if (!perChannel(mean, Number.isFinite))
    refuse('normalization.mean', `one finite number per channel (${count})`, mean, HINT);
  if (!perChannel(std, isPositive))
    refuse('normalization.std', `one number above 0 per channel (${count})`, std, HINT);
  if (classNames !== undefined && !isNames(classNames))
    refuse('classNames', 'a list of names', classNames, HINT);
  return given as ModelMetadata;
}

const HINT = 'The file was edited or is damaged: save the model again, or give the right values by hand.';
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 1;
const isPositive = (value: unknown): boolean => Number.isFinite(value) && (value as number) > 0;
const isNames = (value: unknown): boolean =>
  Array.isArray(value) && value.every((name) => typeof name === 'string');
