import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createRandom } from '@distilljs/core';
import { expect, it } from 'vitest';
import { benchProcesses, expectSameOutcome, underWay } from './bench-process.js';

/** `npm run faults -- --kills N --seed N` sets both. */
const KILLS = Number(process.env['FAULTS_KILLS'] ?? 8);
const SEED = Number(process.env['FAULTS_SEED'] ?? 1);

/** Where a kill says little. */
const [BETWEEN, BEFORE] = ['nothing, between trainings', 'nothing yet'];

const bench = benchProcesses();

it(
  `comes to the same after ${KILLS} kills as when it is left alone`,
  { timeout: 120_000 + KILLS * 30_000 },
  async () => {
    const alone = await bench.undisturbed();
    const random = createRandom(SEED);
    /** Number of kills by what was under way. */
    const hit: Record<string, number> = {};
    let kills = 0;
    for (let round = 0; kills < KILLS; round++) {
      const out = join(bench.folder, `killed-${round}`);
      for (let done = false; !done;) {
        // Counted in lines, so that a fast machine is hit as well: in the beginning, in and between epochs, in the writing
        // of checkpoints, results and report.
        const line = 1 + random.integer(14);
        const delay = random.integer(200);
        let timer: NodeJS.Timeout | undefined;
        const { by, said } = await bench.run(['--out', out, '--resume'], {
          onLine: (child, lines) => {
            if (kills < KILLS && lines >= line) timer ??= setTimeout(() => child.kill('SIGKILL'), delay);
          },
        });
        clearTimeout(timer);
        done = by !== 'SIGKILL';
        if (done) {
          expect(by, said).toBe(0);
          continue;
        }
        kills += 1;
        const where = underWay(out) ?? (existsSync(join(out, 'config.json')) ? BETWEEN : BEFORE);
        hit[where] = (hit[where] ?? 0) + 1;
      }
      expectSameOutcome(out, alone);
    }
    console.info(`${kills} kills while under way was:`, hit);
    // A kill before anything is trained, or between two trainings, says little.
    expect(kills - (hit[BETWEEN] ?? 0) - (hit[BEFORE] ?? 0)).toBeGreaterThan(1);
  },
);
