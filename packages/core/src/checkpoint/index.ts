export { decodeSafetensors, encodeSafetensors } from './safetensors.js';
export { floatValues, readSafetensors } from './safetensors-file.js';
export type { SafetensorsEntry, SafetensorsFile, StoredTensor } from './safetensors-file.js';
export { snapshotName } from './snapshot.js';
export type { PartialEpoch, RunIdentity, Snapshot, SnapshotPosition } from './snapshot.js';
export { loadSnapshot, removeSnapshots, saveSnapshot, snapshotNames } from './snapshots.js';
export { directoryStore, expectStore, indexedDbStore, memoryStore } from './stores.js';
export type { CheckpointStore } from './stores.js';
