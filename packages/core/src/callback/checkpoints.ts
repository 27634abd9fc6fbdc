import * as tf from '@tensorflow/tfjs-core';
import {
  directoryStore,
  expectStore,
  loadSnapshot,
  removeSnapshots,
  saveSnapshot,
  snapshotName,
  snapshotNames,
} from '../checkpoint/index.js';
import type { CheckpointStore } from '../checkpoint/index.js';
import { DistillError } from '../error/index.js';
import { givenPath } from '../platform/path.js';
import { checkOptions, flag, wholeNumber } from '../option/index.js';
import type { Callback, RunControl } from '../train/callback.js';

export interface CheckpointsOptions {
  /** Number of epochs between checkpoints. Default 1. */
  readonly everyEpochs: number;
  /** Number of steps between further checkpoints within an epoch; 0 for none. Default 0. */
  readonly everySteps: number;
  /** Number of checkpoints to keep. Default 2, so that one remains if the other is damaged. */
  readonly keep: number;
  /**
   * Resume from a stored checkpoint. `false` starts over and removes old checkpoints after the first new one.
   * Default true.
   */
  readonly resume: boolean;
}

/**
 * Saves the complete state of a run while it trains, and continues from there when the run is started again.
 *
 * On `cpu` and `wasm`, a resumed run gives bitwise the result of an uninterrupted one, even if it was killed in
 * the middle of an epoch or of a write. An aborted run saves before it ends. List it after callbacks
 * that must see every epoch, such as {@link inspections}: a run that is killed between the two hooks goes on after the
 * checkpoint, and does not call them for that epoch again. `jsonl` and `earlyStop` need only the run's history.
 * @param place a folder (Node), as a path or `file:` URL, or a store such as `indexedDbStore(NAME)`
 * @throws DistillError code `option` for wrong options or no place. During the run, code `checkpoint` at the
 *   start if the stored checkpoints belong to another run, and later if another run writes to the same place
 */
export function checkpoints(
  place: string | URL | CheckpointStore,
  given: Partial<CheckpointsOptions> = {},
): Callback {
  const { everyEpochs, everySteps, keep, resume } = checkOptions<CheckpointsOptions>(
    'checkpoints',
    given,
    { everyEpochs: 1, everySteps: 0, keep: 2, resume: true },
    {
      everyEpochs: wholeNumber({ min: 1 }),
      everySteps: wholeNumber({ min: 0 }),
      keep: wholeNumber({ min: 1 }),
      resume: flag,
    },
  );
  const isPath = (typeof place === 'string' && place !== '') || place instanceof URL;
  const store: unknown = isPath ? directoryStore(givenPath('checkpoints', place)) : place;
  expectStore(store);
  let outdated: readonly string[] = [];
  /** Checkpoints that existed at the start, and those that this run wrote. */
  let known = new Set<string>();
  /** Whether `resume` has looked at the store for the run that starts. */
  let hasLooked = false;
  const look = async (): Promise<void> => {
    known = new Set(await snapshotNames(store));
    outdated = resume ? [] : [...known];
    hasLooked = true;
  };
  const save = async (run: RunControl): Promise<void> => {
    const foreign = (await snapshotNames(store)).find((other) => !known.has(other));
    if (foreign !== undefined && store.isGuarded !== true) throw twoRuns(store.where, foreign);
    const name = await saveSnapshot(store, run.snapshot(), keep);
    known.add(name);
    await removeSnapshots(
      store,
      outdated.filter((other) => other !== name),
    );
    outdated = [];
    run.checkpointed(`${store.where}, ${name}`);
  };
  return {
    name: 'checkpoints',
    async resume(identity, run) {
      await look();
      if (!resume) return undefined;
      const snapshot = await loadSnapshot(store, identity, (message) => {
        run.warn(message);
      });
      if (snapshot !== undefined) run.checkpointed(`${store.where}, ${snapshotName(snapshot.position)}`);
      return snapshot;
    },
    async start(run) {
      if (!hasLooked) {
        // Another callback resumed the run before this one was asked. Checkpoints of another run are refused all the same.
        await look();
        const warn = run.warn.bind(run);
        if (resume) tf.dispose((await loadSnapshot(store, run.snapshot().identity, warn))?.tensors ?? {});
      }
      hasLooked = false;
    },
    async step({ step, stepsPerEpoch }, run) {
      if (everySteps > 0 && step % everySteps === 0 && step < stepsPerEpoch) await save(run);
    },
    async epoch({ globalEpoch }, run) {
      if ((globalEpoch + 1) % everyEpochs === 0 || run.done === run.total) await save(run);
    },
    abort: save,
  };
}

/**
 * Two runs would remove each other's checkpoints. The one that notices stops before it writes or removes
 * anything more.
 */
const twoRuns = (where: string, name: string): DistillError =>
  new DistillError({
    code: 'checkpoint',
    where,
    expected: 'checkpoints of this run alone',
    got: `${name}, which another run wrote meanwhile`,
    hint: 'Give each run a folder or store of its own, or wait for the other one to end and start this one again.',
  });
