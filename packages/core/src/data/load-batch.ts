import { describeValue, DistillError } from '../error/index.js';
import type { Random } from '../random/index.js';
import type { Augmentation } from './augmentation.js';
import type { Dataset, InMemoryDataset } from './dataset.js';
import type { Normalization } from './normalization.js';
import { readImages } from './read-images.js';

/** How pixels become network input. */
export interface Preparation {
  readonly normalization: Normalization;
  /** Left out: the images as they are. */
  readonly augmentation?: Augmentation | undefined;
}

/** Draws crop and flip in the order of the images, or gives each position a stream of its own. */
export type AugmentationStream = Random | ((position: number) => Random);

/**
 * Reads, augments and normalises one batch in a single pass: `(pixel / 255 − mean) / std` per channel.
 *
 * @param positions which images
 * @param random needed when there is an augmentation
 * @throws DistillError code `data` for an image that is not there, cannot be read or is no image; code `option` without a
 *   needed stream
 * @returns `[positions.length, height, width, channels]` as a flat array, NHWC; a promise of it where images are read
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
  { normalization, augmentation }: Preparation,
  random?: AugmentationStream,
): Float32Array | Promise<Float32Array> {
  const size = dataset.imageShape.reduce((product, axis) => product * axis, 1);
  const scale = normalization.std.map((std) => 1 / (255 * std));
  const shift = normalization.mean.map((mean, channel) => mean / (normalization.std[channel] ?? 1));
  expectDrawable(augmentation, random);
  const batch = new Float32Array(positions.length * size);
  // All draws before the first image: those that are read arrive in any order.
  const drawn = Array.from(positions, (position) => {
    const stream = typeof random === 'function' ? random(position) : random;
    return stream === undefined || augmentation === undefined ? UNCHANGED : drawView(augmentation, stream);
  });
  const padValue = augmentation?.padValue ?? 0;
  const reading = readImages(dataset, positions, (pixels, place) => {
    const into = batch.subarray(place * size, (place + 1) * size);
    writeImage(pixels, dataset.imageShape, drawn[place] ?? UNCHANGED, padValue, scale, shift, into);
  });
  return reading === undefined ? batch : reading.then(() => batch);
}

/** What an image looks like this time: where the crop begins, and whether it is mirrored. */
interface View {
  readonly top: number;
  readonly left: number;
  readonly mirrored: boolean;
}

const UNCHANGED: View = { top: 0, left: 0, mirrored: false };

function drawView({ padCrop: pad, flip }: Augmentation, stream: Random): View {
  const top = pad > 0 ? stream.integer(2 * pad + 1) - pad : 0;
  const left = pad > 0 ? stream.integer(2 * pad + 1) - pad : 0;
  return { top, left, mirrored: flip && stream.integer(2) === 1 };
}

function writeImage(
  pixels: ArrayLike<number>,
  [height, width, channels]: Dataset['imageShape'],
  { top, left, mirrored }: View,
  padValue: number,
  scale: readonly number[],
  shift: readonly number[],
  into: Float32Array,
): void {
  let to = 0;
  for (let row = 0; row < height; row++) {
    const fromRow = row + top;
    for (let column = 0; column < width; column++) {
      const fromColumn = (mirrored ? width - 1 - column : column) + left;
      const inside = fromRow >= 0 && fromRow < height && fromColumn >= 0 && fromColumn < width;
      const from = (fromRow * width + fromColumn) * channels;
      for (let channel = 0; channel < channels; channel++) {
        const pixel = inside ? (pixels[from + channel] ?? 0) : padValue;
        into[to++] = pixel * (scale[channel] ?? 1) - (shift[channel] ?? 0);
      }
    }
  }
}

/** Without a stream nothing would be cropped or mirrored, and nobody would notice. */
function expectDrawable(augmentation: Augmentation | undefined, random: unknown): void {
  if (random !== undefined || augmentation === undefined) return;
  if (augmentation.padCrop === 0 && !augmentation.flip) return;
  throw new DistillError({
    code: 'option',
    where: 'loadBatch, random',
    expected: 'a random stream, because the augmentation draws crops and flips',
    got: describeValue(random),
    hint: 'Pass createRandom(seed).',
  });
}
