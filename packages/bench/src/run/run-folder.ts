import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DistillError } from '@distilljs/core';
import type { RunConfig } from '../config/index.js';
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
  /** What the method showed of itself; there for a method's first seed, if it shows anything. */
  readonly inspections: string;
  readonly checkpoint: string;
  /** What the network says as a teacher, where that is cached on disk. */
  readonly outputs: string;
  /** Folder of the saved model; those of a cohort have `-1`, `-2`, … behind it. */
  readonly model: string;
}

export function runFolder(root: string): RunFolder {
  const training = (folder: string, model: string): TrainingFolder => ({
    metrics: join(folder, 'metrics.jsonl'),
    result: join(folder, 'result.json'),
    inspections: join(folder, 'inspections.jsonl'),
    checkpoint: join(folder, 'checkpoint'),
    outputs: join(folder, 'outputs'),
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
 * A run that is gone on with may have other methods and seeds than before: they add rows to the report, they change none.
 * The folder's configuration then names them all.
 * @throws DistillError code `config` when the folder holds another run, or any and `existing` is `refuse`
 */
export async function openRunFolder(folder: RunFolder, config: RunConfig, existing: Existing): Promise<void> {
  const found = (await readJson(folder.config).catch((error: unknown) => {
    if (existing === 'overwrite') return undefined;
    throw error;
  })) as RunConfig | undefined;
  const refuse = (expected: string, got: string, hint: string): never => {
    throw new DistillError({ code: 'config', where: folder.root, expected, got, hint });
  };
  const isForeign = found === undefined && (await entriesOf(folder.root)).length > 0;
  if (isForeign) {
    // Only what is known to be a run is written into or removed: a slip of --out must not cost a home folder.
    refuse(
      'a new folder, an empty one, or one that holds a run',
      'a folder of something else',
      'Use another --out.',
    );
  }
  if (existing === 'overwrite') {
    await rm(folder.root, { recursive: true, force: true });
  } else if (found !== undefined) {
    if (existing === 'refuse') {
      const hint = 'Add --resume to go on with it, --overwrite to start over, or use another --out.';
      refuse('a new folder', 'one that holds a run', hint);
    }
    const differing = differences(config, found);
    if (differing.length > 0) {
      const expected = 'the configuration that the run was started with';
      refuse(expected, `another ${differing.join(', ')}`, 'Use another --out, or --overwrite.');
    }
  }
  await writeJson(
    folder.config,
    existing === 'resume' && found !== undefined ? joined(found, config) : config,
  );
}

/** What lies in a folder; what a crash in the middle of a write left does not count. */
async function entriesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder).catch(() => []);
  return entries.filter((entry) => !entry.endsWith('.unfinished'));
}

/** Where two configurations cannot be of one run: any field but seeds and methods, or one method with other options. */
function differences(wanted: RunConfig, found: RunConfig): string[] {
  const text = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));
  const known = new Map(found.methods.map((method) => [method.as, method]));
  const methods = wanted.methods.filter(({ as }) => known.has(as));
  const pairs = [
    ...(Object.keys(wanted) as (keyof RunConfig)[])
      .filter((key) => key !== 'methods' && key !== 'seeds')
      .map((key) => [key, found[key], wanted[key]] as const),
    ...methods.map((method) => [`method ${method.as}`, known.get(method.as), method] as const),
  ];
  return pairs.flatMap(([name, before, now]) =>
    text(before) === text(now) ? [] : [`${name} (${text(before)}, now ${text(now)})`],
  );
}

/** Methods and seeds of both, those that were there first. */
function joined(found: RunConfig, wanted: RunConfig): RunConfig {
  const known = new Set(found.methods.map(({ as }) => as));
  return {
    ...wanted,
    methods: [...found.methods, ...wanted.methods.filter(({ as }) => !known.has(as))],
    seeds: [...new Set([...found.seeds, ...wanted.seeds])].sort((a, b) => a - b),
  };
}
