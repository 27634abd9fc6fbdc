import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PNG } from 'pngjs';
import { describe, expect, it } from 'vitest';
import { renderLatex, reportFiles, tensorboardFiles } from '../../src/report/index.js';
import type { ReportSources } from '../../src/report/index.js';
import { METHODS, TEACHER, fixtureReport, fixtureResults, methodOf } from './report-fixture.js';

const THREE = METHODS.filter(({ name }) => ['student', 'kd', 'cckd'].includes(name));
const SOURCES: ReportSources = {
  report: fixtureReport(THREE, 5),
  teacher: TEACHER,
  results: fixtureResults(THREE, 5, 4),
  shown: [],
};

describe('LaTeX', () => {
  it('is a booktabs table, the best bold and the second underlined', () => {
    const text = renderLatex(SOURCES.report);
    const lines = text.split('\n').map((line) => line.trim());
    expect(lines).toContain(
      'cckd & 5 & $\\mathbf{70.83} \\pm 0.24$ & $[70.53, 71.12]$ & $+0.32$ ($p <0.001$) & $+1.81$ ($p <0.001$) & $1.44\\times$ \\\\',
    );
    expect(lines).toContain(
      'kd & 5 & $\\underline{70.51} \\pm 0.22$ & $[70.23, 70.78]$ & -- & $+1.49$ ($p <0.001$) & $1.39\\times$ \\\\',
    );
    expect(lines.filter((line) => /^\\(top|mid|bottom)rule$/.test(line))).toHaveLength(4);
    const columns = /\\begin\{tabular\}\{(\w+)\}/.exec(text)?.[1]?.length;
    const rows = lines.filter((line) => line.endsWith('\\\\'));
    expect(rows).toHaveLength(1 + 3 + 1);
    for (const row of rows) expect(row.split(' & ')).toHaveLength(columns ?? 0);
    expect(text.match(/\{/g)?.length).toBe(text.match(/\}/g)?.length);
    expect(text).not.toMatch(/[^\n\u0020-\u007e]/);
  });

  it.each([
    ['no place is clear', [methodOf('a', 0.72, 0.7, 0.74), methodOf('b', 0.71, 0.73, 0.7)], []],
    [
      'the first is, the others are not',
      [methodOf('a', 0.8, 0.81, 0.8), methodOf('b', 0.71, 0.73, 0.7), methodOf('c', 0.72, 0.7, 0.71)],
      ['mathbf{80.33}'],
    ],
    [
      'the first is open, though the last is far below',
      [methodOf('a', 0.72, 0.7, 0.74), methodOf('b', 0.71, 0.73, 0.7), methodOf('c', 0.5, 0.51, 0.49)],
      [],
    ],
  ])('sets off only what the seeds make clear: %s', (_, methods, expected) => {
    const text = renderLatex(fixtureReport(methods, 3));
    expect(text.match(/(mathbf|underline)\{[\d.]+\}/g) ?? []).toEqual(expected);
    expect(text).toContain('Bold: better than every other method in paired t-tests over seeds');
  });

  it('sets names as they are, equal means alike, and one seed without deviation', () => {
    const report = fixtureReport([methodOf('one', 0.7), methodOf('two', 0.7), methodOf('kd', 0.6)], 1);
    const names = ['a_b&c', '100%~^\\{}#$', 'kd'];
    const text = renderLatex({
      ...report,
      rows: report.rows.map((row, at) => ({ ...row, method: names[at] ?? '' })),
    });
    expect(text).toContain('a\\_b\\&c & 1 & $70.00$');
    expect(text).toContain(
      '100\\%\\textasciitilde{}\\textasciicircum{}\\textbackslash{}\\{\\}\\#\\$ & 1 & $70.00$',
    );
    expect(text).toContain('kd & 1 & $60.00$');
    expect(text).not.toContain('interval}');
  });
});

describe('TensorBoard', () => {
  it('writes the bytes that TensorBoard itself writes', () => {
    const [file] = tensorboardFiles({ epochs: [], testAccuracy: 0.5 }, []);
    // TensorBoard 2.21.0: RecordWriter(io).write(Event(...).SerializeToString()) of Event(file_version='brain.Event:2') and
    // Event(summary=Summary(value=[Summary.Value(tag='test/accuracy, best epoch', simple_value=0.5)])).
    expect(Buffer.from(file?.content ?? []).toString('hex')).toBe(
      '0f000000000000006d532b091a0d627261696e2e4576656e743a32fc9851292400000000000000422b804d2a220a200a19746573742f61636375726163792c20626573742065706f6368150000003fa9db7076',
    );
    expect(file?.path).toBe('teacher/events.out.tfevents.0.distilljs');
  });

  it('leaves out a value that is not a number, which result.json has as null', () => {
    const [epoch] = SOURCES.results[0]?.epochs ?? [];
    const validation = [{ ...epoch?.validation[0], loss: null }];
    const [file] = tensorboardFiles({ epochs: [{ ...epoch, validation } as never], testAccuracy: 0.5 }, []);
    const text = Buffer.from(file?.content ?? []).toString('latin1');
    expect(text).toContain('validation/accuracy');
    expect(text).not.toContain('validation/loss');
  });

  const python = process.env['PYTHON'] ?? 'python3';
  const probe = spawnSync(python, ['-c', 'import tensorboard'], { encoding: 'utf8' });
  const missing = probe.status === 0 ? '' : ` (skipped: ${python} has no package tensorboard)`;

  it.skipIf(missing !== '')(`is read by TensorBoard${missing}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'tensorboard-'));
    for (const { path, content } of tensorboardFiles(TEACHER, SOURCES.results)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
    const script = `
import json, sys
from tensorboard.backend.event_processing.event_multiplexer import EventMultiplexer
all = EventMultiplexer().AddRunsFromDirectory(sys.argv[1]).Reload()
print(json.dumps({run: {tag: [[e.step, e.value] for e in all.Scalars(run, tag)] for tag in tags['scalars']} for run, tags in all.Runs().items()}))
`;
    const read = spawnSync(python, ['-c', script, folder], { encoding: 'utf8' });
    rmSync(folder, { recursive: true, force: true });
    expect(read.stderr).not.toContain('Error');
    const runs = JSON.parse(read.stdout) as Record<string, Record<string, [number, number][]>>;
    expect(Object.keys(runs)).toHaveLength(1 + 3 * 5);
    const run = runs['kd/3'] ?? {};
    const result = SOURCES.results.find(({ method, seed }) => method === 'kd' && seed === 3);
    expect(run['test/accuracy']).toEqual([[4, expect.closeTo(0.7019, 6)]]);
    expect(run['validation/accuracy']).toEqual(
      result?.epochs.map(({ globalEpoch, validation }) => [
        globalEpoch + 1,
        expect.closeTo(validation[0]?.accuracy ?? NaN, 6) as number,
      ]),
    );
    expect(run['loss/kd']).toEqual(
      result?.epochs.map(({ globalEpoch, terms }) => [
        globalEpoch + 1,
        expect.closeTo((terms['kd']?.value ?? NaN) * 0.9, 4) as number,
      ]),
    );
  });
});

describe('plots as files', () => {
  it('are SVG on white, in colours that any program knows', async () => {
    const files = await reportFiles(SOURCES, 'svg');
    expect(files.map(({ path }) => path)).toEqual([
      'plots/accuracy.svg',
      'plots/cost.svg',
      ...['student', 'kd', 'cckd'].flatMap((name) => [
        `plots/validation-${name}.svg`,
        `plots/terms-${name}.svg`,
      ]),
    ]);
    for (const { content } of files) {
      expect(content).toMatch(/^<svg /);
      expect(content).not.toMatch(/currentColor|var\(/);
      expect(content).toContain('fill="#ffffff"');
    }
  });

  it('are drawn for a method that is called like a plot for phones', async () => {
    const named = methodOf('kd-narrow', 0.7, 0.71);
    const report = fixtureReport([named], 2);
    const files = await reportFiles({ ...SOURCES, report, results: fixtureResults([named], 2, 2) }, 'svg');
    expect(files.map(({ path }) => path)).toContain('plots/validation-kd-narrow.svg');
  });

  it('are PNG at three times their size', async ({ skip }) => {
    const isThere = await import('sharp').then(
      () => true,
      () => false,
    );
    skip(!isThere, 'the package sharp is not installed');
    const [drawing] = await reportFiles(SOURCES, 'svg');
    const [picture] = await reportFiles(SOURCES, 'png');
    expect(picture?.path).toBe('plots/accuracy.png');
    const { width, data } = PNG.sync.read(Buffer.from(picture?.content ?? ''));
    const [, drawn = '0'] = /<svg[^>]* width="(\d+)/.exec(String(drawing?.content)) ?? [];
    expect(Math.abs(width - 3 * Number(drawn))).toBeLessThanOrEqual(2);
    expect([...data.subarray(0, 4)]).toEqual([255, 255, 255, 255]);
  });
});
