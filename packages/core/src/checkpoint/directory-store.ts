import { nodeModule } from '../platform/node-module.js';
import type { CheckpointStore } from './store.js';

const PURPOSE = 'checkpoints in a folder';
const SUFFIX = '.safetensors';

/**
 * Checkpoints as files of a folder (Node): written beside, flushed to disk, then renamed into place.
 * @throws DistillError code `platform` outside Node
 */
export function directoryStore(folder: string): CheckpointStore {
  const fs = nodeModule('node:fs/promises', PURPOSE);
  const path = nodeModule('node:path', PURPOSE);
  return {
    where: folder,
    async list() {
      try {
        const files = await fs.readdir(folder);
        const names = files
          .filter((file) => file.endsWith(SUFFIX))
          .map((file) => file.slice(0, -SUFFIX.length));
        return names.sort();
      } catch (error) {
        if ((error as { code?: string }).code === 'ENOENT') return [];
        throw error;
      }
    },
    async read(name) {
      return new Uint8Array(await fs.readFile(path.join(folder, `${name}${SUFFIX}`)));
    },
    async write(name, bytes) {
      await fs.mkdir(folder, { recursive: true });
      const unfinished = path.join(folder, `${name}.unfinished`);
      const file = await fs.open(unfinished, 'w');
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await fs.rename(unfinished, path.join(folder, `${name}${SUFFIX}`));
      // The rename itself is on disk only when the folder is.
      const directory = await fs.open(folder, 'r').catch(() => undefined);
      await directory?.sync().catch(() => undefined);
      await directory?.close();
    },
    remove: (name) => fs.rm(path.join(folder, `${name}${SUFFIX}`), { force: true }),
  };
}
