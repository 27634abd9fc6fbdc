import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/**
 * Bundles sources as they stand for plain Node: tests need no build, and a child process can be killed as a user's would be.
 *
 * @param {Readonly<Record<string, string>>} entries paths of the sources by the name that their bundle gets
 * @returns {Promise<string>} the folder with `NAME.mjs` of each
 */
export async function bundled(entries) {
  // Below the repository's own modules, so that what is not bundled is found where it always is; a build may empty `dist`.
  const cache = new URL('../../../node_modules/.cache/', import.meta.url);
  const folder = fileURLToPath(
    new URL(`distill-bench-${process.pid}-${Object.keys(entries).join('-')}`, cache),
  );
  mkdirSync(folder, { recursive: true });
  await build({
    entryPoints: entries,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@distilljs/source'],
    external: ['@tensorflow/*', 'vega', 'vega-lite', 'bullmq', 'ioredis'],
    // Another name than the sources may import it by.
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
    },
    logLevel: 'error',
  });
  return folder;
}
