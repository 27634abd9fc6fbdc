import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DistillError } from '@distilljs/core';
import { LOCK } from './lock.js';
import { replace } from './replaced.js';
import type { TrainingFolder } from './run-folder.js';
import { readTeacherResult } from './stored.js';

/**
 * Copies a trained teacher to another task of its study, which is then a run folder like any other. What is of the training alone
 * stays: checkpoints, locks, outputs for the students of one task.
 *
 * @throws DistillError code `config` when it is not trained yet
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
  const ofTraining = [from.checkpoint, from.outputs];
  const names = (await readdir(from.root)).filter(
    (name) =>
      !ofTraining.includes(join(from.root, name)) && !name.startsWith(LOCK) && !name.endsWith('.unfinished'),
  );
  // The result comes last: it says that all is there.
  const isResult = (name: string): number => Number(join(from.root, name) === from.result);
  for (const name of names.sort((a, b) => isResult(a) - isResult(b))) {
    const unfinished = join(to.root, `${name}.${process.pid}.unfinished`);
    await rm(unfinished, { recursive: true, force: true });
    await cp(join(from.root, name), unfinished, { recursive: true });
    await replace(unfinished, join(to.root, name));
  }
}
