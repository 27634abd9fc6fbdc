import { isRunConfig } from '../config/index.js';
import type { RunConfig } from '../config/index.js';
import type { RunEnvironment } from '../report/index.js';
import type { DataFingerprints } from './data-fingerprints.js';
import type { RunFolder } from './run-folder.js';
import { readJson } from './write-json.js';

/** What a run folder says of its run. */
export interface FoundRun {
  readonly config: RunConfig;
  /** The machine and the versions that it was begun with. */
  readonly environment: RunEnvironment;
  /** Undefined in folders of versions that did not keep it. */
  readonly data: DataFingerprints | undefined;
}

const RESTORE =
  'Restore it from a copy (report/report.json has one, as `config` and `environment`), or use another folder.';

/**
 * Reads a folder's run. Many programs write a config.json: a run has one with its own fields, and an environment.json.
 *
 * @returns undefined when the folder holds no run
 * @throws DistillError code `data` for a file that is damaged
 */
export async function readRun(folder: RunFolder): Promise<FoundRun | undefined> {
  const config = await readJson(folder.config, RESTORE);
  const environment = await readEnvironment(folder);
  if (environment === undefined || !isRunConfig(config)) return undefined;
  return { config, environment, data: (await readJson(folder.data)) as DataFingerprints | undefined };
}

/**
 * The environment that a folder's run was begun with; undefined where there is none, or the file is another program's.
 *
 * @throws DistillError code `data` for a file that is damaged
 */
export async function readEnvironment(folder: RunFolder): Promise<RunEnvironment | undefined> {
  const found = (await readJson(folder.environment, RESTORE)) as Partial<RunEnvironment> | undefined | null;
  const isOurs = typeof found?.engine?.name === 'string' && typeof found.packages === 'object';
  return isOurs ? (found as RunEnvironment) : undefined;
}
