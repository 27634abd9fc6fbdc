import { constants } from 'node:buffer';
import type { InMemoryDataset } from '@distilljs/core';
import { DistillError, checkOptions, createRandom, inRange, oneOf, wholeNumber } from '@distilljs/core';
import type { DatasetFormat } from './format.js';
import { digest, expectIndex } from './subset.js';
import { CLASSES_PER_SUPERCLASS, designClasses } from './synthetic-classes.js';
import { drawScene, paintScene } from './synthetic-scene.js';

/** A synthetic set as a configuration describes it. */
export interface SyntheticSource {
  readonly name: 'synthetic';
  readonly classes: number;
  readonly superclasses: number;
  readonly trainSize: number;
  readonly testSize: number;
  /** From 0 to 1. */
  readonly difficulty: number;
  readonly imageSize: number;
  /** Seed of the images; independent of the run's seeds. */
  readonly seed: number;
}

export const syntheticFormat: DatasetFormat<SyntheticSource> = {
  summary: 'made on the fly from a seed; nothing to download',
  load({ classes, superclasses, trainSize, testSize, difficulty, imageSize, seed }) {
    // Images are painted on demand, so unused splits cost nothing.
    const load = (split: 'train' | 'test', size: number): InMemoryDataset =>
      synthetic({ classes, superclasses, difficulty, imageSize, seed, split, size });
    return Promise.resolve({ splits: { train: load('train', trainSize), test: load('test', testSize) } });
  },
};

/** Part of the fingerprint: to be raised whenever the same options would give different pixels. */
const GENERATOR_VERSION = 1;

export interface SyntheticOptions {
  /** At least 2. */
  readonly classes: number;
  /** Groups of classes that share a texture, at most {@link classes}. */
  readonly superclasses: number;
  /** Number of images; labels cycle through the classes, so that class counts differ by at most 1. */
  readonly size: number;
  /** Decides the classes' design and every image. */
  readonly seed: number;
  /**
   * From 0 (clean) to 1 (noise, jitter, distractors, low contrast). As a guide: networks
   * built like `plain8` and `plain16` (in PyTorch) were trained for 12 epochs on 4,000 images of 12 classes in 4 superclasses.
   * They reached accuracies of 0.92 and 0.96 at difficulty 0.4, and 0.78 and 0.85 at 0.6.
   */
  readonly difficulty: number;
  /** Image `i` of one split is never an image of another. */
  readonly split: 'train' | 'validation' | 'test';
  /** Edge of the square images, at least 8. Default 32. */
  readonly imageSize?: number | undefined;
}

/**
 * Colour images generated on demand: a shape of one of eight kinds in front of a grating. The grating's orientation and
 * frequency define the superclass; the shape (and, beyond eight classes per superclass, the texture inside it) defines the class.
 * Positions, phases, polarities and colours are random, so a linear function of the pixels does little better than chance
 * (accuracy 0.17 on 12 classes at difficulty 0.5). Flipping an image horizontally does not change its class.
 *
 * An image is a pure function of its index and of the options other than `size`. Each is generated on first access, then kept.
 *
 * @throws DistillError code `option`
 */
export function synthetic(options: SyntheticOptions): InMemoryDataset {
  const { classes, superclasses, size, seed, difficulty, split, imageSize } = checked(options);
  const root = createRandom(seed).fork('synthetic');
  const designs = designClasses(classes, superclasses, root.fork('design'));
  const stream = root.fork(split);
  const imageBytes = imageSize * imageSize * 3;
  // Filled image by image. Writing goes through a clamped view, which rounds; reading through a plain one.
  const buffer = new ArrayBuffer(size * imageBytes);
  const painted = new Uint8Array(size);
  const labels = Int32Array.from({ length: size }, (_, index) => index % classes);

  const paint = (index: number): void => {
    const design = designs[index % classes];
    if (design === undefined) return;
    const random = stream.fork(index);
    const scene = drawScene(design, difficulty, random);
    paintScene(scene, imageSize, random, new Uint8ClampedArray(buffer), index * imageBytes);
    painted[index] = 1;
  };
  return {
    name: 'synthetic',
    size,
    imageShape: [imageSize, imageSize, 3],
    classes,
    labels,
    superclasses: labels.map((label) => designs[label]?.superclass ?? 0),
    classNames: designs.map((design) => design.name),
    image(index) {
      expectIndex('synthetic', index, size);
      if (painted[index] === 0) paint(index);
      return new Uint8Array(buffer, index * imageBytes, imageBytes);
    },
    fingerprint: digest(
      JSON.stringify([
        'synthetic',
        GENERATOR_VERSION,
        classes,
        superclasses,
        size,
        seed,
        difficulty,
        split,
        imageSize,
      ]),
    ),
  };
}

type FilledOptions = Omit<SyntheticOptions, 'imageSize'> & { readonly imageSize: number };

function checked(options: SyntheticOptions): Readonly<FilledOptions> {
  const { classes, superclasses, imageSize = 32 } = options;
  const filled: FilledOptions = { ...options, imageSize };
  const perFamily = Math.ceil(classes / superclasses);
  if (perFamily > CLASSES_PER_SUPERCLASS) {
    throw new DistillError({
      code: 'option',
      where: 'synthetic.superclasses',
      expected: `at most ${CLASSES_PER_SUPERCLASS} classes per superclass`,
      got: String(perFamily),
    });
  }
  const bytes = filled.size * imageSize ** 2 * 3;
  if (bytes > constants.MAX_LENGTH) {
    throw new DistillError({
      code: 'option',
      where: 'synthetic.size',
      expected: `at most ${Math.floor(constants.MAX_LENGTH / (imageSize ** 2 * 3)).toLocaleString('en-US')} images of ${imageSize}×${imageSize}, what one array holds`,
      got: String(filled.size),
    });
  }
  return checkOptions<FilledOptions>('synthetic', filled, filled, {
    classes: wholeNumber({ min: 2 }),
    superclasses: wholeNumber({ min: 1, max: classes }),
    size: wholeNumber({ min: 1 }),
    seed: wholeNumber(),
    difficulty: inRange(0, 1),
    split: oneOf('train', 'validation', 'test'),
    imageSize: wholeNumber({ min: 8 }),
  });
}
