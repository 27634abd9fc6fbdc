import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { DistillError, resolveEngine } from '@distilljs/core';
import type { MethodConfig, RunConfig } from '../config/index.js';
import type { ModelShape } from '../model/index.js';
import { cellFolder, cellsOf } from './cells.js';
import { importedModule, importModule } from './foreign-modules.js';
import { foreignStudent, loadStudent } from './foreign-students.js';
import type { RunFolder, TrainingFolder } from './run-folder.js';
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
  const known = await knownSources(root);
  if (known === undefined) await writeJson(join(root, SOURCES), now);
  else if (!isDeepStrictEqual(known, now)) expectSources(root, known, now);
  return now;
}

/**
 * Checks that what a configuration takes from outside is what all trainings of its run began with, those included that it does not
 * name: results of two students or methods under one name must not meet in one report.
 *
 * @param run the configuration of the run that the folder holds
 * @throws DistillError code `data` where a module or model has changed
 */
export async function expectSameSources(
  folder: RunFolder,
  run: RunConfig,
  { methods, student: { model } }: RunConfig,
  shape: ModelShape,
): Promise<void> {
  const own = await foreignStudent(model)?.digest(shape);
  const modules = new Map(
    methods.flatMap(({ as, from }) => (from === undefined ? [] : [[as, importedModule(from).digest]])),
  );
  if (own === undefined && modules.size === 0) return;
  for (const cell of cellsOf(run)) {
    if (cell.kind === 'teacher') continue;
    const { root } = cellFolder(folder, cell);
    const known = await knownSources(root);
    if (known === undefined) continue;
    const method = modules.get(cell.method) ?? known.method;
    expectSources(root, known, { method, student: own ?? known.student });
  }
}

const SOURCES = 'sources.json';

const knownSources = async (root: string): Promise<ForeignSources | undefined> =>
  (await readJson(join(root, SOURCES), 'Remove the folder of this training: it is then done again.')) as
    ForeignSources | undefined;

function expectSources(root: string, known: ForeignSources, now: ForeignSources): void {
  const changed = [
    ...(known.method === now.method ? [] : ['method']),
    ...(known.student === now.student ? [] : ['student']),
  ];
  if (changed.length === 0) return;
  throw new DistillError({
    code: 'data',
    where: root,
    expected: `the ${changed.join(' and ')} that the training was begun with`,
    got: 'another one',
    hint: 'Put it back as it was, remove this folder to train again, or start another run with another --out.',
  });
}
