import { encodeSafetensors } from './safetensors.js';
import type { Snapshot, SnapshotPosition } from './snapshot.js';
import type { CheckpointStore } from './store.js';

/** Version of what stands in a checkpoint's metadata. */
export const SNAPSHOT_FORMAT = 'distilljs-snapshot-1';

/**
 * Writes a snapshot and removes all others but the `keep − 1` before it. What stands after it is damaged, or the run would
 * have gone on from there.
 * @returns the name that it is stored under
 */
export async function saveSnapshot(
  store: CheckpointStore,
  snapshot: Snapshot,
  keep: number,
): Promise<string> {
  const { tensors, ...rest } = snapshot;
  const name = snapshotName(snapshot.position);
  const bytes = await encodeSafetensors(tensors, { format: SNAPSHOT_FORMAT, snapshot: JSON.stringify(rest) });
  await store.write(name, bytes);
  const names = await store.list();
  const position = names.indexOf(name);
  const old = position < 0 ? [] : names.filter((_, at) => at > position || at <= position - keep);
  for (const other of old) await store.remove(other);
  return name;
}

/** What a snapshot is stored under: in the order of the alphabet, names stand in the order of the run. */
export function snapshotName({ phase, epoch, step }: SnapshotPosition): string {
  const digits = (value: number, width: number): string => String(value).padStart(width, '0');
  return `phase-${digits(phase, 2)}-epoch-${digits(epoch, 5)}-step-${digits(step, 7)}`;
}
