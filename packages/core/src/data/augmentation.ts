import { describeValue, DistillError } from '../error/index.js';
import { checkOptions, flag, inRange, wholeNumber } from '../option/index.js';

/** What happens to a training image before it is normalised, in the order of these fields. */
export interface Augmentation {
  /**
   * A part of the image at a random place, resized bilinearly to the size of the image, as torchvision's `RandomResizedCrop`.
   * Default: none. Not together with {@link padCrop}.
   */
  readonly randomResizedCrop?: RandomResizedCrop | undefined;
  /** Pixels of padding on each side before a crop of the original size at a random place, fewer than the image has. Default 0: no crop. */
  readonly padCrop: number;
  /** Mirror left–right with probability one half. Default false. */
  readonly flip: boolean;
  /** Turn about the centre by up to so many degrees either way, bilinearly. Default: not at all. */
  readonly rotation?: number | undefined;
  /** Change the colours, as torchvision's `ColorJitter` without hue. Default: none. */
  readonly colorJitter?: ColorJitter | undefined;
  /** Value of padding, and of the corners that a rotation leaves, in 0…255. Default 0 (black). */
  readonly padValue: number;
}

/** Which parts of an image are taken. */
export interface RandomResizedCrop {
  /** Share of the image's area, uniform in `[lowest, highest]`, above 0 and at most 1. Default `[0.08, 1]`. */
  readonly scale?: readonly [lowest: number, highest: number] | undefined;
  /** Width over height, log-uniform. Default `[3/4, 4/3]`. */
  readonly ratio?: readonly [lowest: number, highest: number] | undefined;
}

/**
 * Strengths from 0 (none): each factor is uniform in `[max(0, 1 − strength), 1 + strength]`, and the three changes come in a
 * random order. Values stay floats, cut to 0…255 after each change. A fourth channel (alpha) is left as it is; images of one
 * channel have no saturation.
 */
export interface ColorJitter {
  readonly brightness?: number | undefined;
  readonly contrast?: number | undefined;
  readonly saturation?: number | undefined;
}

/** No augmentation. */
export const NO_AUGMENTATION: Augmentation = { padCrop: 0, flip: false, padValue: 0 };

/** The customary augmentation for CIFAR: pad 4, crop, flip. */
export const CIFAR_AUGMENTATION: Augmentation = { padCrop: 4, flip: true, padValue: 0 };

/** A customary augmentation for photographs of a few dozen to a few hundred pixels: resized crop, flip, colours. */
export const PHOTO_AUGMENTATION: Augmentation = {
  ...NO_AUGMENTATION,
  randomResizedCrop: { scale: [0.35, 1] },
  flip: true,
  colorJitter: { brightness: 0.2, contrast: 0.2, saturation: 0.2 },
};

/**
 * Fills in and checks augmentation options.
 *
 * @param imageShape `[height, width, channels]` of the images, where they are known
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
  // What is left out stays out: augmentations are compared, and printed, as JSON.
  return {
    ...plain,
    ...(randomResizedCrop === undefined ? {} : { randomResizedCrop }),
    ...(rotation === undefined ? {} : { rotation }),
    ...(colorJitter === undefined ? {} : { colorJitter }),
  };
}

type Check = (value: unknown) => string | undefined;

/** Of nothing, or an object of these fields, each of which may be left out. */
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
