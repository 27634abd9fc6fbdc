import { z } from 'zod';
import { modelNames } from '../model/index.js';
import {
  fieldNames,
  flag,
  list,
  mapping,
  MOST,
  oneOf,
  path,
  positive,
  text,
  variantWords,
  whole,
  withHint,
} from './fields.js';

/** Normalizations that have a name. Pixels are in 0…1. */
export const NORMALIZATIONS = {
  /** For weights of torchvision and timm. */
  imagenet: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  /** Pixels from 0 to 1. */
  'zero-one': { mean: [0], std: [1] },
  /** Pixels from −1 to 1, as for MobileNet and Inception in Keras. */
  'minus-one-one': { mean: [0.5], std: [0.5] },
  /** Pixels from 0 to 255. */
  bytes: { mean: [0], std: [1 / 255] },
} as const;

export type NormalizationName = keyof typeof NORMALIZATIONS;

const URL_WORDS = 'a path, or a URL of http, https or file';

/** A path, or a URL with a supported scheme. */
export const location = (): z.ZodString =>
  path().refine((place) => !/^[a-z][a-z0-9+.-]+:\/\//i.test(place) || /^(?:https?|file):/i.test(place), {
    error: URL_WORDS,
  });

const number = z.number({ error: 'a number' });
const channels = <Value extends z.ZodType>(value: Value): z.ZodArray<Value> => list(value, 1, 4);

export const teacherNormalization = z.union(
  [
    oneOf(Object.keys(NORMALIZATIONS) as NormalizationName[], 'a normalization'),
    mapping({ mean: channels(number), std: channels(positive()) }).refine(
      ({ mean, std }) => mean.length === std.length,
      { path: ['std'], error: 'as many numbers as mean has' },
    ),
  ],
  {
    error: `${Object.keys(NORMALIZATIONS).join(', ')}, or { mean, std } of pixels in 0…1 per channel`,
  },
);

/** Edge, or height and width. */
export const inputSize = z.union([whole(1, MOST.edge), z.tuple([whole(1, MOST.edge), whole(1, MOST.edge)])], {
  error: 'an edge in pixels, or [height, width]',
});

/** Layer names by tap. */
export const tapNames = z.record(z.string(), text(), { error: 'a mapping of names to layers' });

export const logitsSource = oneOf(['output', 'softmax'], 'output (logits) or softmax');

const teacherFields = {
  /** A zoo network, which is trained first unless `path` has its weights. May be omitted where `path` names a whole model. */
  model: oneOf(modelNames, 'a network of the zoo').optional(),
  /** Epochs of the teacher's training. Default: the run's. */
  epochs: whole(1, MOST.epochs).optional(),
  /** Default: the optimizer's. */
  learningRate: positive().optional(),
  /** Seed of the teacher's training, to repeat a comparison with another teacher. Default: 0. */
  seed: whole(0, Number.MAX_SAFE_INTEGER).optional(),
  /**
   * An already trained teacher: a folder or URL with a layers model or a graph model, an ONNX file, or, with a zoo `model`, a
   * safetensors file of PyTorch weights.
   */
  path: location().optional(),
  /** A model that a program passed to `runBench`. */
  given: flag().optional(),
  /** The normalization that the teacher was trained with. Default: that of its folder, else the run's. */
  normalization: teacherNormalization.optional(),
  /** Size to which images are resized for the teacher. Default: the data's. */
  imageSize: inputSize.optional(),
  /** Whether the model outputs logits or a softmax. Default: detected from its last layer. */
  logitsFrom: logitsSource.optional(),
  /** The teacher's classes in the order of its logits, or a file that lists them, one per line or as JSON. */
  classes: z
    .union([path(), list(text(), 1, 100_000)], { error: 'a list of names, or a file with one name per line' })
    .optional(),
  /** Layer names by tap; for an ONNX file also names of inner values. */
  taps: tapNames.optional(),
  /** Axis order of an ONNX input. Default: detected from the input. */
  layout: oneOf(['nchw', 'nhwc'], 'the order of axes of an ONNX input').optional(),
};

const liveTeacher = mapping({
  ...teacherFields,
  kind: z.literal('live').optional(),
  /** Number of augmentations of each image. Default: new ones in every epoch. */
  views: whole(1, 1000).optional(),
  cache: z
    .undefined({ error: withHint('nothing with a live teacher', "Set the teacher's kind to cached.") })
    .optional(),
});

const cachedTeacher = mapping({
  ...teacherFields,
  /** The teacher's outputs are computed once per image and view. */
  kind: z.literal('cached'),
  views: whole(
    1,
    1000,
    withHint('a number of views', 'Set how many augmentations of each image the teacher sees, e.g. 2.'),
  ),
  /** Where the outputs are cached; `disk`: in the run folder. Default: memory. */
  cache: oneOf(['memory', 'disk'], 'a place for cached outputs').optional(),
});

/** Cached in memory if the outputs fit, else live. */
const automaticTeacher = mapping({
  ...cachedTeacher.shape,
  kind: z.literal('auto'),
  cache: z
    .undefined({ error: withHint('nothing with kind auto', "Set the teacher's kind to cached.") })
    .optional(),
});

export const teacher = z.discriminatedUnion('kind', [liveTeacher, cachedTeacher, automaticTeacher], {
  error: variantWords('a kind of teacher', `a mapping with ${fieldNames(cachedTeacher.shape)}`),
});
