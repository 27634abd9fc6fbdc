import { copyFile, mkdir, readdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DistillError, UNFINISHED } from '@distilljs/core';
import { isTrainingFile } from './own-files.js';
import type { TrainingFolder } from './run-folder.js';
import { readTeacherResult } from './stored.js';

/**
 * Copies a trained teacher to another task of its study, which is then a run folder like any other. Files of the training alone are not
 * copied: checkpoints, locks, and outputs cached for one task's students. A user's own files are neither copied nor changed.
 *
 * @throws DistillError code `config` when the teacher is not trained yet
 */
export async function copyTeacher(from: TrainingFolder, to: TrainingFolder): Promise<void> {
  if ((await readTeacherResult(to)) !== undefined) return;
  if ((await readTeacherResult(from)) === undefined) {
    throw new DistillError({
      code: 'config',
      where: to.root,
      expected: `a trained teacher in ${from.root}, which is the same one`,
      got: 'none yet',
      hint: 'Train that one first.',
    });
  }
  const entries = await readdir(from.root, { recursive: true });
  const isCopied = (path: string): boolean => isTrainingFile(path) && !/^(?:checkpoint|outputs)\//.test(path);
  const paths = entries.map((path) => path.replaceAll('\\', '/')).filter(isCopied);
  // The result comes last: it marks the copy as complete.
  const isResult = (path: string): number => Number(join(from.root, path) === from.result);
  for (const path of paths.sort((a, b) => isResult(a) - isResult(b))) {
    const target = join(to.root, path);
    const unfinished = `${target}.${process.pid}${UNFINISHED}`;
    await mkdir(dirname(target), { recursive: true });
    await copyFile(join(from.root, path), unfinished);
    await rename(unfinished, target);
  }
}
