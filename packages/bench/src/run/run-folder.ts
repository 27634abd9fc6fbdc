import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DistillError } from '@distilljs/core';
import { readJson, writeJson } from './write-json.js';

/** Paths of a run folder; the layout is a contract with whoever reads it. */
export interface RunFolder {
  readonly root: string;
  readonly config: string;
  readonly environment: string;
  readonly report: string;
  readonly teacher: TrainingFolder;
  student(method: string, seed: number): TrainingFolder;
}

/** Paths of one training: the teacher's, or one method with one seed. */
export interface TrainingFolder {
  readonly metrics: string;
  readonly result: string;
  readonly checkpoint: string;
  /** Folder of the saved model. */
  readonly model: string;
}

export function runFolder(root: string): RunFolder {
  const training = (folder: string, model: string): TrainingFolder => ({
    metrics: join(folder, 'metrics.jsonl'),
    result: join(folder, 'result.json'),
    checkpoint: join(folder, 'checkpoint'),
    model: join(folder, model),
  });
  return {
    root,
    config: join(root, 'config.json'),
    environment: join(root, 'environment.json'),
    report: join(root, 'report'),
    teacher: training(join(root, 'teacher'), 'model'),
    student: (method, seed) => training(join(root, method, String(seed)), 'student'),
  };
}

/** What to do with a run folder that already holds something. */
export type Existing = 'refuse' | 'resume' | 'overwrite';

/**
 * Makes a run folder ready for a configuration, and writes the configuration into it.
 *
 * @throws DistillError code `config` when the folder holds another run, or any and `existing` is `refuse`
 */
export async function openRunFolder(folder: RunFolder, config: object, existing: Existing): Promise<void> {
  const found = await readJson(folder.config).catch((error: unknown) => {
    if (existing === 'overwrite') return undefined;
    throw error;
  });
  const refuse = (expected: string, got: string, hint: string): never => {
    throw new DistillError({ code: 'config', where: folder.root, expected, got, hint });
  };
  if (existing === 'overwrite') {
    // Only what is known to be a run is removed: a slip of --out must not cost a home folder.
    if (found === undefined && (await entriesOf(folder.root)).length > 0) {
      refuse('a run folder or an empty one to overwrite', 'a folder of something else', 'Use another --out.');
    }
    await rm(folder.root, { recursive: true, force: true });
  } else if (found !== undefined) {
    if (existing === 'refuse') {
      refuse('a new folder', 'one that holds a run', 'Add --resume to go on with it, --overwrite to start over, or use another --out.');
    }
    const differing = differences(config, found);
    if (differing.length > 0) {
      refuse('the configuration that the run was started with', `another ${differing.join(', ')}`, 'Use another --out, or --overwrite.');
    }
  } else if ((await entriesOf(folder.root)).length > 0) {
    refuse('a new or empty folder', 'a folder of something else', 'Use another --out.');
  }
  await writeJson(folder.config, config);
}

/** What lies in a folder; what a crash in the middle of a write left does not count. */
async function entriesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder).catch(() => []);
  return entries.filter((entry) => !entry.endsWith('.unfinished'));
}

/** What may change between a run and its continuation: more methods and seeds add rows, they change none. */
const EXTENSIBLE = new Set(['methods', 'seeds']);

function differences(wanted: object, found: unknown): string[] {
  const before = (found ?? {}) as Record<string, unknown>;
  const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
  return Object.entries(wanted).flatMap(([key, value]) =>
    EXTENSIBLE.has(key) || same(value, before[key]) ? [] : [`${key} (${JSON.stringify(before[key])}, now ${JSON.stringify(value)})`],
  );
}
