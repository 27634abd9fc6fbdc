import { describeValue, DistillError } from '../error/index.js';
import { checkOptions, flag, inRange, wholeNumber } from '../option/index.js';

/** What happens to a training image before it is normalized, in the order of these fields. */
export interface Augmentation {
  /**
   * Crop a random part and resize it bilinearly to the size of the image, as torchvision's `RandomResizedCrop`
   * does. Default: none. Cannot be combined with {@link padCrop}.
   */
  readonly randomResizedCrop?: RandomResizedCrop | undefined;
  /**
   * Pad each side by this many pixels, fewer than the image has, and crop the original size at a random place.
   * Default 0: no crop.
   */
  readonly padCrop: number;
  /** Mirror left–right with probability one half. Default false. */
  readonly flip: boolean;
  /**
   * Rotate about the centre by up to this many degrees either way, bilinearly, 0 to 180. Default: no rotation.
   */
  readonly rotation?: number | undefined;
  /** Change the colours, as torchvision's `ColorJitter` does, without hue. Default: none. */
  readonly colorJitter?: ColorJitter | undefined;
  /** Value of padding, and of the corners that a rotation leaves, in 0…255. Default 0 (black). */
  readonly padValue: number;
}

/** Area and aspect ratio of the random parts. */
export interface RandomResizedCrop {
  /** Share of the image's area, uniform in `[lowest, highest]`, above 0 and at most 1. Default `[0.08, 1]`. */
  readonly scale?: readonly [lowest: number, highest: number] | undefined;
  /** Width over height, log-uniform. Default `[3/4, 4/3]`. */
  readonly ratio?: readonly [lowest: number, highest: number] | undefined;
}

/**
 * Strengths from 0 (none). Each factor is uniform in `[max(0, 1 − strength), 1 + strength]`, and the changes
 * are applied in random order. Values stay floats, clipped to 0…255 after each change. Alpha, and any channel
 * beyond the third, is unchanged; grey images have no saturation.
 */
export interface ColorJitter {
  readonly brightness?: number | undefined;
  readonly contrast?: number | undefined;
  readonly saturation?: number | undefined;
}

/** No augmentation. */
export const NO_AUGMENTATION: Augmentation = { padCrop: 0, flip: false, padValue: 0 };

/** The usual augmentation for CIFAR: pad by 4, crop, flip. */
export const CIFAR_AUGMENTATION: Augmentation = { padCrop: 4, flip: true, padValue: 0 };

/** A usual augmentation for photographs a few dozen to a few hundred pixels wide: resized crop, flip, colours. */
export const PHOTO_AUGMENTATION: Augmentation = {
  ...NO_AUGMENTATION,
  randomResizedCrop: { scale: [0.35, 1] },
  flip: true,
  colorJitter: { brightness: 0.2, contrast: 0.2, saturation: 0.2 },
};

/**
 * Checks augmentation options and fills in defaults.
 *
 * @param imageShape `[height, width, channels]` of the images, if known; limits `padCrop`
 * @throws DistillError code `option`
 */
export function augmentation(
  options: Partial<Augmentation> = {},
  [height, width]: readonly number[] = [],
): Augmentation {
  const defaults: Augmentation = {
    ...NO_AUGMENTATION,
    ...{ randomResizedCrop: undefined, rotation: undefined, colorJitter: undefined },
  };
  const { randomResizedCrop, rotation, colorJitter, ...plain } = checkOptions<Augmentation>(
    'augmentation',
    options,
    defaults,
    {
      randomResizedCrop: optionalParts({
        scale: range(0, 1, 'two numbers above 0 and at most 1, the lower first'),
        ratio: range(0, Infinity, 'two numbers above 0, the lower first'),
      }),
      // A crop of padding alone would show nothing.
      padCrop: wholeNumber({ min: 0, max: Math.min(height ?? Infinity, width ?? Infinity) - 1 }),
      flip: flag,
      rotation: (value) => (value === undefined ? undefined : inRange(0, 180)(value)),
      colorJitter: optionalParts({ brightness: strength, contrast: strength, saturation: strength }),
      padValue: inRange(0, 255),
    },
  );
  if (randomResizedCrop !== undefined && plain.padCrop > 0) {
    throw new DistillError({
      code: 'option',
      where: 'augmentation',
      expected: 'randomResizedCrop or padCrop',
      got: `both (padCrop ${plain.padCrop})`,
      hint: 'Set padCrop to 0.',
    });
  }
  // Omitted fields stay omitted: augmentations are compared and printed as JSON.
  return {
    ...plain,
    ...(randomResizedCrop === undefined ? {} : { randomResizedCrop }),
    ...(rotation === undefined ? {} : { rotation }),
    ...(colorJitter === undefined ? {} : { colorJitter }),
  };
}

type Check = (value: unknown) => string | undefined;

/** Accepts undefined, or an object of these fields, each optional. */
const optionalParts =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) => {
    if (value === undefined) return undefined;
    const names = Object.keys(checks).join(', ');
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return `an object of ${names}`;
    for (const [name, part] of Object.entries(value)) {
      const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
      if (check === undefined) return `an object of ${names}, not '${name}'`;
      const wrong = part === undefined ? undefined : check(part);
      if (wrong !== undefined) return `${name} to be ${wrong} (not ${describeValue(part)})`;
    }
    return undefined;
  };

const range =
  (above: number, most: number, expected: string): Check =>
  (value) => {
    const [low, high] = (Array.isArray(value) && value.length === 2 ? value : []) as unknown[];
    const fits =
      typeof low === 'number' && typeof high === 'number' && low > above && low <= high && high <= most;
    return fits && Number.isFinite(high) ? undefined : expected;
  };

const strength: Check = (value) =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? undefined : 'a number of at least 0';
