import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundled } from '../bundle.mjs';

// `npm run simulate -- 2000`: bundles the sources as they stand, and passes the arguments on to simulate.ts.

const here = fileURLToPath(new URL('.', import.meta.url));
const folder = await bundled({ simulate: join(here, 'simulate.ts') });
const { status } = spawnSync(process.execPath, [join(folder, 'simulate.mjs'), ...process.argv.slice(2)], {
  stdio: 'inherit',
});
rmSync(folder, { recursive: true, force: true });
process.exitCode = status ?? 1;
