import { z } from 'zod';
import { datasetNames } from '../dataset/index.js';
import { decoderNames, resizeModes } from '../image/index.js';
import {
  between,
  flag,
  list,
  mapping,
  MOST,
  oneOf,
  path,
  share,
  text,
  variantWords,
  whole,
} from './fields.js';

/** Expected value and hint for a run that names no data folder. */
const DATA_FOLDER = 'the folder of the data\nName it with --data-dir FOLDER, or dataset: { dir: FOLDER }.';
const RANGE = 'a list of two numbers, black and white, e.g. [0, 1]';

const synthetic = mapping({
  name: z.literal('synthetic'),
  classes: whole(2, MOST.classes).default(10),
  superclasses: whole(1, MOST.classes).default(5),
  trainSize: whole(1, MOST.images).default(4000),
  testSize: whole(1, MOST.images).default(1000),
  /** From 0 (clean) to 1. */
  difficulty: between(0, 1).default(0.5),
  /** Edge of an image. */
  imageSize: whole(8, MOST.edge).default(32),
  /** Seed of the images; independent of the run's seeds. */
  seed: whole(0, Number.MAX_SAFE_INTEGER).default(0),
});

const SIZE = 'the edge of the images in pixels, or a list of height and width';
const size = z.union([whole(8, MOST.edge), z.tuple([whole(8, MOST.edge), whole(8, MOST.edge)])], {
  error: SIZE,
});
const resize = oneOf(resizeModes, 'crop, stretch or letterbox');

/** Resizing of images that are stored at one size. Default: that size. */
const otherSize = { imageSize: size.optional(), resize: resize.optional() };

const cifar = mapping({
  name: z.literal(['cifar10', 'cifar100']),
  /** Folder of the original binary files, or its parent. */
  dir: path(DATA_FOLDER),
  /** Only the first so many images. */
  trainSize: whole(1, MOST.images).optional(),
  testSize: whole(1, MOST.images).optional(),
  /** Number of classes held out from training: `distill-bench metrics` uses them as identities. */
  unseenClasses: whole(1, 254).optional(),
  ...otherSize,
});

/** Fields of every format that reads files. */
const files = {
  /** Folder of the files, or one above it. */
  dir: path(DATA_FOLDER),
  /** Only the first so many images. */
  trainSize: whole(1, MOST.images).optional(),
  testSize: whole(1, MOST.images).optional(),
  ...otherSize,
};

const svhn = mapping({
  name: z.literal('svhn'),
  ...files,
  /** Train on extra_32x32.mat instead. */
  extra: flag().default(false),
});

/** Fields of formats whose images are arrays. */
const arrays = {
  ...files,
  /** The label of the first class. */
  firstLabel: whole(0, MOST.classes).default(0),
  /** In order of their labels. */
  classNames: list(text(), 2, MOST.classes).optional(),
  /** The values of black and white. Default: by the number type. */
  range: z
    .tuple([z.number({ error: RANGE }), z.number({ error: RANGE })], { error: RANGE })
    .refine(([black, white]) => black < white, { error: RANGE })
    .optional(),
};

const idx = mapping({
  name: z.literal('idx'),
  ...arrays,
  /** Prefix of the file names, where a folder holds several sets, e.g. emnist-letters. */
  prefix: text().optional(),
  /** Whether images are stored column by column. Default: only for EMNIST. */
  transposed: flag().optional(),
});

const npz = mapping({
  name: z.literal('npz'),
  ...arrays,
  /** Names of the arrays. Default: the usual names. */
  arrays: mapping({
    trainImages: text().optional(),
    trainLabels: text().optional(),
    validationImages: text().optional(),
    validationLabels: text().optional(),
    testImages: text().optional(),
    testLabels: text().optional(),
  }).optional(),
  /** Channels last or first. Default: by the axis of length 1, 3 or 4. */
  layout: oneOf(['nhwc', 'nchw'], 'nhwc (channels last) or nchw (channels first)').optional(),
  /** Shape of images that are stored as flat rows. */
  imageShape: z
    .tuple([whole(1, MOST.edge), whole(1, MOST.edge), whole(1, 4)], {
      error: 'a list of height, width and channels, e.g. [32, 32, 3]',
    })
    .optional(),
  /** Share of the images held out for testing, where the files have neither test nor validation images. */
  testFraction: share().default(0.2),
  splitSeed: whole(0, Number.MAX_SAFE_INTEGER).default(0),
});

/** Numbers of images, and the test split of datasets that may come without test images. */
const division = {
  trainSize: whole(1, MOST.images).optional(),
  testSize: whole(1, MOST.images).optional(),
  /** Share of every class held out for testing, where there are no test images. */
  testFraction: share().default(0.2),
  splitSeed: whole(0, Number.MAX_SAFE_INTEGER).default(0),
};

const CHANNELS = '1 (grey), 3 (colours) or 4 (with alpha)';

/** How image files become images of one size. */
export const imageFields = {
  imageSize: size.default(64),
  channels: z.literal([1, 3, 4], { error: CHANNELS }).default(3),
  /** crop: scaled by the shorter side, then cropped to the centre; letterbox: scaled by the longer side, padded with black. */
  resize: resize.default('crop'),
  /** What to do with files that cannot be decoded. */
  onDamaged: oneOf(['error', 'skip'], 'error or skip').default('error'),
  /** Folder of decoded images. Default: the user's cache folder. */
  cacheDir: path().optional(),
  /** auto: sharp where it is installed. */
  decoder: oneOf(decoderNames, 'auto, sharp or javascript').default('auto'),
};

const folder = mapping({ name: z.literal('folder'), dir: path(DATA_FOLDER), ...imageFields, ...division });

const imageList = mapping({
  name: z.literal('list'),
  /** CSV or JSON lines. */
  file: path(
    'the file that lists the images\nName it with --set dataset.file=FILE, or dataset: { file: FILE }.',
  ),
  /** Folder of the images. Default: that of the list. */
  dir: path().optional(),
  ...imageFields,
  ...division,
});

/** Fields of image datasets with a known layout. @param imageSize the default size */
const layoutFields = (imageSize: number | [number, number]) => ({
  ...files,
  ...imageFields,
  imageSize: imageFields.imageSize.unwrap().default(imageSize),
});

const cinic10 = mapping({
  name: z.literal('cinic10'),
  ...layoutFields(32),
  /** Train on the validation images too. */
  addValidation: flag().default(false),
});

const tinyImagenet = mapping({ name: z.literal('tiny-imagenet'), ...layoutFields(64) });
const imagenet = mapping({ name: z.literal('imagenet'), ...layoutFields(224) });

const parquet = mapping({
  name: z.literal('parquet'),
  ...layoutFields(64),
  ...division,
  /** Column names. Default: the usual names. */
  imageColumn: text().optional(),
  labelColumn: text().optional(),
  superclassColumn: text().optional(),
  /** The split to test on. Default: test, else validation. */
  testSplit: oneOf(['test', 'validation'], 'test or validation').optional(),
});

const identities = mapping({
  name: z.literal('identities'),
  ...layoutFields([128, 64]),
  ...division,
  /** Lists of images below the folder: path, identity and, where it is known, camera. Default: MSMT17's or Market-1501's layout. */
  lists: mapping({
    train: path(),
    validation: path().optional(),
    query: path().optional(),
    gallery: path().optional(),
    distractors: path().optional(),
  }).optional(),
});

/** Datasets that a program passes to `runBench`. */
const given = mapping({
  name: z.literal('given'),
  /** The name of the data in the report. */
  title: text().optional(),
  /** Only the first so many images. */
  trainSize: whole(1, MOST.images).optional(),
  testSize: whole(1, MOST.images).optional(),
});

/** Where a run's images come from: one variant per format. */
export const dataset = z.discriminatedUnion(
  'name',
  [
    synthetic,
    folder,
    imageList,
    cifar,
    svhn,
    idx,
    npz,
    cinic10,
    tinyImagenet,
    imagenet,
    parquet,
    identities,
    given,
  ],
  {
    error: variantWords(
      'a name that is known',
      `a mapping with the name of a dataset: ${datasetNames.join(', ')}`,
    ),
  },
);
