import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

// `npm run fuzz`: bundles the sources as they stand, so that no build is needed, and passes the arguments on to fuzz.ts.

const here = fileURLToPath(new URL('.', import.meta.url));
// Below the repository's own modules, so that what is not bundled is found where it always is.
const folder = join(here, '../../../../node_modules/.cache', `distill-fuzz-${process.pid}`);
mkdirSync(folder, { recursive: true });
await build({
  entryPoints: [join(here, 'fuzz.ts'), join(here, 'child.ts')],
  outdir: folder,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  conditions: ['@distilljs/source'],
  external: ['@tensorflow/*', 'vega', 'vega-lite'],
  // Another name than the sources may import it by.
  banner: {
    js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
  },
  logLevel: 'error',
});
const environment = {
  DISTILLJS_THREADS: '1',
  ...process.env,
  FUZZ_CHILD: join(folder, 'child.mjs'),
  FUZZ_FIXTURES: join(here, '../dataset/fixtures'),
  FUZZ_COMPARISONS: join(here, '../../comparisons'),
};
const run = spawn(process.execPath, [join(folder, 'fuzz.mjs'), ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: environment,
});
run.on('exit', (code) => {
  rmSync(folder, { recursive: true, force: true });
  process.exitCode = code ?? 1;
});
