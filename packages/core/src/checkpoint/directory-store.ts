import { nodeModule } from '../platform/node-module.js';
import type { CheckpointStore } from './store.js';

const PURPOSE = 'checkpoints in a folder';
const SUFFIX = '.safetensors';

/**
 * Checkpoints as files of a folder (Node): written beside, flushed to disk, then renamed into place.
 * @throws DistillError code `platform` outside Node
 */
export function directoryStore(folder: string): CheckpointStore {
  const { mkdir, open, readdir, readFile, rename, rm } = nodeModule('node:fs/promises', PURPOSE);
  const { join } = nodeModule('node:path', PURPOSE);
  return {
    where: folder,
    async list() {
      try {
        const files = await readdir(folder);
        const names = files.filter((file) => file.endsWith(SUFFIX)).map((file) => file.slice(0, -SUFFIX.length));
        return names.sort();
      } catch (error) {
        if ((error as { code?: string }).code === 'ENOENT') return [];
        throw error;
      }
    },
    async read(name) {
      return new Uint8Array(await readFile(join(folder, `${name}${SUFFIX}`)));
    },
    async write(name, bytes) {
      await mkdir(folder, { recursive: true });
      const unfinished = join(folder, `${name}.unfinished`);
      const file = await open(unfinished, 'w');
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(unfinished, join(folder, `${name}${SUFFIX}`));
      // The rename itself is on disk only when the folder is.
      const directory = await open(folder, 'r').catch(() => undefined);
      await directory?.sync().catch(() => undefined);
      await directory?.close();
    },
    remove: (name) => rm(join(folder, `${name}${SUFFIX}`), { force: true }),
  };
}
