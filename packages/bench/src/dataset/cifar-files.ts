import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DistillError } from '@distilljs/core';
import type { CifarKind } from './cifar-format.js';
import { CIFAR_FORMATS } from './cifar-format.js';

/**
 * The files of a split, in the order in which they are read.
 *
 * @param dir the folder of the files, or the one that holds it under its original name
 * @throws DistillError code `data` when the folder or the files are not there, saying what is
 */
export function findCifarFiles(
  kind: CifarKind,
  dir: string,
  split: 'train' | 'test',
): { readonly folder: string; readonly files: readonly string[] } {
  const format = CIFAR_FORMATS[kind];
  const here = list(dir);
  if (here === undefined) {
    throw new DistillError({
      code: 'data',
      where: dir,
      expected: `a folder with ${format.title}'s binary files`,
      got: 'no such folder',
      hint: `Name the folder that holds ${format.fileNames[split]} (${format.folder} of the original archive).`,
    });
  }
  for (const [folder, names] of [
    [dir, here],
    [join(dir, format.folder), list(join(dir, format.folder)) ?? []],
  ] as const) {
    const files = matching(names, format.files[split]);
    if (files.length > 0) return { folder, files };
  }
  const other = Object.values(CIFAR_FORMATS).find(
    (candidate) => candidate !== format && matching(here, candidate.files[split]).length > 0,
  );
  throw new DistillError({
    code: 'data',
    where: dir,
    expected: `${format.fileNames[split]} of ${format.title}`,
    got: here.length === 0 ? 'an empty folder' : listing(here),
    hint:
      other === undefined
        ? `Unpack the binary version of ${format.title} there, or name its folder.`
        : `These are files of ${other.title}: check the dataset's name or the folder.`,
  });
}

function list(dir: string): readonly string[] | undefined {
  try {
    return readdirSync(dir).sort();
  } catch {
    return undefined;
  }
}

function matching(names: readonly string[], pattern: RegExp): readonly string[] {
  const order = (name: string): number => Number(pattern.exec(name)?.[1] ?? 0);
  return names.filter((name) => pattern.test(name)).sort((a, b) => order(a) - order(b));
}

function listing(names: readonly string[]): string {
  const shown = names.slice(0, 6).join(', ');
  return names.length > 6 ? `${shown} and ${names.length - 6} more` : shown;
}
