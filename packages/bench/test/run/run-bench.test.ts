import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel, resolveEngine } from '@distilljs/core';
import { afterAll, describe, expect, it } from 'vitest';
import { runConfig } from '../../src/run/run-config.js';
import { rewriteReport } from '../../src/run/write-report.js';
import { keptLog as log, refusal, tinyConfig as config } from './tiny-bench.js';
import { untimedRows } from './tiny-run.js';

const folder = mkdtempSync(join(tmpdir(), 'distill-bench-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const json = (...path: string[]): unknown => JSON.parse(readFileSync(join(folder, ...path), 'utf8'));
const rowsOf = (run: string): unknown =>
  untimedRows(readFileSync(join(folder, run, 'report/report.json'), 'utf8'));
describe('a run', { timeout: 300_000 }, () => {
  it('gives the same results with cached teacher outputs, which the next run finds on disk', async () => {
    const runWith = async (out: string, teacher: object, existing: 'refuse' | 'resume'): Promise<unknown> => {
      const given = config({
        methods: ['kd'],
        seeds: [0],
        epochs: 4,
        teacher: { epochs: 2, views: 2, ...teacher },
      });
      await runConfig({ config: given, out: join(folder, out), existing, log: log() });
      return rowsOf(out);
    };
    const live = await runWith('live', {}, 'refuse');
    expect(await runWith('memory', { kind: 'cached' }, 'refuse')).toEqual(live);
    expect(await runWith('disk', { kind: 'cached', cache: 'disk' }, 'refuse')).toEqual(live);
    const outputs = join(folder, 'disk/teacher/outputs');
    const rows = readdirSync(outputs).filter((file) => file.endsWith('.f32'));
    expect(rows).toHaveLength(2);
    const written = (): number[] => rows.map((file) => statSync(join(outputs, file)).mtimeMs);
    const before = written();
    rmSync(join(folder, 'disk/kd'), { recursive: true });
    expect(await runWith('disk', { kind: 'cached', cache: 'disk' }, 'resume')).toEqual(live);
    expect(written()).toEqual(before);
    expect(readFileSync(join(folder, 'disk/report/report.md'), 'utf8')).toContain(
      "The teacher's outputs were cached; each image had 2 fixed augmentations.",
    );
  });

  it('leaves the folder that the contract describes, and reports every method over its seeds', async () => {
    const said = log();
    const written = await runConfig({
      config: config(),
      out: join(folder, 'a'),
      existing: 'refuse',
      log: said,
    });
    expect(written?.report.rows.map(({ method, seeds }) => ({ method, seeds }))).toEqual(
      ['student', 'kd', 'cckd'].map((method) => ({ method, seeds: [0, 1] })),
    );
    for (const file of [
      'config.json',
      'environment.json',
      'teacher/result.json',
      'teacher/model/model.json',
    ]) {
      expect(existsSync(join(folder, 'a', file)), file).toBe(true);
    }
    for (const file of ['index.html', 'report.md', 'report.json', 'report.csv', 'seeds.csv']) {
      expect(existsSync(join(folder, 'a/report', file)), file).toBe(true);
    }
    expect(readFileSync(join(folder, 'a/kd/1/metrics.jsonl'), 'utf8').trim().split('\n')).toHaveLength(2);
    expect(json('a/cckd/0/result.json')).toMatchObject({ schema: 1, method: 'cckd', seed: 0 });
    // The teacher's accuracy is known before a student starts.
    expect(said.lines.findIndex((line) => line.startsWith('Teacher'))).toBeLessThan(
      said.lines.findIndex((line) => line.startsWith('student seed 0')),
    );
    await resolveEngine('wasm');
    const student = await loadModel(`file://${join(folder, 'a/kd/1/student')}`);
    expect(student.outputs[0]?.shape).toEqual([null, 6]);
    student.dispose();
  });

  it('is stopped by its signal and continues to the same rows', async () => {
    const stop = new AbortController();
    let steps = 0;
    const halfway = log((label) => {
      if (label === 'kd seed 0' && ++steps === 7) stop.abort();
    });
    const out = join(folder, 'b');
    const first = await runConfig({
      config: config(),
      out,
      existing: 'refuse',
      log: halfway,
      signal: stop.signal,
    });
    expect(first).toBeUndefined();
    expect(existsSync(join(out, 'kd/0/result.json'))).toBe(false);
    await runConfig({ config: config(), out, existing: 'resume', log: log() });
    expect(rowsOf('b')).toEqual(rowsOf('a'));
  });

  it('accepts further methods and seeds, and keeps what is done', async () => {
    const before = readFileSync(join(folder, 'a/kd/0/result.json'), 'utf8');
    const more = config({ methods: ['student', 'kd', 'label-smoothing'], seeds: [0, 1, 2] });
    const written = await runConfig({ config: more, out: join(folder, 'a'), existing: 'resume', log: log() });
    expect(written?.report.rows.map((row) => [row.method, row.seeds.length])).toEqual([
      ['student', 3],
      ['kd', 3],
      ['cckd', 2],
      ['label-smoothing', 3],
    ]);
    expect(readFileSync(join(folder, 'a/kd/0/result.json'), 'utf8')).toBe(before);
  });

  it('takes a trained teacher from a folder', async () => {
    const teacher = { path: join(folder, 'a/teacher/model'), model: 'plain8' };
    const changes = config({ teacher, methods: ['kd'], seeds: [0] });
    const written = await runConfig({
      config: changes,
      out: join(folder, 'c'),
      existing: 'refuse',
      log: log(),
    });
    const own = json('a/teacher/result.json') as { readonly testAccuracy: number };
    expect(written?.report.teacher.testAccuracy).toBe(own.testAccuracy);
  });

  it('writes the report again from the folder alone', async () => {
    const before = rowsOf('b');
    rmSync(join(folder, 'b/report'), { recursive: true });
    await rewriteReport(join(folder, 'b'));
    expect(rowsOf('b')).toEqual(before);
    expect(readFileSync(join(folder, 'b/report/index.html'), 'utf8')).toContain('<svg');
  });
});

describe('refusals', () => {
  const run = (changes: object, out: string, existing: 'refuse' | 'resume' | 'overwrite'): Promise<unknown> =>
    runConfig({ config: config(changes), out: join(folder, out), existing, log: log() });

  it('finds a wrong tap of the last method before anything is trained or written', async () => {
    const methods = ['kd', { name: 'mhgd', options: { studentTaps: ['stage1', 'stage2', 'stage9'] } }];
    const message = await refusal(run({ methods }, 'wrong-tap', 'refuse'));
    expect(message).toMatch(/stage9/);
    expect(existsSync(join(folder, 'wrong-tap'))).toBe(false);
    const teacher = { path: join(folder, 'a/teacher/model'), model: 'plain8' };
    expect(await refusal(run({ methods, teacher }, 'wrong-tap', 'refuse'))).toBe(message);
    expect(existsSync(join(folder, 'wrong-tap/kd'))).toBe(false);
  });

  it('does not touch a folder that holds a run', async () => {
    expect(await refusal(run({}, 'a', 'refuse'))).toMatch(/expected a new folder.*--resume.*--overwrite/);
  });

  it('does not mix two configurations', async () => {
    expect(await refusal(run({ epochs: 5 }, 'a', 'resume'))).toMatch(/another epochs \(2, now 5\)/);
    const other = [{ name: 'kd', options: { temperature: 2 } }];
    expect(await refusal(run({ methods: other }, 'a', 'resume'))).toMatch(
      /another method kd \(.*"temperature":2/,
    );
  });

  it('does not remove a folder that is no run', async () => {
    const home = mkdtempSync(join(folder, 'home-'));
    writeFileSync(join(home, 'precious.txt'), 'x');
    const error = await refusal(
      runConfig({ config: config(), out: home, existing: 'overwrite', log: log() }),
    );
    expect(error).toMatch(/a folder with other files/);
    expect(existsSync(join(home, 'precious.txt'))).toBe(true);
  });

  it('finds wrong options of a method before it trains anything', async () => {
    const methods = [{ name: 'cckd', options: { bta: 1 } }];
    expect(await refusal(run({ methods }, 'd', 'refuse'))).toMatch(/cckd.*'bta'.*Did you mean 'beta'/);
    expect(existsSync(join(folder, 'd'))).toBe(false);
  });

  it('says that a folder holds no run to report', async () => {
    expect(await refusal(rewriteReport(join(folder, 'nothing')))).toMatch(
      /expected a run folder, got no such folder/,
    );
  });
});
