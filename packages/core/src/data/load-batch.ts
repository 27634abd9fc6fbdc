import { readOrRefuse } from '../error/first-line.js';
import { describeValue, DistillError } from '../error/index.js';
import { expectOption, flag, inRange, optional, wholeNumber } from '../option/index.js';
import type { OptionCheck } from '../option/index.js';
import { expectRandom } from '../random/index.js';
import type { Random } from '../random/index.js';
import { writeView } from './augment-image.js';
import type { Augmentation } from './augmentation.js';
import { expectDatasetLike, expectImageShape } from './check-dataset.js';
import type { Dataset, InMemoryDataset } from './dataset.js';
import { drawView, wholeImage } from './draw-view.js';
import { expectNormalization } from './normalization.js';
import type { Normalization } from './normalization.js';
import { readImages } from './read-images.js';

/** How pixels become network input. */
export interface Preparation {
  readonly normalization: Normalization;
  /** If omitted, images are not augmented. */
  readonly augmentation?: Augmentation | undefined;
}

/** One stream from which all images draw in order, or a function that gives each position its own stream. */
export type AugmentationStream = Random | ((position: number) => Random);

/**
 * Reads, augments and normalizes one batch in a single pass: `(pixel / 255 − mean) / std` per channel.
 *
 * @param positions positions of the images in the dataset
 * @param random required for an augmentation that draws random numbers
 * @throws DistillError code `data` for an image that does not exist, cannot be read or is invalid; code
 *   `option` for wrong arguments, or without a required stream; code `engine` if memory is exhausted
 * @returns `[positions.length, height, width, channels]` as a flat array, NHWC; a promise if the dataset
 *   returns promises
 */
export function loadBatch(
  dataset: InMemoryDataset,
  positions: ArrayLike<number>,
  preparation: Preparation,
  random?: AugmentationStream,
): Float32Array;
export function loadBatch(
  dataset: Dataset,
  positions: ArrayLike<number>,
  preparation: Preparation,
  random?: AugmentationStream,
): Float32Array | Promise<Float32Array>;
export function loadBatch(
  dataset: Dataset,
  positions: ArrayLike<number>,
  preparation: Preparation,
  random?: AugmentationStream,
): Float32Array | Promise<Float32Array> {
  expectDatasetLike('loadBatch', dataset);
  const { normalization, augmentation } = (preparation as Preparation | null | undefined) ?? NOTHING;
  if (!Array.isArray(dataset.imageShape)) expectImageShape('loadBatch', dataset.imageShape);
  expectNormalization(normalization, dataset, 'loadBatch, normalization');
  const size = dataset.imageShape.reduce((product, axis) => product * axis, 1);
  const scale = normalization.std.map((std) => 1 / (255 * std));
  const shift = normalization.mean.map((mean, channel) => mean / (normalization.std[channel] ?? 1));
  expectOption('loadBatch, positions', positions, (list) =>
    Array.isArray(list) || ArrayBuffer.isView(list) ? undefined : 'a list of positions',
  );
  expectOption('loadBatch, augmentation', augmentation, optional(anAugmentation));
  expectDrawable(augmentation, random);
  const where = batchText(positions.length, dataset.imageShape);
  const batch = readOrRefuse(
    { code: 'engine', where, expected: 'memory', hint: 'Use a smaller batch.' },
    () => new Float32Array(positions.length * size),
  );
  const whole = wholeImage(dataset.imageShape);
  // Draw before reading: images that arrive asynchronously come in any order.
  const drawn = Array.from(positions, (position) => {
    const stream = typeof random === 'function' ? random(position) : random;
    return stream === undefined || augmentation === undefined
      ? whole
      : drawView(augmentation, dataset.imageShape, stream);
  });
  const padValue = augmentation?.padValue ?? 0;
  const reading = readImages(dataset, positions, (pixels, place) => {
    const into = batch.subarray(place * size, (place + 1) * size);
    writeView(pixels, dataset.imageShape, drawn[place] ?? whole, padValue, { scale, shift }, into);
  });
  return reading === undefined ? batch : reading.then(() => batch);
}

/** Describes a batch, for messages. */
export const batchText = (count: number, imageShape: Dataset['imageShape']): string =>
  `a batch of ${count} ${count === 1 ? 'image' : 'images'} of ${imageShape.join('×')}`;

const anAugmentation: OptionCheck = (value) => {
  const { padCrop, flip, padValue } = Object(value) as Partial<Augmentation>;
  const fits = wholeNumber({ min: 0 })(padCrop) ?? flag(flip) ?? inRange(0, 255)(padValue);
  return fits === undefined ? undefined : 'what augmentation({ … }) returns';
};

const NOTHING = {} as Partial<Preparation> as Preparation;

/** Without a stream, images would silently stay unaugmented. */
function expectDrawable(augmentation: Augmentation | undefined, random: unknown): void {
  if (random !== undefined) {
    if (typeof random !== 'function') expectRandom('loadBatch, random', random);
    return;
  }
  if (augmentation === undefined) return;
  const { padCrop, flip, randomResizedCrop, rotation = 0, colorJitter } = augmentation;
  if (padCrop === 0 && !flip && rotation === 0 && (randomResizedCrop ?? colorJitter) === undefined) return;
  throw new DistillError({
    code: 'option',
    where: 'loadBatch, random',
    expected: 'a random stream, because the augmentation draws',
    got: describeValue(random),
    hint: 'Pass createRandom(seed).',
  });
}
