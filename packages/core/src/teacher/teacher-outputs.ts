import { checkOptions, oneOf, optional, text, wholeNumber } from '../option/index.js';

/** Where a step's teacher outputs come from, and whether augmentations repeat. */
export interface TeacherOutputs {
  /**
   * `live`: the teacher runs in every step. `cached`: it runs once per image and view; later steps read the
   * stored outputs. `auto`: cached in memory if the outputs take at most a quarter of it and at most 4 GiB,
   * else live; the values are the same. `given`: `rows` holds outputs computed before training, and the teacher
   * never runs.
   */
  readonly kind: 'live' | 'cached' | 'auto' | 'given';
  /**
   * V, the number of augmentations of each image: epoch e uses view e mod V. Default for `live` and `given`:
   * unlimited. Required for `cached` and `auto`.
   */
  readonly views?: number | undefined;
  /** `cached` only: stores outputs in this folder, also for later runs (Node). Default: in memory. */
  readonly folder?: string | undefined;
  /** `given` only: the outputs. */
  readonly rows?: TeacherRows | undefined;
}

/**
 * A teacher's outputs for each unaugmented training image, row by row in the order of the dataset. They are
 * used for every augmentation of the image, although for instance the feature map of a flipped or cropped image
 * would differ.
 */
export interface TeacherRows {
  /**
   * `[images, classes]`, flattened, in the teacher's class order. Of a teacher with more classes than the data, also those
   * of the data alone, in the data's order. Of a teacher made with `logitsFrom: 'softmax'`, rows without a negative value
   * are probabilities, whose logarithm is taken.
   */
  readonly logits: Float32Array;
  /** By tap name, `[images, ...tap shape]`, flattened. */
  readonly taps?: Readonly<Record<string, Float32Array>> | undefined;
}

/** @throws DistillError code `option` */
export function checkTeacherOutputs(given: TeacherOutputs): TeacherOutputs {
  const defaults: TeacherOutputs = { kind: 'live', views: undefined, folder: undefined, rows: undefined };
  const { kind } = (given as { kind?: unknown } | undefined) ?? {};
  const cached = kind === 'cached';
  const views = wholeNumber({ min: 1, limit: 1000 });
  return checkOptions<TeacherOutputs>('teacherOutputs', given, defaults, {
    kind: oneOf('live', 'cached', 'auto', 'given'),
    views: cached || kind === 'auto' ? views : optional(views),
    folder: cached
      ? optional(text)
      : (value) => (value === undefined ? undefined : `no folder with kind '${String(kind)}'`),
    rows: (value) => {
      if (kind !== 'given') return value === undefined ? undefined : `no rows with kind '${String(kind)}'`;
      const { logits, taps } = (value ?? {}) as {
        readonly logits?: unknown;
        readonly taps?: Readonly<Record<string, unknown>> | null;
      };
      const all: readonly unknown[] = [logits, ...Object.values(taps ?? {})];
      return all.every((rows) => rows instanceof Float32Array)
        ? undefined
        : '{ logits: Float32Array, taps?: … }, a row per training image';
    },
  });
}

/** The view that an epoch of a phase uses. */
export const viewAt = (epoch: number, views: number): number => Math.floor(epoch) % views;
