import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { corruptRun } from '../../src/evaluation/index.js';
import { runConfig } from '../../src/run/run-config.js';
import { rewriteReport } from '../../src/run/write-report.js';
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

  it('are reported with what is missing, and where the noise differs', async () => {
    rmSync(join(folder, 'teacher/corruptions.json'));
    const { omitted } = (await rewriteReport(folder)).report;
    expect(omitted).toEqual([
      'Accuracy on corrupted images is not measured for teacher: `distill-bench corruptions RUN` does so.',
    ]);
    expect(await corruptRun(folder, { seed: 4 })).toEqual(['teacher', 'student/0']);
    expect((await rewriteReport(folder)).report.omitted).toEqual([]);
    // As a training that the run's own seed measured later.
    const file = join(folder, 'student/0/corruptions.json');
    writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), seed: 3 }));
    expect((await rewriteReport(folder)).report.omitted).toEqual([
      'Networks saw different noise on corrupted images (seeds 3, 4): `distill-bench corruptions RUN --seed 3` measures all with the same.',
    ]);
  });

  it('are off unless wanted', () => {
    expect(tinyConfig().corruptions).toBeUndefined();
    expect(tinyConfig({ corruptions: true }).corruptions).toEqual({ seed: 0 });
    expect(tinyConfig({ corruptions: false }).corruptions).toBeUndefined();
    expect(() => tinyConfig({ corruptions: { strength: 1 } })).toThrow(/corruptions\.strength/);
  });
});
