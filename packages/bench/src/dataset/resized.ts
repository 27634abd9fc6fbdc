import type { Dataset } from '@distilljs/core';
import { fitImage } from '../image/index.js';
import type { Channels, ResizeMode } from '../image/index.js';
import { digest } from './subset.js';

/** Another size for images that a format stores at one size. */
export interface ResizeOptions {
  /** Edge, or height and width. Default: as they are stored. */
  readonly imageSize?: number | readonly [height: number, width: number] | undefined;
  /** Default `crop`. */
  readonly resize?: ResizeMode | undefined;
}

/**
 * The same images at another size. They are scaled on each access, with the same arithmetic as image files; fractional pixel values are
 * rounded. Returns the dataset itself where the size is unchanged.
 */
export function resized<D extends Dataset>(
  dataset: D,
  { imageSize, resize = 'crop' }: ResizeOptions,
): D | Dataset {
  const [ownHeight, ownWidth, count] = dataset.imageShape;
  const [height, width] =
    typeof imageSize === 'number' ? [imageSize, imageSize] : (imageSize ?? [ownHeight, ownWidth]);
  if (height === ownHeight && width === ownWidth) return dataset;
  const channels = count as Channels;
  const fitted = (pixels: ArrayLike<number>): Uint8Array => {
    // A clamped array rounds to whole bytes and clips to 0…255.
    const data =
      pixels instanceof Uint8Array ? pixels : new Uint8Array(Uint8ClampedArray.from(pixels).buffer);
    return fitImage(
      { width: ownWidth, height: ownHeight, channels, data },
      { height, width, channels, resize },
    ).data;
  };
  const { name, size, classes, labels, superclasses, weights, classNames } = dataset;
  return {
    ...{ name, size, classes, labels, superclasses, weights, classNames, resize },
    imageShape: [height, width, channels],
    image(index) {
      const pixels = dataset.image(index);
      return pixels instanceof Promise ? pixels.then(fitted) : fitted(pixels);
    },
    get fingerprint() {
      return digest(dataset.fingerprint, `${height}x${width} ${resize}`);
    },
  };
}
