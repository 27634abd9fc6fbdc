import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { DistillError } from '@distilljs/core';
import { main } from '../../src/cli.js';
import { reportError } from '../../src/cli/output.js';
import { TINY_RUN } from '../run/tiny-run.js';

const folder = mkdtempSync(join(tmpdir(), 'stopped-'));
afterEach(() => void vi.restoreAllMocks());
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** What is written to standard error from now on. */
function heardErrors(): () => string {
  let said = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
  return () => said;
}

it(
  'a command that is stopped before it has anything to keep says so in a word',
  { timeout: 60_000 },
  async () => {
    const said = heardErrors();
    const before = process.listenerCount('SIGTERM');
    const running = main(['run', ...TINY_RUN, '--methods', 'kd', '--out', join(folder, 'run'), '--dry-run']);
    while (process.listenerCount('SIGTERM') === before) await turn();
    process.emit('SIGTERM');
    expect(await running).toBe(130);
    expect(said()).toBe('Stopped.\n');
  },
);

it('an error of the system says that work is kept only where the run has a folder', () => {
  const full = Object.assign(new Error('no space'), { syscall: 'write', code: 'ENOSPC' });
  const error = new DistillError({ code: 'data', where: 'a', expected: 'b', got: 'c', cause: full });
  const told = (...argv: readonly string[]): boolean => {
    const said = heardErrors();
    reportError(error, argv);
    return said().includes('Everything done is kept: fix that, then continue with the same command');
  };
  expect([told('run', '--out', folder), told('run', `--out=${folder}`)]).toEqual([true, true]);
  const gone = join(folder, 'gone');
  for (const argv of [
    ['run', '--out', gone],
    ['run', '--out', folder, '--dry-run'],
    ['report', folder],
  ])
    expect(told(...argv), argv.join(' ')).toBe(false);
});
