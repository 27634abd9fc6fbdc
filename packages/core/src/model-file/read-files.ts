import { DistillError } from '../error/index.js';
import { firstLine } from '../error/first-line.js';
import { nodeModule } from '../platform/node-module.js';
import { besideOf, listOf, pathOf } from './model-folder.js';
import { IN_FOLDERS, placeOf } from './place.js';
import type { ModelPlace } from './place.js';
import { patientFetch } from './read-artifacts.js';
import type { LoadOptions } from './read-artifacts.js';

/** A file, and how to read files beside it. */
export interface FileAndBeside {
  readonly where: string;
  readonly bytes: Uint8Array;
  /** Its folder on the local disk, if it has one. */
  readonly folder: string | undefined;
  /** @throws DistillError code `data` for a path outside the file's folder, or a missing file */
  readonly beside: (path: string) => Promise<Uint8Array>;
}

/**
 * Reads one file: from a path, a `file:` URL or over HTTP, or the first of the given files.
 *
 * @throws DistillError code `data`
 */
export async function readFiles(
  place: ModelPlace,
  { timeout = 30 }: LoadOptions = {},
): Promise<FileAndBeside> {
  const from = placeOf(place);
  if ('files' in from) {
    const [main, ...others] = from.files;
    if (main === undefined) throw unreadable('files', 'none');
    const bytesOf = async (file: File): Promise<Uint8Array> => new Uint8Array(await file.arrayBuffer());
    const where = pathOf(main);
    return {
      where,
      bytes: await bytesOf(main),
      folder: undefined,
      beside: async (path) => {
        const file = besideOf(others, main, inside(where, path));
        if (file !== undefined) return bytesOf(file);
        throw unreadable(where, `no weight file '${path}' among ${listOf(from.files)}`);
      },
    };
  }
  if ('url' in from) {
    const { url } = from;
    if (!/^https?:/i.test(url)) throw unreadable(url, 'a URL that is neither http(s) nor file');
    const fetched = async (address: string): Promise<Uint8Array> => {
      const response = await reading(address, () => patientFetch(timeout)(address));
      if (!response.ok) throw unreadable(address, `the answer ${response.status} ${response.statusText}`);
      return new Uint8Array(await response.arrayBuffer());
    };
    return {
      where: url,
      bytes: await fetched(url),
      folder: undefined,
      beside: (path) => fetched(new URL(inside(url, path), url).href),
    };
  }
  const fs = nodeModule('node:fs/promises', IN_FOLDERS);
  const path = nodeModule('node:path', IN_FOLDERS);
  const read = (file: string): Promise<Uint8Array> =>
    reading(file, async () => {
      // A device file never ends.
      if (!(await fs.stat(file)).isFile()) throw unreadable(file, 'no regular file');
      return new Uint8Array(await fs.readFile(file));
    });
  const { folder: where } = from;
  const folder = path.dirname(path.resolve(where));
  return {
    where,
    bytes: await read(where),
    folder,
    beside: (file) => read(path.join(folder, inside(where, file))),
  };
}

const unreadable = (where: string, got: string, cause?: unknown): DistillError =>
  new DistillError({ code: 'data', where, expected: 'a readable file', got, cause });

async function reading<T>(where: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof DistillError) throw cause;
    const { code } = cause as { readonly code?: string };
    const got = code === 'ENOENT' ? 'no such file' : firstLine(cause);
    throw unreadable(where, got, cause);
  }
}

function inside(where: string, path: string): string {
  const parts = path.split(/[\\/]/);
  if (!parts.includes('..') && parts[0] !== '' && !/^[a-z]+:|\0/i.test(path)) return parts.join('/');
  throw unreadable(where, `the weight file '${path}', outside the file's folder`);
}
