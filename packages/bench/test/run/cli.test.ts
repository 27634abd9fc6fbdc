import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { main } from '../../src/cli.js';
import { isUsable } from '../../src/cli/doctor.js';
import { settingsOf } from '../../src/cli/speed-command.js';
import { speedSettings } from '../../src/speed/index.js';
import { methodNames } from '../../src/run/method-catalog.js';
import { TINY_RUN } from './tiny-run.js';

const folder = mkdtempSync(join(tmpdir(), 'cli-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

let said = '';
beforeEach(() => {
  said = '';
  for (const stream of [process.stderr, process.stdout]) {
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      said += String(text);
      return true;
    });
  }
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe('the command line', () => {
  it('ends with 1 and how to leave it out when a training diverges', async () => {
    const methods = ['--set', 'methods=[student, {name: cckd, as: wild, options: {beta: 3.0e+38}}]'];
    const code = await main(['run', ...TINY_RUN, ...methods, '--seeds', '0', '--out', join(folder, 'run')]);
    expect(code, said).toBe(1);
    expect(said).toMatch(/Error: wild seed 0 diverged;.*--methods student\.\n$/);
    expect(said).toMatch(/Report: .*index\.html/);
  });

  it('says in one line that a file is no run folder', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    expect(await main(['report', file])).toBe(1);
    expect(said).toMatch(
      /^Error: .*file: expected a run folder, got something else with that name\. Make one[^\n]*\n$/,
    );
  });

  it.skipIf(!existsSync('/dev/full'))('says of a full disk where, and how to go on', async () => {
    const out = join(folder, 'full');
    const run = (seeds: string): Promise<number> =>
      main(['run', ...TINY_RUN, '--methods', 'student', '--seeds', seeds, '--out', out, '--resume']);
    expect(await run('0'), said).toBe(0);
    mkdirSync(join(out, 'student/1'), { recursive: true });
    symlinkSync('/dev/full', join(out, 'student/1/metrics.jsonl'));
    expect(await run('0,1')).toBe(1);
    expect(said).toMatch(
      /\nError: .* got ENOSPC: no space left on device, write \(.*full.*\)\. .*and --resume\.\n$/,
    );
  });

  it('times all methods as it trains all', () => {
    expect(settingsOf({ methods: ['all'], batch: 8 })).toEqual({ batchSize: 8 });
    expect(speedSettings(settingsOf({ methods: ['all'] })).methods).toEqual(methodNames);
    expect(settingsOf({ methods: ['kd'] })).toEqual({ methods: ['kd'] });
  });

  it('finds class folders of images', async () => {
    const photos = join(folder, 'photos');
    for (const name of ['cat', 'dog']) {
      mkdirSync(join(photos, name), { recursive: true });
      writeFileSync(join(photos, name, 'a.jpg'), '');
      writeFileSync(join(photos, name, 'b.jpg'), '');
    }
    expect(await main(['doctor', '--data-dir', photos])).toBe(0);
    expect(said).toContain(`✓ images by class in ${photos}: 4 images of 2 classes`);
    expect(said).not.toContain('CIFAR');
  });

  it('finds no data where there is none, and says each hint once', async () => {
    expect(await main(['doctor', '--data-dir', join(folder, 'nowhere')])).toBe(1);
    expect(said.match(/nowhere/g)).toHaveLength(1);
    expect(said.match(/Name the folder/g)).toHaveLength(1);
    said = '';
    expect(await main(['doctor', '--data-dir', folder])).toBe(1);
    expect(said.match(/Unpack the binary version of CIFAR-10 /g)).toHaveLength(1);
    expect(said).toContain('data stats --data-dir');
    expect(isUsable([{ kind: 'engine', what: 'engine node', ok: false, detail: '' }])).toBe(true);
  });
});
