import { DistillError } from '../error/index.js';
import { nodeModule } from '../platform/node-module.js';
import type { CheckpointStore } from './store.js';

const PURPOSE = 'checkpoints in a folder';
const SUFFIX = '.safetensors';
const UNFINISHED = '.unfinished';

/**
 * Checkpoints as files of a folder (Node): written beside, flushed to disk, then renamed into place.
 * @throws DistillError code `platform` outside Node; `checkpoint` from `read` for a file that cannot be read
 */
export function directoryStore(folder: string): CheckpointStore {
  const fs = nodeModule('node:fs/promises', PURPOSE);
  const path = nodeModule('node:path', PURPOSE);
  const namesWith = async (suffix: string): Promise<string[]> => {
    try {
      const files = (await fs.readdir(folder)).filter((file) => file.endsWith(suffix));
      return files.map((file) => file.slice(0, -suffix.length)).sort();
    } catch (error) {
      if ((error as { code?: string }).code === 'ENOENT') return [];
      throw error;
    }
  };
  return {
    where: folder,
    list: () => namesWith(SUFFIX),
    unfinished: () => namesWith(UNFINISHED),
    async read(name) {
      const file = path.join(folder, `${name}${SUFFIX}`);
      try {
        return new Uint8Array(await fs.readFile(file));
      } catch (cause) {
        const got = cause instanceof Error ? cause.message : String(cause);
        throw new DistillError({ code: 'checkpoint', where: file, expected: 'a file to read', got, cause });
      }
    },
    async write(name, bytes) {
      await fs.mkdir(folder, { recursive: true });
      const unfinished = path.join(folder, `${name}${UNFINISHED}`);
      const file = await fs.open(unfinished, 'w');
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await fs.rename(unfinished, path.join(folder, `${name}${SUFFIX}`));
      // What an earlier crash left.
      for (const other of await namesWith(UNFINISHED)) {
        await fs.rm(path.join(folder, `${other}${UNFINISHED}`), { force: true });
      }
      // The rename itself is on disk only when the folder is.
      const directory = await fs.open(folder, 'r').catch(() => undefined);
      await directory?.sync().catch(() => undefined);
      await directory?.close();
    },
    remove: (name) => fs.rm(path.join(folder, `${name}${SUFFIX}`), { force: true }),
  };
}
