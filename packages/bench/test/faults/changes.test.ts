import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRandom } from '@distilljs/core';
import { expect, it } from 'vitest';
import { benchProcesses, expectSameOutcome } from './bench-process.js';

/** `npm run faults -- --kills N --seed N` sets both; N at least the number of changes kills at every one. */
const KILLS = Number(process.env['FAULTS_KILLS'] ?? 6);
const SEED = Number(process.env['FAULTS_SEED'] ?? 1);
const KILLER = new URL('kill-at-change.mjs', import.meta.url).href;

const bench = benchProcesses();

/** What a run was left with that no run keeps. */
const leftIn = (run: string): readonly string[] =>
  readdirSync(run, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\.unfinished$|lock\.json/.test(file),
  );

it(
  `comes to the same, and leaves nothing, after a kill at ${KILLS} of its changes of files`,
  { timeout: 120_000 + KILLS * 30_000 },
  async () => {
    const alone = await bench.undisturbed();
    const count = join(bench.folder, 'count');
    const killing = (out: string, more: NodeJS.ProcessEnv): { env: NodeJS.ProcessEnv } => ({
      env: { NODE_OPTIONS: `--import=${KILLER}`, FAULTS_ROOT: out, ...more },
    });
    const whole = join(bench.folder, 'whole');
    expect((await bench.run(['--out', whole], killing(whole, { FAULTS_COUNT: count }))).by).toBe(0);
    const changes = Number(readFileSync(count, 'utf8'));
    expect(changes).toBeGreaterThan(100);

    const random = createRandom(SEED);
    const all = Array.from({ length: 2 * changes }, (_, at) => at);
    const chosen =
      KILLS >= all.length ? all : Array.from({ length: KILLS }, () => random.integer(all.length));
    for (const each of chosen) {
      const at = 1 + (each >> 1);
      const moment = each % 2 === 0 ? 'before' : 'half';
      const out = join(bench.folder, `change-${at}-${moment}`);
      const killed = await bench.run(
        ['--out', out],
        killing(out, { FAULTS_AT: String(at), FAULTS_MOMENT: moment }),
      );
      expect(killed.by, `change ${at}: ${killed.said}`).toBe('SIGKILL');
      const { by, said } = await bench.run(['--out', out, '--resume']);
      expect(by, `change ${at}, ${moment}: ${said}`).toBe(0);
      expect(leftIn(out), `change ${at}, ${moment}`).toEqual([]);
      expectSameOutcome(out, alone);
    }
  },
);
