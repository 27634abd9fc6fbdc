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
 * Loads the modules and models that a configuration takes from outside. From then on their methods and students are found by name.
 *
 * @throws DistillError codes `config`, `data`
 */
export async function loadForeign({ engine, methods, student }: RunConfig): Promise<void> {
  for (const { from } of methods) if (from !== undefined) await importModule(from);
  // tfjs reads a model into an engine's memory. The engine's warnings appear when the run starts.
  if (student.path !== undefined) await resolveEngine(engine, { warn: () => undefined });
  await loadStudent(student);
}

/** SHA-256 of the modules and models that a training took from outside. */
export interface ForeignSources {
  readonly method?: string | undefined;
  readonly student?: string | undefined;
}

/**
 * Records the outside sources of a training, or checks that they are those of its start.
 *
 * @returns undefined where nothing comes from outside
 * @throws DistillError code `data` where a module or model has changed
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
