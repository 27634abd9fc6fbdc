import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { DistillError, resolveEngine } from '@distilljs/core';
import type { MethodConfig, RunConfig } from '../config/index.js';
import type { ModelShape } from '../model/index.js';
import { importedModule, importModule } from './foreign-modules.js';
import { foreignStudent, loadStudent } from './foreign-students.js';
import type { TrainingFolder } from './run-folder.js';
import { readJson, writeJson } from './write-json.js';

/**
 * Loads the modules and models that a configuration takes from outside. Methods and students are found by their names from then
 * on.
 *
 * @throws DistillError codes `config`, `data`
 */
export async function loadForeign({ engine, methods, student }: RunConfig): Promise<void> {
  for (const { from } of methods) if (from !== undefined) await importModule(from);
  // tfjs reads a model into the memory of an engine. What speaks against one is said when the run starts.
  if (student.path !== undefined) await resolveEngine(engine, { warn: () => undefined });
  await loadStudent(student);
}

/** SHA-256 of what a training took from outside. */
export interface ForeignSources {
  readonly method?: string | undefined;
  readonly student?: string | undefined;
}

/**
 * Notes what a training is made with, or sees that it is what the training was begun with.
 *
 * @returns undefined where nothing is from outside
 * @throws DistillError code `data` for another module or model
 */
export async function sourcesOf(
  { from }: MethodConfig,
  { student }: RunConfig,
  shape: ModelShape,
  { root }: TrainingFolder,
): Promise<ForeignSources | undefined> {
  const own = await foreignStudent(student.model)?.digest(shape);
  const now: ForeignSources = {
    ...(from !== undefined && { method: importedModule(from).digest }),
    ...(own !== undefined && { student: own }),
  };
  if (Object.keys(now).length === 0) return undefined;
  const file = join(root, 'sources.json');
  const known = await readJson(file, 'Remove the folder of this training: it is then done again.');
  if (known === undefined) await writeJson(file, now);
  if (known === undefined || isDeepStrictEqual(known, now)) return now;
  const { method, student: before } = known as ForeignSources;
  const changed = [
    ...(method === now.method ? [] : ['method']),
    ...(before === now.student ? [] : ['student']),
  ];
  throw new DistillError({
    code: 'data',
    where: root,
    expected: `the ${changed.join(' and ')} that the training was begun with`,
    got: 'another one',
    hint: 'Put it back as it was, remove this folder to train again, or start another run with another --out.',
  });
}
