export { decodeSafetensors, encodeSafetensors } from './safetensors.js';
export { snapshotName } from './snapshot.js';
export type { PartialEpoch, RunIdentity, Snapshot, SnapshotPosition } from './snapshot.js';
export { loadSnapshot, removeSnapshots, saveSnapshot } from './snapshots.js';
export { directoryStore, memoryStore } from './stores.js';
export type { CheckpointStore } from './stores.js';
