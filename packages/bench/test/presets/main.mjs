import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundled } from '../bundle.mjs';

// `npm run presets`: bundles the sources as they stand, so that no build is needed, and passes the arguments on to presets.ts.

const here = fileURLToPath(new URL('.', import.meta.url));
const folder = await bundled({ presets: join(here, 'presets.ts') });
const run = spawn(process.execPath, [join(folder, 'presets.mjs'), ...process.argv.slice(2)], {
  stdio: 'inherit',
});
run.on('exit', (code) => {
  rmSync(folder, { recursive: true, force: true });
  process.exitCode = code ?? 1;
});
