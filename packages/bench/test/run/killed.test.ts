import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { createRandom } from '@distilljs/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundledCli } from './bundled-cli.js';
import { TINY_RUN, untimedRows } from './tiny-run.js';

const KILLS = 10;

let script: string;
const folder = mkdtempSync(join(tmpdir(), 'distill-bench-'));

beforeAll(async () => {
  script = await bundledCli();
});
afterAll(() => {
  rmSync(dirname(script), { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
});

/** How a process ended, and what it said on standard error. */
interface Ended {
  readonly by: number | NodeJS.Signals | null;
  readonly said: string;
}

/** When to kill a child: so many milliseconds after its so-manieth line. By lines, so that a fast machine is hit as well. */
interface Moment {
  readonly line: number;
  readonly delay: number;
}

/** Trainings that have a checkpoint and are not done. */
function halfDone(run: string): readonly string[] {
  const entries = existsSync(run) ? readdirSync(run, { recursive: true, encoding: 'utf8' }) : [];
  const begun = entries.filter((entry) => basename(dirname(entry)) === 'checkpoint');
  const trainings = [...new Set(begun.map((entry) => dirname(dirname(entry))))];
  return trainings.filter((training) => !existsSync(join(run, training, 'result.json')));
}

/** Runs the bench in a process of its own. */
function bench(args: readonly string[], moment?: Moment): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script, 'run', ...TINY_RUN, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    let timer: NodeJS.Timeout | undefined;
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const lines = said.split('\n').length - 1;
      if (moment !== undefined && lines >= moment.line) {
        timer ??= setTimeout(() => child.kill('SIGKILL'), moment.delay);
      }
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ by: signal ?? code, said });
    });
  });
}

it(
  `ends in the same report after ${KILLS} kills as when it is left alone`,
  { timeout: 900_000 },
  async () => {
    const [alone, killed] = [join(folder, 'alone'), join(folder, 'killed')];
    const first = await bench(['--out', alone]);
    expect(first.by, first.said).toBe(0);

    // Moments all over the run: in its beginning, in and between epochs, in the writing of checkpoints and results.
    const random = createRandom(9);
    let kills = 0;
    let amidst = 0;
    for (let attempt = 0; attempt < KILLS; attempt++) {
      const moment = { line: 1 + random.integer(6), delay: random.integer(150) };
      const { by, said } = await bench(['--out', killed, '--resume'], moment);
      if (by === 'SIGKILL') {
        kills += 1;
        amidst += halfDone(killed).length > 0 ? 1 : 0;
      } else expect(by, said).toBe(0);
    }
    const last = await bench(['--out', killed, '--resume']);
    expect(last.by, last.said).toBe(0);
    expect(kills).toBeGreaterThan(0);
    // A kill before anything is trained, or between two trainings, says little.
    expect(amidst).toBeGreaterThan(1);

    const rows = (run: string): unknown => untimedRows(readFileSync(join(run, 'report/report.json'), 'utf8'));
    expect(rows(killed)).toEqual(rows(alone));
  },
);
