import type { CheckpointStore } from './store.js';

/** Checkpoints in memory: for tests and for browsers. */
export function memoryStore(): CheckpointStore {
  const files = new Map<string, Uint8Array>();
  return {
    where: 'memory',
    list: () => Promise.resolve([...files.keys()].sort()),
    read: (name) => Promise.resolve((files.get(name) ?? new Uint8Array()).slice()),
    write(name, bytes) {
      files.set(name, bytes.slice());
      return Promise.resolve();
    },
    remove(name) {
      files.delete(name);
      return Promise.resolve();
    },
  };
}
