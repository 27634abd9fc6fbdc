import { relative } from 'node:path';
import { DistillError, shownText } from '@distilljs/core';
import type { Split } from './format.js';
import type { ImageItem } from './image-item.js';

/** An image file that cannot be decoded. */
export interface DamagedFile {
  readonly path: string;
  readonly reason: string;
}

/** Checks that every training class still has an image after damaged files are left out. */
export function expectClasses(
  root: string,
  split: Split,
  kept: readonly { readonly item: ImageItem }[],
  classNames: readonly string[],
  damaged: readonly DamagedFile[],
): void {
  const found = new Set(kept.map(({ item }) => item.label));
  const empty = classNames.filter((_, label) => !found.has(label));
  if (kept.length > 0 && (split !== 'train' || empty.length === 0)) return;
  const names =
    kept.length === 0
      ? 'no image'
      : `no image of ${empty
          .map((name) => shownText(name, 40))
          .slice(0, 10)
          .join(', ')}`;
  throw new DistillError({
    code: 'data',
    where: root,
    expected: `${split} images of every class`,
    got: names,
    hint: damaged.length === 0 ? undefined : `Damaged files were left out: ${damagedList(damaged, root)}`,
  });
}

/** The error for files that cannot be decoded: the first ten, and why. */
export function damagedError(root: string, damaged: readonly DamagedFile[], all: number): DistillError {
  return new DistillError({
    code: 'data',
    where: root,
    expected: 'images that can be decoded',
    got: `${damagedCount(damaged.length)} among ${all.toLocaleString('en-US')}`,
    hint: `${damagedList(damaged, root)} Replace or remove them, or leave them out with dataset.onDamaged: skip.`,
  });
}

const LISTED = 10;

/** The first ten by name, and how many more. */
export function damagedList(damaged: readonly DamagedFile[], root: string): string {
  const sorted = [...damaged].sort((a, b) => (a.path < b.path ? -1 : 1));
  const shown = sorted
    .slice(0, LISTED)
    .map(({ path, reason }) => `${shownText(relative(root, path) || path, 120)} (${reason})`);
  const more = damaged.length - shown.length;
  return `${shown.join(', ')}${more === 0 ? '' : ` and ${more.toLocaleString('en-US')} more`}.`;
}

export const damagedCount = (count: number): string =>
  `${count.toLocaleString('en-US')} damaged file${count === 1 ? '' : 's'}`;
