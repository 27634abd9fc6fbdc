import { clear, createStore, entries, set } from 'idb-keyval';
import type { Finished, JobName, StoredRun } from './types.js';

/* The one run that the browser keeps, so that a reload loses nothing. Checkpoints of its trainings are databases of their own. */

const store = createStore('distilljs-playground', 'run');

/** A run as it was left. */
export interface KeptRun {
  readonly run: StoredRun;
  readonly finished: Readonly<Record<JobName, Finished>>;
  /** Validation accuracy by epoch. */
  readonly curves: Readonly<Record<JobName, readonly number[]>>;
}

const CHECKPOINTS = 'distilljs-playground';

/** The database of a training's checkpoints. */
export const checkpointsOf = ({ id }: StoredRun, job: JobName): string => `${CHECKPOINTS} ${id} ${job}`;

/** Frees what a training needed to go on, once it is done. */
export const forgetCheckpoints = (run: StoredRun, job: JobName): void => {
  indexedDB.deleteDatabase(databaseOf(checkpointsOf(run, job)));
};

/** As core's `indexedDbStore` calls it. */
const databaseOf = (place: string): string => `indexeddb://${place}`;

export const keepRun = (run: StoredRun): Promise<void> => set('run', run, store);
export const keepFinished = (job: JobName, finished: Finished): Promise<void> =>
  set(`finished ${job}`, finished, store);
export const keepCurve = (job: JobName, curve: readonly number[]): Promise<void> =>
  set(`curve ${job}`, curve, store);

export async function keptRun(): Promise<KeptRun | undefined> {
  const all = new Map<string, unknown>(await entries<string, unknown>(store));
  const run = all.get('run') as StoredRun | undefined;
  if (run === undefined) return undefined;
  const within = <Value>(kind: string): Record<JobName, Value> =>
    Object.fromEntries(
      [...all]
        .filter(([key]) => key.startsWith(`${kind} `))
        .map(([key, value]) => [key.slice(kind.length + 1), value as Value]),
    );
  return { run, finished: within<Finished>('finished'), curves: within<readonly number[]>('curve') };
}

/** Forgets the run, with its images, models and checkpoints. */
export async function forgetRun(): Promise<void> {
  await clear(store);
  for (const { name = '' } of await indexedDB.databases())
    if (name.startsWith(databaseOf(`${CHECKPOINTS} `))) indexedDB.deleteDatabase(name);
}
