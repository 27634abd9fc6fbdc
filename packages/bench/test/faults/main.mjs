import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

// `npm run faults -- --kills 50 --seed 1`: the tests of faults, with as many kills as wanted.

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '50' }, seed: { type: 'string', default: '1' } },
});
for (const [name, value] of Object.entries(values)) {
  if (/^\d{1,6}$/.test(value)) continue;
  console.error(`--${name}: expected a whole number of at most six digits, got '${value}'.`);
  process.exit(2);
}
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const { status } = spawnSync(process.execPath, [vitest, 'run', '--project', 'bench', 'test/faults'], {
  cwd: fileURLToPath(new URL('../../../../', import.meta.url)),
  stdio: 'inherit',
  env: { ...process.env, FAULTS_KILLS: values.kills, FAULTS_SEED: values.seed },
});
process.exitCode = status ?? 1;
