import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

// `npm run queue-faults -- --kills 50 --seeds 12 --seed 1`: workers and trainings killed, stopped past their locks, the server
// restarted. `npm run queue-faults -- --kills 0 --cells 10000`: how many cells go through the queue. Needs redis-server.

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    seeds: { type: 'string', default: '12' },
    seed: { type: 'string', default: '1' },
    cells: { type: 'string', default: '10000' },
  },
});
for (const [name, value] of Object.entries(values)) {
  if (/^\d{1,7}$/.test(value)) continue;
  console.error(`--${name}: expected a whole number of at most seven digits, got '${value}'.`);
  process.exit(2);
}
const { kills, seeds, seed, cells } = values;
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const files = [
  ...(kills === '0' ? [] : ['test/queue/kills']),
  ...(cells === '0' ? [] : ['test/queue/throughput']),
];
const { status } = spawnSync(process.execPath, [vitest, 'run', '--project', 'bench', ...files], {
  cwd: fileURLToPath(new URL('../../../../', import.meta.url)),
  stdio: 'inherit',
  env: { ...process.env, QUEUE_KILLS: kills, QUEUE_SEEDS: seeds, QUEUE_SEED: seed, QUEUE_CELLS: cells },
});
process.exitCode = status ?? 1;
