import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { corruptRun } from '../../src/evaluation/index.js';
import { runConfig } from '../../src/run/run-config.js';
import { keptLog, tinyConfig } from '../run/tiny-bench.js';

const folder = mkdtempSync(join(tmpdir(), 'corrupted-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('corruptions in a configuration', { timeout: 300_000 }, () => {
  it('are measured with each training, as the command measures them, and reported', async () => {
    const small = { dataset: { testSize: 12 }, methods: ['student'], seeds: [0], epochs: 1 };
    const config = tinyConfig({ ...small, corruptions: { seed: 3 } });
    const outcome = await runConfig({ config, out: folder, existing: 'refuse', log: keptLog() });
    const { rows, teacher } = outcome?.report ?? { rows: [], teacher: undefined };
    for (const { corruptions } of [...rows, teacher ?? { corruptions: null }])
      expect(Object.keys(corruptions?.accuracy ?? {})).toEqual([
        'noise',
        'blur',
        'contrast',
        'jpeg',
        'brightness',
      ]);
    expect(readFileSync(outcome?.page ?? '', 'utf8')).toContain('Corrupted images');

    const files = ['teacher', 'student/0'].map((cell) => join(folder, cell, 'corruptions.json'));
    const kept = files.map((file) => readFileSync(file, 'utf8'));
    expect(await corruptRun(folder, { seed: 3 })).toEqual([]);
    rmSync(files[1] ?? '');
    expect(await corruptRun(folder, { seed: 3 })).toEqual(['student/0']);
    expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual(kept);
  });

  it('are off unless wanted', () => {
    expect(tinyConfig().corruptions).toBeUndefined();
    expect(tinyConfig({ corruptions: true }).corruptions).toEqual({ seed: 0 });
    expect(tinyConfig({ corruptions: false }).corruptions).toBeUndefined();
    expect(() => tinyConfig({ corruptions: { strength: 1 } })).toThrow(/corruptions\.strength/);
  });
});
