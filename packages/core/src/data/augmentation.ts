import { checkOptions, flag, inRange, wholeNumber } from '../option/index.js';

/** What happens to a training image before it is normalised. */
export interface Augmentation {
  /** Pixels of zero padding on each side before a crop of the original size at a random place. Default 0: no crop. */
  readonly padCrop: number;
  /** Mirror left–right with probability one half. Default false. */
  readonly flip: boolean;
  /** Value of the padding, in 0…255. Default 0 (black). */
  readonly padValue: number;
}

/** No augmentation. */
export const NO_AUGMENTATION: Augmentation = { padCrop: 0, flip: false, padValue: 0 };

/** The customary augmentation for CIFAR: pad 4, crop, flip. */
export const CIFAR_AUGMENTATION: Augmentation = { padCrop: 4, flip: true, padValue: 0 };

/**
 * Fills in and checks augmentation options.
 * @throws DistillError code `option`
 */
export function augmentation(options: Partial<Augmentation> = {}): Augmentation {
  return checkOptions<Augmentation>('augmentation', options, NO_AUGMENTATION, {
    padCrop: wholeNumber({ min: 0 }),
    flip: flag,
    padValue: inRange(0, 255),
  });
}
