import { checkOptions, oneOf, optional, text, wholeNumber } from '../option/index.js';

/** Where a step's teacher outputs come from, and whether augmentations repeat. */
export interface TeacherOutputs {
  /**
   * `live`: the teacher runs in every step. `cached`: once per image and view; later steps read what it said. `auto`: cached in memory
   * where the outputs take at most a quarter of it (and at most 4 GiB), else live; the values are the same. `given`: `rows` are
   * what the teacher said of each image before training, and it is not asked again.
   */
  readonly kind: 'live' | 'cached' | 'auto' | 'given';
  /**
   * V, how many augmentations of each image there are: epoch e shows view e mod V. Default for `live`: no end of them.
   * Needed for `cached` and `auto`.
   */
  readonly views?: number | undefined;
  /** `cached` only: keeps outputs in this folder, for later runs too (Node). Default: in memory. */
  readonly folder?: string | undefined;
  /** `given` only. */
  readonly rows?: TeacherRows | undefined;
}

/**
 * A teacher's outputs for each training image as it is, row by row in the order of the dataset. They count for every augmentation of
 * the image: a feature map of an image that was flipped or cropped would be another.
 */
export interface TeacherRows {
  /** Images × classes. */
  readonly logits: Float32Array;
  /** By tap, images × the tap's size. */
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

/** The view that an epoch of a phase shows. */
export const viewAt = (epoch: number, views: number): number => Math.floor(epoch) % views;
