import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { asDistillError } from '../error/first-line.js';
import { DistillError } from '../error/index.js';
import { expectModel, loadModel } from '../model-file/index.js';
import type { LoadOptions, ModelMetadata } from '../model-file/index.js';
import { expectKnown, expectOption, wholeNumber } from '../option/index.js';
import { batchOf } from './batch-of.js';
import { metadataFor } from './student-metadata.js';
import { readImage } from './read-image.js';
import type { Decode, ImageInput, Pixels } from './read-image.js';

export interface LoadStudentOptions {
  /**
   * Fields that the model's own metadata lack, or that override them. A model without metadata requires only
   * `normalization`: `{ mean, std }` of pixels in 0…1.
   */
  readonly metadata?: Partial<ModelMetadata> | undefined;
  /**
   * Decodes image files in Node. Default: the package sharp. `decodeImage` of `@distilljs/bench/data/image` is
   * plain JavaScript and gives exactly the pixels that the bench trains on.
   */
  readonly decode?: Decode | undefined;
}

/** A class with its predicted probability. */
export interface RankedClass {
  readonly className: string;
  readonly index: number;
  readonly probability: number;
}

/** A student's prediction for one image. */
export interface Classification {
  /** The most probable class. */
  readonly className: string;
  readonly probability: number;
  /** The most probable classes, in descending order. On a tie the lower index comes first. */
  readonly classes: readonly RankedClass[];
  /** One value per class; log-probabilities if the model outputs probabilities. */
  readonly logits: Float32Array;
}

export interface ClassifyOptions {
  /** Number of entries in `classes`, `Infinity` for all. Default 5. */
  readonly top?: number | undefined;
}

/** A trained network that prepares images as in training and classifies them. */
export interface Student {
  readonly model: LayersModel;
  readonly metadata: ModelMetadata;
  readonly classNames: readonly string[];
  /** Classifies one image of any size. */
  classify(image: ImageInput, options?: ClassifyOptions): Promise<Classification>;
  /** Classifies a tensor `[images, height, width, channels]` or a list of images, in one batch. */
  classify(images: tf.Tensor4D | readonly ImageInput[], options?: ClassifyOptions): Promise<Classification[]>;
  dispose(): void;
}

/**
 * Loads a saved student from a folder's path, a `file:` URL, or a URL that tfjs supports. Image size, channels,
 * normalization and class names come from its `model.json`. Import a tfjs backend or call `resolveEngine` first.
 *
 * @example
 * const student = await loadStudent('run/student');
 * const { className, probability } = await student.classify('cat.jpg');
 *
 * @throws DistillError code `data` for a model that cannot be loaded, or that lacks metadata which `options` do
 *   not give; `engine` without a tfjs backend; otherwise as {@link studentOf}
 */
export async function loadStudent(
  place: string | URL,
  options: LoadStudentOptions & LoadOptions = {},
): Promise<Student> {
  if (Object.keys(tf.engine().registryFactory).length === 0) {
    throw new DistillError({
      code: 'engine',
      where: 'loadStudent',
      expected: 'a tfjs backend',
      got: 'none',
      hint: "Call resolveEngine('auto') first, or import '@tensorflow/tfjs-backend-cpu' (or -wasm, -webgl, -webgpu).",
    });
  }
  expectKnown('loadStudent', options, [...OPTIONS, 'timeout']);
  const { timeout, metadata, decode } = options;
  await tf.ready();
  const model = await loadModel(place, { timeout });
  try {
    return studentOf(model, { metadata, decode }, String(place));
  } catch (error) {
    model.dispose();
    throw error;
  }
}

const OPTIONS = ['metadata', 'decode'];

/**
 * Makes a student of a model in memory, e.g. `result.student.model` right after training. See
 * {@link loadStudent}.
 *
 * @throws DistillError code `network` for a model that is no classifier, `data` for metadata that are missing
 *   or do not fit the model, `option` for wrong arguments
 */
export function studentOf(model: LayersModel, options: LoadStudentOptions = {}, place?: string): Student {
  expectModel(model, 'studentOf');
  expectKnown('studentOf', options, OPTIONS);
  const { decode, metadata: said } = options;
  expectOption('decode', decode ?? undefined, (value) =>
    value === undefined || typeof value === 'function' ? undefined : 'a function of bytes and a name',
  );
  const where = place ?? `model '${model.name}'`;
  const metadata = metadataFor(model, said, where);
  const classes = model.outputs[0]?.shape.at(-1) ?? 0;
  const { classNames = Array.from({ length: classes }, (_, index) => String(index)) } = metadata;
  if (classNames.length !== classes) {
    const expected = `one class name per output (${classes})`;
    throw new DistillError({ code: 'data', where, expected, got: String(classNames.length) });
  }
  const classifyAll = async (images: readonly Pixels[], top: number): Promise<Classification[]> => {
    const input = tf.tensor4d(batchOf(images, metadata), [images.length, ...metadata.imageSize]);
    let values: Float32Array;
    try {
      const output = tf.tidy(() => model.predict(input) as tf.Tensor);
      values = (await output.data()) as Float32Array;
      output.dispose();
    } catch (error) {
      // A damaged model.json may hold layers that do not fit each other; memory may be exhausted.
      const expected = `a network that runs on ${images.length} images of [${metadata.imageSize.join(', ')}]`;
      throw asDistillError(error, { code: 'network', where, expected });
    } finally {
      input.dispose();
    }
    return images.map((_, row) => {
      const given = values.slice(row * classes, (row + 1) * classes);
      return ranked(metadata.output === 'logits' ? given : given.map(logarithm), classNames, top);
    });
  };
  const classify = async (given: unknown, settings: ClassifyOptions = {}): Promise<unknown> => {
    expectKnown('classify', settings, ['top']);
    const { top = 5 } = settings;
    expectOption('classify, top', top, (value) => (value === Infinity ? undefined : atLeastOne(value)));
    const isTensor4d = given instanceof tf.Tensor && given.rank === 4;
    if (isTensor4d && given.isDisposed)
      throw new DistillError({
        code: 'data',
        where: 'classify',
        expected: 'a tensor',
        got: 'a disposed one',
      });
    const list: readonly ImageInput[] = isTensor4d
      ? (tf.unstack(given) as tf.Tensor3D[])
      : Array.isArray(given)
        ? (given as ImageInput[])
        : [given as ImageInput];
    const isBatch = isTensor4d || Array.isArray(given);
    try {
      const read: Pixels[] = [];
      for (const [at, image] of list.entries())
        read.push(
          await readImage(image, isBatch ? `classify, image ${at}` : 'classify', decode ?? undefined),
        );
      if (read.length === 0) return [];
      const all = await classifyAll(read, top);
      return isBatch ? all : all[0];
    } finally {
      if (isTensor4d) tf.dispose(list as tf.Tensor3D[]);
    }
  };
  return {
    model,
    metadata,
    classNames,
    classify: classify as Student['classify'],
    dispose() {
      model.dispose();
    },
  };
}

const atLeastOne = wholeNumber({ min: 1 });

const logarithm = (probability: number): number => Math.log(Math.max(probability, 1.1754944e-38));

function ranked(logits: Float32Array, classNames: readonly string[], top: number): Classification {
  const highest = logits.reduce((most, each) => Math.max(most, each), -Infinity);
  const powers = Float64Array.from(logits, (each) => Math.exp(each - highest));
  const total = powers.reduce((sum, each) => sum + each, 0);
  if (!(total > 0)) {
    const hint = 'Its training diverged, or the pixels are not numbers.';
    throw new DistillError({
      code: 'numeric',
      where: 'classify',
      expected: 'finite logits',
      got: String(highest),
      hint,
    });
  }
  const classes = Array.from(powers, (power, index) => ({
    className: classNames[index] ?? String(index),
    index,
    probability: power / total,
  })).sort((a, b) => (logits[b.index] ?? 0) - (logits[a.index] ?? 0) || a.index - b.index);
  const [first] = classes as [RankedClass];
  return {
    className: first.className,
    probability: first.probability,
    classes: classes.slice(0, Math.max(1, top)),
    logits,
  };
}
