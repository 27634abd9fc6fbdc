import { readdir, rename, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { DistillError, UNFINISHED } from '@distilljs/core';
import { withAbsolutePaths } from '../config/index.js';
import type { RunConfig } from '../config/index.js';
import type { RunEnvironment } from '../report/index.js';
import { changedParts } from './datasets.js';
import type { DataFingerprints } from './datasets.js';
import { cellFolder, cellsOf } from './cells.js';
import { expectIdle, LOCK } from './lock.js';
import { readStudy } from './matrix.js';
import { isWithin, pathsOf } from './places.js';
import { tidyRun } from './left-behind.js';
import { makeAside, REPLACED } from './replaced.js';
import type { RunFolder } from './run-folder.js';
import { readEnvironment, readRun } from './stored.js';
import type { FoundRun } from './stored.js';
import { writeJson } from './write-json.js';

/** What to do with a folder that already holds a run: refuse, finish it, or start over. */
export type Existing = 'refuse' | 'resume' | 'overwrite';

/**
 * Checks whether a configuration may run in a folder, and changes nothing there.
 *
 * A resumed run may have other methods and seeds than before: they add rows to the report and change none.
 *
 * @returns the run that the folder holds
 * @throws DistillError code `config` when the path is not a folder, the folder holds other files or a different run, it holds any run and
 * `existing` is `refuse`, or it holds files that the configuration reads and `existing` is `overwrite`
 */
export async function examineFolder(
  folder: RunFolder,
  config: RunConfig,
  existing: Existing,
): Promise<FoundRun | undefined> {
  const refuse = refusalOf(folder);
  const found = await stat(folder.root).catch(() => undefined);
  if (found?.isDirectory() === false) throw refuse('a folder', 'a file', 'Use another --out.');
  const run = found === undefined ? undefined : await readRun(folder);
  if (run === undefined) {
    // Only a folder known to hold a run is written into or removed: a mistyped --out must not cost a home folder.
    if (found !== undefined && (await holdsOther(folder))) {
      const expected =
        'a new folder, an empty one, or one that holds a run (config.json and environment.json)';
      const got =
        (await readStudy(folder.root)) === undefined ? 'a folder with other files' : 'one of a study';
      throw refuse(expected, got, 'Use another --out.');
    }
    return undefined;
  }
  if (existing === 'refuse') {
    const hint = 'Add --resume to continue it, --overwrite to start over, or use another --out.';
    throw refuse('a new folder', 'one that holds a run', hint);
  }
  if (existing === 'overwrite') {
    expectNothingNeeded(folder, config);
    await expectIdle(cellsOf(run.config).map((cell) => cellFolder(folder, cell).root));
    return run;
  }
  const differing = differences(config, run);
  if (differing.length > 0) {
    const expected = 'the configuration that the run was started with';
    throw refuse(expected, `another ${differing.join(', ')}`, 'Use another --out, or --overwrite.');
  }
  return run;
}

/**
 * @throws DistillError code `data` when a resumed run was started on other images, or with other class names
 */
export function expectSameData({ root }: RunFolder, run: FoundRun, now: DataFingerprints): void {
  const changed = run.data === undefined ? [] : changedParts(run.data, now);
  if (changed.length === 0) return;
  throw new DistillError({
    code: 'data',
    where: root,
    expected: 'the data that the run was started with',
    got: `other ${changed.join(', ')}`,
    hint: 'Restore the data, or start a new run with another --out, or with --overwrite.',
  });
}

/**
 * Prepares an examined folder for a run, and writes the files that describe the run. For a resumed run the configuration then
 * names the methods and seeds of both runs; the environment stays that of the first start.
 *
 * An overwritten run is moved aside within its folder, its own files only; `removeReplaced` removes it once the new run has its
 * teacher.
 * @param before what {@link examineFolder} found
 * @returns where the overwritten run now lies, if there was one
 */
export async function openFolder(
  folder: RunFolder,
  existing: Existing,
  before: FoundRun | undefined,
  now: { readonly config: RunConfig; readonly environment: RunEnvironment; readonly data: DataFingerprints },
): Promise<string | undefined> {
  await tidyRun(folder.root);
  const kept = existing === 'resume' ? before : undefined;
  const aside = before !== undefined && kept === undefined ? await moveAside(folder, before) : undefined;
  // The configuration comes last: a folder that has one has the others.
  if (kept === undefined) await writeJson(folder.environment, now.environment);
  if (kept?.data === undefined) await writeJson(folder.data, now.data);
  await writeJson(folder.config, kept === undefined ? now.config : joined(kept.config, now.config));
  return aside;
}

/** Moves only what a run wrote: a user may keep notes beside it. */
async function moveAside({ root }: RunFolder, { config }: FoundRun): Promise<string> {
  const methods = config.methods.map(({ as }) => as);
  const own = new Set([
    'config.json',
    'environment.json',
    'data.json',
    'race.json',
    'teacher',
    'report',
    'tune',
    ...methods,
  ]);
  const entries = (await readdir(root)).filter((entry) => own.has(entry) || entry.endsWith(UNFINISHED));
  const aside = await makeAside(root);
  // The configuration moves first: without it a folder is no run, whenever a crash comes.
  const ordered = [...entries].sort((a, b) => Number(b === 'config.json') - Number(a === 'config.json'));
  for (const entry of ordered) await rename(join(root, entry), join(aside, entry));
  return aside;
}

/** Whether a folder without a run holds anything beyond what a run that crashed at its start leaves behind. */
async function holdsOther(folder: RunFolder): Promise<boolean> {
  const ours = [folder.environment, folder.data].map((file) => basename(file));
  const names = [...ours, basename(folder.config)];
  const isUnfinished = (entry: string): boolean =>
    entry.endsWith(UNFINISHED) && names.some((name) => entry.startsWith(`${name}.`));
  const others = (await readdir(folder.root)).filter(
    (entry) => !isUnfinished(entry) && !entry.startsWith(LOCK) && !REPLACED.test(entry),
  );
  if (others.length === 0) return false;
  return others.some((entry) => !ours.includes(entry)) || (await readEnvironment(folder)) === undefined;
}

/** @throws DistillError code `config` when something that the configuration reads lies in the folder that is to be removed */
export function expectNothingNeeded(folder: RunFolder, config: RunConfig): void {
  for (const [what, path] of pathsOf(config)) {
    if (!isWithin(path, folder.root)) continue;
    const hint = 'Move it out of the folder first, or use another --out.';
    throw refusalOf(folder)(
      'a folder without files that the run needs',
      `one that contains ${what} (${path})`,
      hint,
    );
  }
}

const refusalOf =
  ({ root }: RunFolder) =>
  (expected: string, got: string, hint: string): DistillError =>
    new DistillError({ code: 'config', where: root, expected, got, hint });

/** Differences that keep two configurations from being one run: any field but seeds and methods, or other options of a method. */
export function differences(wanted: RunConfig, run: FoundRun): string[] {
  const [before, now] = [comparable(run.config, run), comparable(wanted, run)];
  const known = new Map(before.methods.map((method) => [method.as, method]));
  const pairs: (readonly [what: string, old: unknown, current: unknown])[] = [
    ...([...new Set([...Object.keys(before), ...Object.keys(now)])] as (keyof RunConfig)[])
      .filter((key) => !['methods', 'seeds', 'tune', 'race'].includes(key))
      // Tuning may begin later, and be left out for methods that are not tuned.
      .filter((key) => key !== 'tuning' || (before.tuning !== undefined && now.tuning !== undefined))
      .map((key) => [key, before[key], now[key]] as const),
    ...now.methods
      .filter(({ as }) => known.has(as))
      .flatMap((method) => [
        [`method ${method.as}`, known.get(method.as), method] as const,
        [`tune of ${method.as}`, before.tune?.[method.as], now.tune?.[method.as]] as const,
      ]),
  ];
  // Resuming a race without `race` would train the methods that it dropped.
  if (before.race !== undefined && now.race === undefined) pairs.push(['race', before.race, undefined]);
  // Many file systems ignore case: two names that differ only in case would share a folder.
  const folded = new Map(before.methods.map(({ as }) => [as.toLowerCase(), as]));
  for (const { as } of now.methods) {
    const other = folded.get(as.toLowerCase());
    if (other !== undefined && other !== as) pairs.push([`name of method ${other}`, other, as]);
  }
  const text = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));
  return pairs.flatMap(([name, old, current]) =>
    isDeepStrictEqual(old, current) ? [] : [`${name} (${text(old)}, now ${text(current)})`],
  );
}

/** The configuration as it reads from a file, with absolute paths. Where data fingerprints exist, they replace the data's paths. */
function comparable(config: RunConfig, { data }: FoundRun): RunConfig {
  const { dataset, ...others } = withAbsolutePaths(config);
  const compared =
    data === undefined
      ? dataset
      : { ...dataset, dir: undefined, file: undefined, cacheDir: undefined, decoder: undefined };
  return JSON.parse(JSON.stringify({ ...others, dataset: compared })) as RunConfig;
}

/** Methods and seeds of both configurations, the found one's first: a race goes through seeds in their order. */
function joined(found: RunConfig, wanted: RunConfig): RunConfig {
  const known = new Set(found.methods.map(({ as }) => as));
  const tune = { ...found.tune, ...wanted.tune };
  return {
    ...wanted,
    ...(Object.keys(tune).length > 0 && { tune, tuning: wanted.tuning ?? found.tuning }),
    methods: [...found.methods, ...wanted.methods.filter(({ as }) => !known.has(as))],
    seeds: [...new Set([...found.seeds, ...wanted.seeds])],
  };
}
