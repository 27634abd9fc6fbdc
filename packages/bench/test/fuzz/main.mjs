import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundled } from '../bundle.mjs';

// `npm run fuzz`: bundles the sources as they stand, so that no build is needed, and passes the arguments on to fuzz.ts.

const here = fileURLToPath(new URL('.', import.meta.url));
const folder = await bundled({ fuzz: join(here, 'fuzz.ts'), child: join(here, 'child.ts') });
const environment = {
  DISTILLJS_THREADS: '1',
  ...process.env,
  FUZZ_CHILD: join(folder, 'child.mjs'),
  FUZZ_FIXTURES: join(here, '../dataset/fixtures'),
  FUZZ_TESTS: join(here, '..'),
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
