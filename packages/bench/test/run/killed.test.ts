import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
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

/** Runs the bench in a process of its own. */
function bench(args: readonly string[], killAfter?: number): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script, 'run', ...TINY_RUN, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter);
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
    const started = performance.now();
    const first = await bench(['--out', alone]);
    expect(first.by, first.said).toBe(0);
    const whole = performance.now() - started;

    // Moments all over the run, later ones more likely, so that the run gets somewhere between two kills.
    const random = createRandom(9);
    let kills = 0;
    for (let attempt = 0; attempt < KILLS; attempt++) {
      const moment = whole * (0.2 + 0.6 * random.uniform());
      const { by, said } = await bench(['--out', killed, '--resume'], moment);
      if (by === 'SIGKILL') kills += 1;
      else expect(by, said).toBe(0);
    }
    const last = await bench(['--out', killed, '--resume']);
    expect(last.by, last.said).toBe(0);
    expect(kills).toBeGreaterThan(0);

    const rows = (run: string): unknown => untimedRows(readFileSync(join(run, 'report/report.json'), 'utf8'));
    expect(rows(killed)).toEqual(rows(alone));
  },
);
