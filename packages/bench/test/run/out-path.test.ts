import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lockFolder } from '../../src/run/lock.js';
import { runConfig } from '../../src/run/run-config.js';
import { rewriteReport } from '../../src/run/write-report.js';
import { explainRun } from '../../src/explain/index.js';
import { keptLog, refusal, tinyConfig } from './tiny-bench.js';

const folder = mkdtempSync(join(tmpdir(), 'out-'));
const before = process.cwd();
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true, force: true });
});

const run = (out: string): Promise<string> =>
  refusal(runConfig({ config: tinyConfig(), out, existing: 'refuse', log: keptLog() }));

describe('a path that no run can be kept under is refused', () => {
  it.each([
    ['', 'a path that is not empty'],
    ['  ', 'a path that is not empty'],
    ['a\u0000b', 'a path without control characters'],
    ['a\nb', 'a path without control characters'],
  ])('%j', async (out, says) => {
    const files = { 'config.json': '{"mine": 1}', 'data.json': '[1]' };
    process.chdir(folder);
    for (const [name, text] of Object.entries(files)) writeFileSync(name, text);
    const text = readdirSync('.');
    for (const refused of [run(out), refusal(rewriteReport(out)), refusal(explainRun(out))]) {
      expect(await refused).toContain(`run folder: expected ${says}`);
    }
    expect(readdirSync('.')).toEqual(text);
    for (const [name, content] of Object.entries(files)) expect(readFileSync(name, 'utf8')).toBe(content);
  });

  it('one that begins with ~, which a shell leaves as it is behind --out=', async () => {
    expect(await run('~/runs')).toContain(
      `expected a path without ~, which only a shell expands, got '~/runs'. Write ${homedir()}/runs`,
    );
    process.chdir(folder);
    expect(existsSync('~')).toBe(false);
    expect(await run('./~x/\n')).toContain('control characters');
  });

  it('a link to nothing, which no folder can take the place of', async () => {
    const link = join(folder, 'nowhere');
    symlinkSync(join(folder, 'gone'), link);
    for (const out of [link, join(link, 'run')])
      expect(await run(out)).toMatch(/expected a path that leads somewhere, got .* is a link to nothing/);
    expect(readlinkSync(link)).toBe(join(folder, 'gone'));
  });

  it('one with a name that no disk takes', async () => {
    for (const out of ['x'.repeat(300), join('gone', 'ü'.repeat(128), 'run')])
      expect(await run(out)).toContain('run folder: expected names of at most 255 bytes, got ');
  });

  it('one below a file', async () => {
    const file = join(folder, 'notes.txt');
    writeFileSync(file, 'mine');
    expect(await run(join(file, 'a/run'))).toContain(`expected a path below folders`);
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  it.skipIf(process.platform === 'win32')('one that the system does not make', async () => {
    const parent = join(folder, 'read-only');
    mkdirSync(parent, { mode: 0o555 });
    // For the administrator, permissions do not hold: a folder of /proc that cannot be made stands for it.
    const isAdministrator = process.getuid?.() === 0;
    const place = isAdministrator ? '/proc/self/run' : join(parent, 'run');
    await expect(lockFolder(place)).rejects.toMatchObject({
      code: 'data',
      message: expect.stringMatching(
        /^run folder .*run: expected a folder that can be made, got E[A-Z]+: .* Name another folder\.$/,
      ) as string,
    });
  });

  it.skipIf(!existsSync('/proc/self'))('one below /proc, /sys or /dev, also behind a link', async () => {
    symlinkSync('/proc/self', join(folder, 'link'));
    for (const out of [
      '/proc',
      '/proc/self/x',
      '/sys/x',
      '/dev',
      '/dev/null',
      '/dev/fd/1',
      join(folder, 'link/a/b'),
    ]) {
      expect(await run(out)).toContain('run folder: expected a folder on a disk');
    }
  });
});
