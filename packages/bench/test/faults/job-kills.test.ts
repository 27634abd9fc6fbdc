import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRandom } from '@distilljs/core';
import { expect, it } from 'vitest';
import { benchProcesses, expectSameOutcome } from './bench-process.js';

/** `npm run faults -- --kills N --seed N` sets both; it is a matter of minutes, and no part of `npm test`. */
const KILLS = Math.ceil(Number(process.env['FAULTS_KILLS'] ?? 0) * 0.4);
const SEED = Number(process.env['FAULTS_SEED'] ?? 1);

const bench = benchProcesses();

/** The processes that work at cells of a run. */
function childrenAt(run: string): readonly number[] {
  if (!existsSync(run)) return [];
  const files = readdirSync(run, { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => /[\\/]lock\.json$/.test(file))
    .flatMap((file) => {
      try {
        return [(JSON.parse(readFileSync(join(run, file), 'utf8')) as { readonly pid: number }).pid];
      } catch {
        // Gone by now.
        return [];
      }
    });
}

it.skipIf(process.platform === 'win32' || KILLS === 0)(
  `two trainings at a time come to the same after ${KILLS} kills of them or of their parent as one process does`,
  { timeout: 240_000 + KILLS * 60_000 },
  async () => {
    const alone = await bench.undisturbed();
    const random = createRandom(SEED).fork('jobs');
    const hit = { parent: 0, child: 0 };
    let round = 0;
    while (hit.parent + hit.child < KILLS) {
      const out = join(bench.folder, `jobs-${round++}`);
      for (let isDone = false; !isDone;) {
        const line = 1 + random.integer(8);
        const delay = random.integer(1500);
        const isParent = random.integer(3) === 0;
        let timer: NodeJS.Timeout | undefined;
        const { by, said } = await bench.run(['--out', out, '--resume', '--jobs', '2'], {
          onLine: (parent, lines) => {
            if (lines < line || hit.parent + hit.child >= KILLS) return;
            timer ??= setTimeout(() => {
              const children = childrenAt(out).filter((pid) => pid !== parent.pid);
              const child = children[random.integer(Math.max(1, children.length))];
              if (isParent || child === undefined) {
                hit.parent += Number(parent.kill('SIGKILL'));
                return;
              }
              try {
                process.kill(child, 'SIGKILL');
                hit.child += 1;
              } catch {
                // It has ended meanwhile.
              }
            }, delay);
          },
        });
        clearTimeout(timer);
        isDone = by === 0;
        // 1: a teacher or student that was killed twice; the next round goes on with it.
        expect([0, 1, 'SIGKILL'], said).toContain(by);
      }
      expectSameOutcome(out, alone);
    }
    console.info('kills of', hit);
  },
);
