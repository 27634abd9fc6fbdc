import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/**
 * The command line as one file that plain Node can run, made from the sources: tests need no build, and a child process
 * can be killed as a user's would be.
 *
 * @returns the path of a script that takes the arguments of `distill-bench`
 */
export async function bundledCli(): Promise<string> {
  const packageFolder = fileURLToPath(new URL('../../', import.meta.url));
  // Below the repository's own modules, so that what is not bundled is found where it always is; a build may empty `dist`.
  const folder = join(packageFolder, '../../node_modules/.cache', `distill-bench-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, 'cli.mjs');
  await build({
    entryPoints: [join(packageFolder, 'src/cli.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@distilljs/source'],
    external: ['@tensorflow/*', 'vega', 'vega-lite'],
    banner: {
      // Another name than the sources may import it by.
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
    },
    logLevel: 'error',
  });
  const script = join(folder, 'run.mjs');
  writeFileSync(
    script,
    "import { main } from './cli.mjs';\nprocess.exitCode = await main(process.argv.slice(2));\n",
  );
  return script;
}
