import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { main } from '../../src/cli.js';
import { prepareRun } from './stub-run.js';

const root = mkdtempSync(join(tmpdir(), 'queue-places-'));
afterAll(() => {
  vi.restoreAllMocks();
  rmSync(root, { recursive: true, force: true });
});

it('a wrong folder is reported before the queue is contacted, which may be out of reach', async () => {
  let said = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
  const run = join(root, 'run');
  const file = join(root, 'file');
  prepareRun(run, ['kd'], [0]);
  writeFileSync(file, '');
  const queue = ['--queue', 'redis://127.0.0.1:1'];
  const cases = [
    [['submit', root], /expected a run folder, got none/],
    [['submit', file], /file/],
    [['submit', run, '--root', run], /--root: expected a folder above/],
    [['submit', run, '--root', ''], /--root: expected an existing folder, got nothing/],
    [['worker', '--root', ''], /--root: expected an existing folder, got nothing/],
    [['worker', '--root', file], /--root: expected an existing folder, got the file/],
    [
      ['worker', '--root', join(root, 'none')],
      /--root: expected an existing folder, got .*none, which is not/,
    ],
    [['watch', root, '--once'], /expected a run folder, got none/],
    [['watch', run, '--once'], /expected a run that was submitted to a queue/],
    [['watch', run, '--once', '--root', ''], /--root: expected an existing folder/],
  ] as const;
  for (const [args, expected] of cases) {
    said = '';
    expect(await main([...args, ...queue]), args.join(' ')).not.toBe(0);
    expect(said, args.join(' ')).toMatch(expected);
    expect(said).not.toContain('ECONNREFUSED');
  }
});
