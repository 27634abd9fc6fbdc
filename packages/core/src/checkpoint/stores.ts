import { describeValue, DistillError } from '../error/index.js';
import { firstLine } from '../error/first-line.js';
import { nodeModule } from '../platform/node-module.js';
import { writeWhole } from '../platform/write-whole.js';
import { isSnapshotName } from './snapshot.js';

/** A place for checkpoints. */
export interface CheckpointStore {
  /** Location shown in messages, e.g. the folder's path. */
  readonly where: string;
  /** Names of the stored checkpoints, oldest first. */
  list(): Promise<readonly string[]>;
  read(name: string): Promise<Uint8Array>;
  /** Writes atomically: a crash leaves the previous content. */
  write(name: string, bytes: Uint8Array): Promise<void>;
  remove(name: string): Promise<void>;
  /**
   * True if the store itself ensures a single writer, e.g. by a lock; else a second run is refused once
   * noticed.
   */
  readonly isGuarded?: boolean;
  /** Names of incomplete writes that a crash left, if the store can tell; they are never read. */
  unfinished?(): Promise<readonly string[]>;
}

/** @throws DistillError code `option` for anything but a store */
export function expectStore(store: unknown, where = 'checkpoints'): asserts store is CheckpointStore {
  const parts = ['list', 'read', 'write', 'remove'];
  const given = Object(store) as Readonly<Record<string, unknown>>;
  if (parts.every((part) => typeof given[part] === 'function')) return;
  throw new DistillError({
    code: 'option',
    where,
    expected: 'a folder’s path, or a store such as memoryStore()',
    got: describeValue(store),
  });
}

/** Keeps checkpoints in memory: for tests, and for runs that need not outlive a page. */
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

const PURPOSE = 'checkpoints in a folder';
const SUFFIX = '.safetensors';
const WHOLE = /^(.+)\.safetensors$/;
const CUT_SHORT = /^(.+?)(?:\.safetensors\.\d+-\d+)?\.unfinished$/;

/**
 * Keeps checkpoints as files in a folder (Node). Each is written to a temporary file, flushed to disk, then
 * renamed into place. Only files named as checkpoints are listed and removed; other files in the folder stay.
 * @throws DistillError code `platform` outside Node; `checkpoint` from `read` for a file that cannot be read;
 *   `option` from `list` if the path is not a folder
 */
export function directoryStore(folder: string): CheckpointStore {
  const fs = nodeModule('node:fs/promises', PURPOSE);
  const path = nodeModule('node:path', PURPOSE);
  /** Files that match the pattern, with the names of their checkpoints. */
  const named = async (pattern: RegExp): Promise<{ readonly file: string; readonly name: string }[]> => {
    try {
      const files = (await fs.readdir(folder)).sort();
      return files
        .map((file) => ({ file, name: pattern.exec(file)?.[1] ?? '' }))
        .filter(({ name }) => isSnapshotName(name));
    } catch (error) {
      const { code } = error as { readonly code?: string };
      if (code === 'ENOENT') return [];
      if (code !== 'ENOTDIR') throw error;
      const got = 'something else with that name';
      throw new DistillError({ code: 'option', where: folder, expected: 'a folder for checkpoints', got });
    }
  };
  return {
    where: folder,
    list: async () => (await named(WHOLE)).map(({ name }) => name),
    unfinished: async () => (await named(CUT_SHORT)).map(({ name }) => name),
    async read(name) {
      const file = path.join(folder, `${name}${SUFFIX}`);
      try {
        return new Uint8Array(await fs.readFile(file));
      } catch (cause) {
        const got = firstLine(cause);
        throw new DistillError({ code: 'checkpoint', where: file, expected: 'a readable file', got, cause });
      }
    },
    async write(name, bytes) {
      await writeWhole(path.join(folder, `${name}${SUFFIX}`), bytes);
      // Incomplete files of earlier crashes.
      for (const { file } of await named(CUT_SHORT)) await fs.rm(path.join(folder, file), { force: true });
    },
    remove: (name) => fs.rm(path.join(folder, `${name}${SUFFIX}`), { force: true }),
  };
}

/**
 * Keeps checkpoints in the browser's IndexedDB, in a database of this name. They outlive a reload of the page,
 * and its workers share them.
 *
 * @throws DistillError code `platform` without IndexedDB; `option` for a wrong name. Its functions throw code
 *   `checkpoint` if the browser refuses, e.g. because the storage quota is exceeded
 */
export function indexedDbStore(name: string): CheckpointStore {
  if (typeof name !== 'string' || name === '') {
    const got = describeValue(name);
    throw new DistillError({ code: 'option', where: 'indexedDbStore', expected: 'a name', got });
  }
  const where = `indexeddb://${name}`;
  const { indexedDB: factory } = globalThis as { readonly indexedDB?: IDBFactory };
  if (factory === undefined) {
    throw new DistillError({
      code: 'platform',
      where: 'indexedDbStore',
      expected: 'a browser with IndexedDB',
      got: 'a platform without it',
      hint: 'In Node use a folder: checkpoints(DIR).',
    });
  }
  /** Runs one transaction; resolves when its writes are on disk. */
  const use = async <Value>(
    mode: IDBTransactionMode,
    act: (files: IDBObjectStore) => IDBRequest<Value>,
  ): Promise<Value> => {
    let database: IDBDatabase | undefined;
    try {
      const opening = factory.open(where, 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore(FILES);
      database = await settled(opening);
      const transaction = database.transaction(FILES, mode, { durability: 'strict' });
      const request = act(transaction.objectStore(FILES));
      await new Promise<void>((resolve, reject) => {
        transaction.oncomplete = () => {
          resolve();
        };
        transaction.onabort = transaction.onerror = () => {
          reject(transaction.error ?? new Error('the browser ended the transaction'));
        };
      });
      return request.result;
    } catch (cause) {
      const got = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
      const hint =
        'The browser may be short of space, or in a private window: navigator.storage.estimate() tells.';
      throw new DistillError({ code: 'checkpoint', where, expected: 'a database to use', got, hint, cause });
    } finally {
      database?.close();
    }
  };
  return {
    where,
    list: async () =>
      (await use('readonly', (files) => files.getAllKeys())).map(String).filter(isSnapshotName).sort(),
    async read(key) {
      const bytes = await use<unknown>('readonly', (files) => files.get(key) as IDBRequest<unknown>);
      if (bytes instanceof Uint8Array) return bytes;
      const got = describeValue(bytes);
      throw new DistillError({
        code: 'checkpoint',
        where: `${where}, ${key}`,
        expected: 'a checkpoint',
        got,
      });
    },
    async write(key, bytes) {
      await use('readwrite', (files) => files.put(bytes.slice(), key));
    },
    remove: (key) => use('readwrite', (files) => files.delete(key)),
  };
}

const FILES = 'checkpoints';

const settled = <Value>(request: IDBRequest<Value>): Promise<Value> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(request.error ?? new Error('the browser gives no reason'));
    };
  });
