import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createRandom } from '@distilljs/core';
import { expect, it } from 'vitest';
import { benchProcesses, outcomeOf, underWay } from './bench-process.js';

/** `npm run faults -- --kills N --seed N` sets both. */
const KILLS = Number(process.env['FAULTS_KILLS'] ?? 8);
/** Several trainings take several times as long to begin. */
const JOB_KILLS = Math.ceil(KILLS / 4);
const SEED = Number(process.env['FAULTS_SEED'] ?? 1);

/** Where a kill says little. */
const [BETWEEN, BEFORE] = ['nothing, between trainings', 'nothing yet'];

const bench = benchProcesses();

/** Processes that train a cell of a run, by Linux's list of processes. */
const trainingsOf = (run: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`\0train\0${run}\0`);
      } catch {
        return false;
      }
    })
    .map(Number);

it.skipIf(process.platform !== 'linux')(
  `several trainings at a time come to the same after ${JOB_KILLS} kills of the run or of one of its processes`,
  { timeout: 600_000 + KILLS * 60_000 },
  async () => {
    const alone = await bench.undisturbed();
    const random = createRandom(SEED).fork('jobs');
    const hit = { run: 0, training: 0 };
    for (let round = 0; hit.run + hit.training < JOB_KILLS; round++) {
      const out = join(bench.folder, `jobs-${round}`);
      for (let done = false; !done;) {
        const line = 1 + random.integer(12);
        const delay = random.integer(300);
        const isRuns = random.integer(2) === 0;
        let timer: NodeJS.Timeout | undefined;
        const { by, said } = await bench.run(['--out', out, '--resume', '--jobs', '2'], {
          onLine: (child, lines) => {
            if (lines < line) return;
            timer ??= setTimeout(() => {
              const [training] = trainingsOf(out);
              if (isRuns || training === undefined) hit.run += Number(child.kill('SIGKILL'));
              else {
                process.kill(training, 'SIGKILL');
                hit.training += 1;
              }
            }, delay);
          },
        });
        clearTimeout(timer);
        // A training that was killed is tried again by the run itself.
        done = by !== 'SIGKILL';
        if (done) expect(by, said).toBe(0);
        // Those of a run that was killed end by themselves, with a checkpoint.
        while (trainingsOf(out).length > 0) await wait(50);
      }
      expect(outcomeOf(out)).toEqual(alone);
    }
    console.info('Kills with --jobs 2:', hit);
  },
);

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
      expect(outcomeOf(out)).toEqual(alone);
    }
    console.info(`${kills} kills while under way was:`, hit);
    // A kill before anything is trained, or between two trainings, says little.
    expect(kills - (hit[BETWEEN] ?? 0) - (hit[BEFORE] ?? 0)).toBeGreaterThan(1);
  },
);
