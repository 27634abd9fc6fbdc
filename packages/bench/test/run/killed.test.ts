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

/** Runs the bench in a process of its own. @returns the exit code, or the signal that ended it */
function bench(args: readonly string[], killAfter?: number): Promise<number | NodeJS.Signals | null> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script, 'run', ...TINY_RUN, ...args], { stdio: 'ignore' });
    const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter);
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      resolve(signal ?? code);
    });
  });
}

it(
  `ends in the same report after ${KILLS} kills as when it is left alone`,
  { timeout: 900_000 },
  async () => {
    const [alone, killed] = [join(folder, 'alone'), join(folder, 'killed')];
    const started = performance.now();
    expect(await bench(['--out', alone])).toBe(0);
    const whole = performance.now() - started;

    // Moments all over the run, later ones more likely, so that the run gets somewhere between two kills.
    const random = createRandom(9);
    let kills = 0;
    for (let attempt = 0; attempt < KILLS; attempt++) {
      const moment = whole * (0.2 + 0.6 * random.uniform());
      if ((await bench(['--out', killed, '--resume'], moment)) === 'SIGKILL') kills += 1;
    }
    expect(await bench(['--out', killed, '--resume'])).toBe(0);
    expect(kills).toBeGreaterThan(0);

    const rows = (run: string): unknown => untimedRows(readFileSync(join(run, 'report/report.json'), 'utf8'));
    expect(rows(killed)).toEqual(rows(alone));
  },
);
