import { describeValue, DistillError } from '../error/index.js';
import type { Random } from '../random/index.js';
import type { Augmentation } from './augmentation.js';
import { readImage } from './check-dataset.js';
import type { Dataset } from './dataset.js';
import type { Normalization } from './normalization.js';

/** How pixels become network input. */
export interface Preparation {
  readonly normalization: Normalization;
  /** Left out: the images as they are. */
  readonly augmentation?: Augmentation | undefined;
}

/**
 * Reads, augments and normalises one batch in a single pass: `(pixel / 255 − mean) / std` per channel.
 *
 * @param positions which images
 * @param random draws crop and flip, in the order of the images, or gives each position a stream of its own; needed when
 *   there is an augmentation
 * @throws DistillError code `data` for an image that is not there or is no image, code `option` without a needed stream
 * @returns `[positions.length, height, width, channels]` as a flat array, NHWC
 */
export function loadBatch(
  dataset: Dataset,
  positions: ArrayLike<number>,
  { normalization, augmentation }: Preparation,
  random?: Random | ((position: number) => Random),
): Float32Array {
  const [height, width, channels] = dataset.imageShape;
  const scale = normalization.std.map((std) => 1 / (255 * std));
  const shift = normalization.mean.map((mean, channel) => mean / (normalization.std[channel] ?? 1));
  expectDrawable(augmentation, random);
  const pad = augmentation?.padCrop ?? 0;
  const padValue = augmentation?.padValue ?? 0;
  const batch = new Float32Array(positions.length * height * width * channels);
  let to = 0;
  for (let item = 0; item < positions.length; item++) {
    const position = positions[item] ?? NaN;
    const pixels = readImage(dataset, position);
    const stream = typeof random === 'function' ? random(position) : random;
    const top = pad > 0 && stream !== undefined ? stream.integer(2 * pad + 1) - pad : 0;
    const left = pad > 0 && stream !== undefined ? stream.integer(2 * pad + 1) - pad : 0;
    const mirrored = augmentation?.flip === true && stream !== undefined && stream.integer(2) === 1;
    for (let row = 0; row < height; row++) {
      const fromRow = row + top;
      for (let column = 0; column < width; column++) {
        const fromColumn = (mirrored ? width - 1 - column : column) + left;
        const inside = fromRow >= 0 && fromRow < height && fromColumn >= 0 && fromColumn < width;
        const from = (fromRow * width + fromColumn) * channels;
        for (let channel = 0; channel < channels; channel++) {
          const pixel = inside ? (pixels[from + channel] ?? 0) : padValue;
          batch[to++] = pixel * (scale[channel] ?? 1) - (shift[channel] ?? 0);
        }
      }
    }
  }
  return batch;
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
