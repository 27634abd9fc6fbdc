import { checkOptions, oneOf, optional, text, wholeNumber } from '../option/index.js';

/** Where a step's teacher outputs come from, and whether augmentations repeat. */
export interface TeacherOutputs {
  /**
   * `live`: the teacher runs in every step. `cached`: once per image and view; later steps read what it said. `auto`: cached in memory
   * where the outputs take at most a quarter of it (and at most 4 GiB), else live; the values are the same.
   */
  readonly kind: 'live' | 'cached' | 'auto';
  /**
   * V, how many augmentations of each image there are: epoch e shows view e mod V. Default for `live`: no end of them.
   * Needed for `cached` and `auto`.
   */
  readonly views?: number | undefined;
  /** `cached` only: keeps outputs in this folder, for later runs too (Node). Default: in memory. */
  readonly folder?: string | undefined;
}

/** @throws DistillError code `option` */
export function checkTeacherOutputs(given: TeacherOutputs): TeacherOutputs {
  const defaults: TeacherOutputs = { kind: 'live', views: undefined, folder: undefined };
  const { kind } = (given as { kind?: unknown } | undefined) ?? {};
  const cached = kind === 'cached';
  const views = wholeNumber({ min: 1, limit: 1000 });
  return checkOptions<TeacherOutputs>('teacherOutputs', given, defaults, {
    kind: oneOf('live', 'cached', 'auto'),
    views: cached || kind === 'auto' ? views : optional(views),
    folder: cached
      ? optional(text)
      : (value) => (value === undefined ? undefined : `no folder with kind '${String(kind)}'`),
  });
}

/** The view that an epoch of a phase shows. */
export const viewAt = (epoch: number, views: number): number => Math.floor(epoch) % views;
