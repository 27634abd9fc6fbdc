import type { LayersModel } from '@tensorflow/tfjs-layers';
import { expectImageShape } from '../data/check-dataset.js';
import { expectNormalization } from '../data/normalization.js';
import type { Normalization } from '../data/normalization.js';
import { describeValue, DistillError } from '../error/index.js';
import { resizeModes } from '../image/index.js';
import { expectModel } from './expect-model.js';
import type { ResizeMode } from '../image/index.js';

/**
 * What a saved network needs to be used. It stands in `model.json` under `userDefinedMetadata.distilljs`, where tfjs keeps it
 * through loading and saving.
 *
 * An input value is `(pixel / scale − mean) / std`, channel by channel, for pixels from 0 to 255.
 */
export interface ModelMetadata {
  /** Of this form. */
  readonly version: 1;
  /** `[height, width, channels]`. */
  readonly imageSize: readonly [height: number, width: number, channels: number];
  /** What the channels are, in order; `other`: something only the dataset knows. */
  readonly channels: 'grey' | 'rgb' | 'rgba' | 'other';
  /** What pixels are divided by before the normalization. */
  readonly scale: number;
  readonly normalization: Normalization;
  /**
   * How the images it was trained on were brought to its size: the shorter side scaled and the middle cut out (`crop`), both
   * sides scaled (`stretch`), or the longer side scaled and the rest filled with black (`letterbox`). Left out: `crop`.
   */
  readonly resize?: ResizeMode | undefined;
  /** One per output, in order. */
  readonly classNames?: readonly string[] | undefined;
  /** What the model's output is. */
  readonly output: 'logits' | 'probabilities';
}

const KEY = 'distilljs';

/** What the channels of an image are called by their number. */
export const channelsOf = (count: number): ModelMetadata['channels'] =>
  count === 1 ? 'grey' : count === 3 ? 'rgb' : count === 4 ? 'rgba' : 'other';

/**
 * The metadata of a network that was trained on images with this normalization.
 *
 * @param data a dataset, or what it says of its images
 * @throws DistillError code `data` for a shape that is none, `option` for another normalization than of its channels
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
 * Gives a model its metadata. Every way of saving it writes them, tfjs's own `model.save` too.
 *
 * @throws DistillError code `option` for what is no model, `data` for metadata that {@link modelMetadata} would refuse
 */
export function setModelMetadata(model: LayersModel, metadata: ModelMetadata): void {
  expectModel(model, 'setModelMetadata');
  checkedMetadata(`model '${model.name}'`, metadata);
  // tfjs refuses fields that are there and undefined.
  const given = Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== undefined));
  model.setUserDefinedMetadata({ ...userDefined(model), [KEY]: given });
}

/**
 * The metadata of a model; undefined for one that was made elsewhere, or by a version that did not keep them.
 *
 * @param where the file, for messages
 * @throws DistillError code `data` for metadata that are damaged or of a later version
 */
export function modelMetadata(model: LayersModel, where?: string): ModelMetadata | undefined {
  expectModel(model, where);
  const found = userDefined(model)[KEY];
  return found === undefined ? undefined : checkedMetadata(where ?? `model '${model.name}'`, found);
}

const userDefined = (model: LayersModel): Readonly<Record<string, unknown>> => ({
  ...model.getUserDefinedMetadata(),
});

/**
 * Metadata as they were read, or as a user gave them.
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
