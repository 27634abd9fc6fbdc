import { DistillError, isDistillError } from '../error/index.js';
import { decodeSafetensors } from './safetensors.js';
import { SNAPSHOT_FORMAT } from './save-snapshot.js';
import type { RunIdentity, Snapshot } from './snapshot.js';
import type { CheckpointStore } from './store.js';

/**
 * The newest snapshot that is whole. Damaged ones are passed over, and said so.
 *
 * @param identity of the run that wants to go on
 * @param warn told about every damaged file
 * @returns undefined when the store is empty. The caller owns the tensors.
 * @throws DistillError code `checkpoint` when the snapshot is of another run, or nothing but damaged ones are there
 */
export async function loadSnapshot(
  store: CheckpointStore,
  identity: RunIdentity,
  warn: (message: string) => void,
): Promise<Snapshot | undefined> {
  const names = [...(await store.list())].reverse();
  const failures: string[] = [];
  for (const name of names) {
    let found: Snapshot;
    try {
      const { tensors, metadata } = decodeSafetensors(
        await store.read(name),
        `${store.where}, checkpoint ${name}`,
      );
      const { format = 'no format', snapshot = '' } = metadata;
      if (format !== SNAPSHOT_FORMAT) {
        throw new DistillError({ code: 'checkpoint', where: name, expected: SNAPSHOT_FORMAT, got: format });
      }
      found = { ...(JSON.parse(snapshot) as Omit<Snapshot, 'tensors'>), tensors };
    } catch (error) {
      if (!isDistillError(error)) throw error;
      failures.push(error.message);
      warn(`Checkpoint passed over: ${error.message}`);
      continue;
    }
    expectSameRun(`${store.where}, checkpoint ${name}`, identity, found.identity);
    return found;
  }
  if (names.length === 0) return undefined;
  throw new DistillError({
    code: 'checkpoint',
    where: store.where,
    expected: 'at least one whole checkpoint',
    got: `${names.length} damaged: ${failures.join(' | ')}`,
    hint: 'Start over in an empty folder, or with resume: false.',
  });
}

function expectSameRun(where: string, wanted: RunIdentity, found: RunIdentity): void {
  const differing = (Object.keys(wanted) as (keyof RunIdentity)[]).filter(
    (key) => wanted[key] !== found[key],
  );
  if (differing.length === 0) return;
  throw new DistillError({
    code: 'checkpoint',
    where,
    expected: `a checkpoint of this run (${differing.map((key) => `${key} ${wanted[key]}`).join(', ')})`,
    got: `one of a run with ${differing.map((key) => `${key} ${found[key]}`).join(', ')}`,
    hint: 'Use another folder, or start over with resume: false.',
  });
}
