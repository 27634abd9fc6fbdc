import * as tf from '@tensorflow/tfjs-core';
import { DistillError, isDistillError } from '../error/index.js';
import { decodeSafetensors, encodeSafetensors } from './safetensors.js';
import { isSnapshotName, snapshotName } from './snapshot.js';
import type { RunIdentity, Snapshot } from './snapshot.js';
import { expectStore } from './stores.js';
import type { CheckpointStore } from './stores.js';

/** Version of the format of a checkpoint's metadata. */
const SNAPSHOT_FORMAT = 'distilljs-snapshot-1';

/**
 * Writes a snapshot and removes all others except the `keep − 1` before it. Later ones must be damaged:
 * otherwise the run would have resumed from them.
 * @returns the name that it is stored under
 */
export async function saveSnapshot(
  store: CheckpointStore,
  snapshot: Snapshot,
  keep: number,
): Promise<string> {
  expectStore(store, 'saveSnapshot');
  const { tensors, ...rest } = snapshot;
  const name = snapshotName(snapshot.position);
  const bytes = await encodeSafetensors(tensors, {
    format: SNAPSHOT_FORMAT,
    snapshot: JSON.stringify(rest, spelled),
  });
  await store.write(name, bytes);
  const names = await snapshotNames(store);
  const position = names.indexOf(name);
  const old = position < 0 ? [] : names.filter((_, at) => at > position || at <= position - keep);
  for (const other of old) await store.remove(other);
  return name;
}

/** Removes the named snapshots from a store, if they still exist. */
export async function removeSnapshots(store: CheckpointStore, names: readonly string[]): Promise<void> {
  for (const name of await snapshotNames(store)) if (names.includes(name)) await store.remove(name);
}

/** Names of a store's snapshots, oldest first. */
export const snapshotNames = async (store: CheckpointStore): Promise<string[]> =>
  [...(await store.list())].filter(isSnapshotName).sort();

/**
 * Loads the newest intact snapshot. Damaged ones are skipped with a warning.
 *
 * @param identity identity of the run to resume
 * @param warn called for every damaged file and every incomplete write
 * @returns the snapshot, whose tensors the caller owns; undefined if the store is empty
 * @throws DistillError code `checkpoint` if the snapshot is from another run, or all snapshots are damaged
 */
export async function loadSnapshot(
  store: CheckpointStore,
  identity: RunIdentity,
  warn: (message: string) => void,
): Promise<Snapshot | undefined> {
  expectStore(store, 'loadSnapshot');
  for (const name of ((await store.unfinished?.()) ?? []).filter(isSnapshotName)) {
    warn(`Checkpoint skipped: ${store.where}, checkpoint ${name}: it was not written to its end.`);
  }
  const names = (await snapshotNames(store)).reverse();
  const failures: string[] = [];
  for (const name of names) {
    const where = `${store.where}, checkpoint ${name}`;
    let found: Snapshot;
    try {
      found = snapshotOf(await store.read(name), where);
    } catch (error) {
      if (!isDistillError(error)) throw error;
      failures.push(error.message);
      warn(`Checkpoint skipped: ${error.message}`);
      continue;
    }
    try {
      expectSameRun(where, identity, found.identity);
    } catch (error) {
      tf.dispose(found.tensors);
      throw error;
    }
    return found;
  }
  if (names.length === 0) return undefined;
  throw new DistillError({
    code: 'checkpoint',
    where: store.where,
    expected: 'at least one whole checkpoint',
    got: `${names.length} damaged: ${failures.join(' | ')}`,
    hint: 'Start over in another folder, or restore one from a copy.',
  });
}

function snapshotOf(file: Uint8Array, where: string): Snapshot {
  const { tensors, metadata } = decodeSafetensors(file, where);
  const { format = 'no format', snapshot = '' } = metadata;
  const state = format === SNAPSHOT_FORMAT ? stateOf(snapshot) : undefined;
  if (state !== undefined) return { ...state, tensors };
  tf.dispose(tensors);
  const got = format === SNAPSHOT_FORMAT ? 'one without a state of training' : format;
  throw new DistillError({ code: 'checkpoint', where, expected: `a file of ${SNAPSHOT_FORMAT}`, got });
}

/** JSON has no NaN and no Infinity, which a loss may be: they are written as objects. */
const spelled = (_: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? { [NOT_FINITE]: String(value) } : value;

const numbered = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && NOT_FINITE in value ? Number(value[NOT_FINITE]) : value;

const NOT_FINITE = 'not finite';

/** Parses the state. Digest and format have been verified, so only a forged file can have another form. */
function stateOf(text: string): Omit<Snapshot, 'tensors'> | undefined {
  try {
    const state = JSON.parse(text, numbered) as Partial<Snapshot> | null;
    return typeof state?.identity === 'object' ? (state as Snapshot) : undefined;
  } catch {
    return undefined;
  }
}

function expectSameRun(where: string, wanted: RunIdentity, found: RunIdentity): void {
  const { layers = found.layers } = wanted;
  // Other weights come from other layers: that needs no word.
  const isSilent =
    found.layers === undefined || layers === found.layers || wanted.students !== found.students;
  const differing = (Object.keys(wanted) as (keyof RunIdentity)[]).filter(
    (key) => wanted[key] !== found[key] && !(key === 'layers' && isSilent),
  );
  if (differing.length === 0) return;
  throw new DistillError({
    code: 'checkpoint',
    where,
    expected: `a checkpoint of this run (${differing.map((key) => `${key} ${wanted[key]}`).join(', ')})`,
    got: `one of a run with ${differing.map((key) => `${key} ${found[key]}`).join(', ')}`,
    hint: 'Use another folder.',
  });
}
