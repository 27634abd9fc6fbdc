import { nodeModule } from './node-module.js';

let writes = 0;

/**
 * Writes a file whole or not at all (Node): beside it under a name of its own, flushed to disk, then renamed over what
 * was there. After a crash there is the old file or the new one, and at worst a `.unfinished` beside it.
 */
export async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  const fs = nodeModule('node:fs/promises', `writing ${file}`);
  const unfinished = `${file}.${process.pid}-${writes++}.unfinished`;
  try {
    const handle = await fs.open(unfinished, 'wx');
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await fs.rename(unfinished, file);
  } catch (error) {
    await fs.rm(unfinished, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Flushes a folder's list of files to disk: a rename is there after a crash only when this is. */
export async function syncFolder(folder: string): Promise<void> {
  const fs = nodeModule('node:fs/promises', `writing ${folder}`);
  // Some file systems have no way to do it.
  const handle = await fs.open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
