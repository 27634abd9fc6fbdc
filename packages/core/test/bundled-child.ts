import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';
import { afterAll, beforeAll } from 'vitest';

/**
 * A program of its own for the tests of the file that calls this, bundled before they run and removed after them.
 *
 * @param source its TypeScript file
 * @returns path of the program, for Node to run
 */
export function bundledChild(source: URL): () => string {
  let folder = '';
  beforeAll(async () => {
    // Below the package, so that the bundle finds the packages that it leaves out.
    const cache = fileURLToPath(new URL('../node_modules/.cache/', import.meta.url));
    await mkdir(cache, { recursive: true });
    folder = await mkdtemp(join(cache, 'child-'));
    await build({
      entry: { child: fileURLToPath(source) },
      outDir: folder,
      format: 'esm',
      target: 'node20',
      skipNodeModulesBundle: true,
      config: false,
      dts: false,
      clean: false,
      silent: true,
      outExtension: () => ({ js: '.mjs' }),
    });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return () => join(folder, 'child.mjs');
}
