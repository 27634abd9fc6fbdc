import { createRandom, DistillError } from '@distilljs/core';
import type { Dataset, Pixels, Random } from '@distilljs/core';

/** Corruptions of the test images, each at strengths 1 to 5. */
export const CORRUPTIONS = ['noise', 'blur', 'contrast', 'jpeg', 'brightness'] as const;
export type Corruption = (typeof CORRUPTIONS)[number];
export const STRENGTHS = 5;

/**
 * The constants of CIFAR-10-C for images of up to 32 pixels, of Tiny-ImageNet-C for up to 64, and of ImageNet-C for larger ones.
 * They mean: noise, deviation for pixels in 0…1; blur: deviation in pixels; contrast: factor; jpeg: quality; brightness: added to the value in HSV.
 *
 * The values come from the code that made the published sets (hendrycks/robustness, `create_c`).
 *
 * @see Hendrycks and Dietterich 2019, "Benchmarking neural network robustness to common corruptions and perturbations"
 */
const CONSTANTS: Readonly<
  Record<'small' | 'middle' | 'large', Readonly<Record<Corruption, readonly number[]>>>
> = {
  small: {
    noise: [0.04, 0.06, 0.08, 0.09, 0.1],
    blur: [0.4, 0.6, 0.7, 0.8, 1],
    contrast: [0.75, 0.5, 0.4, 0.3, 0.15],
    jpeg: [80, 65, 58, 50, 40],
    brightness: [0.05, 0.1, 0.15, 0.2, 0.3],
  },
  middle: {
    noise: [0.04, 0.08, 0.12, 0.15, 0.18],
    blur: [0.5, 0.75, 1, 1.25, 1.5],
    contrast: [0.4, 0.3, 0.2, 0.1, 0.05],
    jpeg: [65, 58, 50, 40, 25],
    brightness: [0.1, 0.2, 0.3, 0.4, 0.5],
  },
  large: {
    noise: [0.08, 0.12, 0.18, 0.26, 0.38],
    blur: [1, 2, 3, 4, 6],
    contrast: [0.4, 0.3, 0.2, 0.1, 0.05],
    jpeg: [25, 18, 15, 10, 7],
    brightness: [0.1, 0.2, 0.3, 0.4, 0.5],
  },
};
/** Pixels of the longer edge. */
const LARGEST = { small: 32, middle: 64 };

type Shape = Dataset['imageShape'];
type Corrupt = (pixels: Float32Array, shape: Shape, constant: number, random: Random) => Float32Array;

/** Corruptions that apply to images of this shape: JPEG supports only grey and RGB. */
export function corruptionsFor([, , channels]: Shape): readonly Corruption[] {
  return CORRUPTIONS.filter((name) => name !== 'jpeg' || channels === 1 || channels === 3);
}

/**
 * The same images, corrupted. The corruption is a function of seed, corruption, strength and position, so that every network sees the
 * same images.
 *
 * @param strength 1 to 5
 */
export async function corrupted(
  data: Dataset,
  corruption: Corruption,
  strength: number,
  seed: number,
): Promise<Dataset> {
  const shape = data.imageShape;
  const edge = Math.max(shape[0], shape[1]);
  const size = edge <= LARGEST.small ? 'small' : edge <= LARGEST.middle ? 'middle' : 'large';
  const constant = CONSTANTS[size][corruption][strength - 1];
  if (constant === undefined) {
    const expected = `a whole number from 1 to ${STRENGTHS}`;
    throw new DistillError({ code: 'option', where: 'strength', expected, got: String(strength) });
  }
  const apply = corruption === 'jpeg' ? await jpeg() : PLAIN[corruption];
  const stream = createRandom(seed).fork('corruption').fork(corruption).fork(strength);
  return {
    ...data,
    name: `${data.name}, ${corruption} ${strength}`,
    fingerprint: `${data.fingerprint} ${corruption} ${strength} ${seed}`,
    image(index) {
      const change = (pixels: Pixels): Float32Array =>
        clipped(apply(Float32Array.from(pixels), shape, constant, stream.fork(index)));
      const found = data.image(index);
      return found instanceof Promise ? found.then(change) : change(found);
    },
  };
}

const clipped = (pixels: Float32Array): Float32Array =>
  pixels.map((value) => Math.min(255, Math.max(0, value)));

const PLAIN: Readonly<Record<Exclude<Corruption, 'jpeg'>, Corrupt>> = {
  noise: (pixels, _, deviation, random) => pixels.map((value) => value + 255 * deviation * random.normal()),

  contrast(pixels, [, , channels], factor) {
    const means = channelMeans(pixels, channels);
    return pixels.map((value, at) => {
      const mean = means[at % channels] ?? 0;
      return (value - mean) * factor + mean;
    });
  },

  /** Adds to the value in HSV; hue and saturation stay. Without three channels, adds to each channel. */
  brightness(pixels, [, , channels], added) {
    if (channels !== 3) return pixels.map((value) => value + 255 * added);
    const result = pixels.slice();
    for (let at = 0; at < pixels.length; at += 3) {
      const value = Math.max(pixels[at] ?? 0, pixels[at + 1] ?? 0, pixels[at + 2] ?? 0);
      const raised = Math.min(255, value + 255 * added);
      for (let channel = at; channel < at + 3; channel++)
        result[channel] = value === 0 ? raised : ((pixels[channel] ?? 0) * raised) / value;
    }
    return result;
  },

  /** Gaussian blur up to four deviations; edge pixels are repeated beyond the edge. */
  blur(pixels, [height, width, channels], deviation) {
    const radius = Math.floor(4 * deviation + 0.5);
    const weights = Array.from({ length: 2 * radius + 1 }, (_, at) =>
      Math.exp(-((at - radius) ** 2) / (2 * deviation ** 2)),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const along = (source: Float32Array, length: number, step: number): Float32Array =>
      source.map((_, at) => {
        const place = Math.floor(at / step) % length;
        let sum = 0;
        for (let offset = -radius; offset <= radius; offset++) {
          const other = Math.min(length - 1, Math.max(0, place + offset));
          sum += (weights[offset + radius] ?? 0) * (source[at + (other - place) * step] ?? 0);
        }
        return sum / total;
      });
    return along(along(pixels, width, channels), height, width * channels);
  },
};

function channelMeans(pixels: Float32Array, channels: number): readonly number[] {
  const sums = new Array<number>(channels).fill(0);
  pixels.forEach((value, at) => (sums[at % channels] = (sums[at % channels] ?? 0) + value));
  return sums.map((sum) => (sum * channels) / pixels.length);
}

/** Encodes as JPEG and decodes again. */
async function jpeg(): Promise<Corrupt> {
  // CommonJS: bundlers expose its exports only as `default`.
  const { decode, encode } = (await import('jpeg-js')).default;
  return (pixels, [height, width, channels], quality) => {
    const data = new Uint8Array(height * width * 4).fill(255);
    for (let at = 0; at < height * width; at++)
      for (let channel = 0; channel < 3; channel++)
        data[at * 4 + channel] = Math.round(pixels[at * channels + Math.min(channel, channels - 1)] ?? 0);
    const read = decode(encode({ data, width, height }, quality).data, { useTArray: true }).data;
    return pixels.map((_, at) => read[Math.floor(at / channels) * 4 + (at % channels)] ?? 0);
  };
}
