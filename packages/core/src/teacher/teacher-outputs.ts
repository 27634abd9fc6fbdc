import { checkOptions, oneOf, optional, text, wholeNumber } from '../option/index.js';

/** Where a step's teacher outputs come from, and whether augmentations repeat. */
export interface TeacherOutputs {
  /** `live`: the teacher runs in every step. `cached`: once per image and view; later steps read what it said. */
  readonly kind: 'live' | 'cached';
  /**
   * V, how many augmentations of each image there are: epoch e shows view e mod V. Default for `live`: no end of them.
   * Needed for `cached`.
   */
  readonly views?: number | undefined;
  /** `cached` only: keeps outputs in this folder, for later runs too (Node). Default: in memory. */
  readonly folder?: string | undefined;
}

/** @throws DistillError code `option` */
export function checkTeacherOutputs(given: TeacherOutputs): TeacherOutputs {
  const defaults: TeacherOutputs = { kind: 'live', views: undefined, folder: undefined };
  const cached = (given as { kind?: unknown } | undefined)?.kind === 'cached';
  const views = wholeNumber({ min: 1 });
  return checkOptions<TeacherOutputs>('teacherOutputs', given, defaults, {
    kind: oneOf('live', 'cached'),
    views: cached ? views : optional(views),
    folder: cached
      ? optional(text)
      : (value) => (value === undefined ? undefined : "no folder with kind 'live'"),
  });
}

/** The view that an epoch of a phase shows. */
export const viewAt = (epoch: number, views: number): number => Math.floor(epoch) % views;
