import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, expect, it, vi } from 'vitest';
import { main } from '../../src/cli.js';
import { TINY_RUN } from '../run/tiny-run.js';

const folder = mkdtempSync(join(tmpdir(), 'stopped-'));
afterAll(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

it(
  'a command that is stopped before it has anything to keep says so in a word',
  { timeout: 60_000 },
  async () => {
    let said = '';
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      said += String(text);
      return true;
    });
    const before = process.listenerCount('SIGTERM');
    const running = main(['run', ...TINY_RUN, '--methods', 'kd', '--out', join(folder, 'run'), '--dry-run']);
    while (process.listenerCount('SIGTERM') === before) await turn();
    process.emit('SIGTERM');
    expect(await running).toBe(130);
    expect(said).toBe('Stopped.\n');
  },
);
