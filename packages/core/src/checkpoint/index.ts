export { directoryStore } from './directory-store.js';
export { loadSnapshot } from './load-snapshot.js';
export { memoryStore } from './memory-store.js';
export { decodeSafetensors, encodeSafetensors } from './safetensors.js';
export { saveSnapshot, snapshotName } from './save-snapshot.js';
export type { PartialEpoch, RunIdentity, Snapshot, SnapshotPosition } from './snapshot.js';
export type { CheckpointStore } from './store.js';
