import { describe, expect, it } from 'vitest';
import {
  buildReport,
  findings,
  renderCsv,
  renderMarkdown,
  renderSeedsCsv,
  renderTerminal,
} from '../../src/report/index.js';
import { escaped } from '../../src/report/markdown.js';
import type { Report } from '../../src/report/index.js';
import {
  ENVIRONMENT,
  METHODS,
  TEACHER,
  fixtureConfig,
  fixtureReport,
  fixtureResults,
} from './report-fixture.js';

function rowOf(report: Report, method: string): Report['rows'][number] {
  const row = report.rows.find((candidate) => candidate.method === method);
  if (row === undefined) throw new Error(`no row ${method}`);
  return row;
}

describe('buildReport', () => {
  it('summarizes each method over its seeds', () => {
    const row = rowOf(fixtureReport(), 'kd');
    // numpy and scipy over 0.7041, 0.7068, 0.7052, 0.7019, 0.7074: mean, std(ddof=1), mean ± t.ppf(.975, 4) · sd / √5.
    expect(row.seeds).toEqual([0, 1, 2, 3, 4]);
    expect(row.testAccuracyLast.mean).toBeCloseTo(0.70508, 10);
    expect(row.testAccuracyLast.sd).toBeCloseTo(0.0022038602496528897, 10);
    expect(row.testAccuracyLast.ci95?.[0]).toBeCloseTo(0.7023435460709335, 8);
    expect(row.testAccuracyBest.mean).toBeCloseTo(0.70388, 10);
    expect(row.secondsPerEpoch).toBeCloseTo(85.1, 10);
    expect(row.overheadVsStudent).toBeCloseTo(85.1 / 61.4 - 1, 10);
    expect(row.perSeed[3]).toEqual({
      seed: 3,
      testAccuracyLast: 0.7019,
      testAccuracyBest: 0.7019 - 0.0012,
      validationAccuracyBest: 0.7019 + 0.004,
      ensembleAccuracyLast: null,
      secondsPerEpoch: 84.9 + 3 * 0.1,
      scores: null,
    });
  });

  it('compares with kd and with the student alone, but neither with itself', () => {
    const report = fixtureReport();
    // scipy.stats.ttest_rel(cckd, kd): differences 0.0027, 0.0033, 0.0027, 0.0034, 0.0038.
    expect(rowOf(report, 'cckd').deltaVsKd?.mean).toBeCloseTo(0.00318, 10);
    expect(rowOf(report, 'cckd').deltaVsKd?.p).toBeCloseTo(0.0001173995652426915, 8);
    expect(rowOf(report, 'kd').deltaVsKd).toBeNull();
    expect(rowOf(report, 'kd').deltaVsStudent?.mean).toBeCloseTo(0.01488, 10);
    expect(rowOf(report, 'student').deltaVsStudent).toBeNull();
    expect(rowOf(report, 'student').overheadVsStudent).toBe(0);
  });

  it('counts the epochs that a method has on top of the run’s as overhead', () => {
    const results = fixtureResults(METHODS.slice(0, 3), 2).map((result) =>
      result.method === 'kd' ? { ...result, epochs: [...result.epochs, ...result.epochs] } : result,
    );
    const report = buildReport(fixtureConfig(METHODS.slice(0, 3), 2), ENVIRONMENT, TEACHER, results);
    const { secondsPerEpoch } = rowOf(report, 'student');
    const kd = rowOf(report, 'kd');
    expect(kd.overheadVsStudent).toBeCloseTo((2 * kd.secondsPerEpoch) / secondsPerEpoch - 1, 10);
  });

  it('keeps the order of the configuration and does not mind that of the results', () => {
    const results = fixtureResults(METHODS, 3);
    const config = fixtureConfig(METHODS, 3);
    const report = buildReport(config, ENVIRONMENT, TEACHER, results);
    expect(report.rows.map(({ method }) => method)).toEqual(METHODS.map(({ name }) => name));
    expect(buildReport(config, ENVIRONMENT, TEACHER, results.toReversed())).toEqual(report);
  });

  it('takes a run that is not finished', () => {
    const results = fixtureResults(METHODS.slice(0, 3), 3).filter(
      ({ method, seed }) => method !== 'kd' && seed !== 1,
    );
    const report = buildReport(fixtureConfig(METHODS.slice(0, 3), 3), ENVIRONMENT, TEACHER, results);
    expect(report.rows.map(({ method, seeds }) => [method, seeds])).toEqual([
      ['student', [0, 2]],
      ['label-smoothing', [0, 2]],
    ]);
    expect(report.rows.map(({ deltaVsKd }) => deltaVsKd)).toEqual([null, null]);
    expect(findings(report).caveats).toContain('student is unfinished: seed 1 missing.');
    expect(findings(report).caveats).toContain('kd has no finished seed.');
    expect(findings(buildReport(report.config, ENVIRONMENT, TEACHER, [])).headline).toBe(
      'No training is finished yet.',
    );
  });

  it('survives a round trip through JSON', () => {
    const report = fixtureReport();
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(report).toMatchObject({ schema: 1, engine: { name: 'node' }, teacher: { testAccuracy: 0.7244 } });
  });
});

describe('renderTerminal', () => {
  it('is plain text that lines up', () => {
    const text = renderTerminal(fixtureReport());
    const table = text.split('\n').filter((line) => /^[│┌├└]/.test(line));
    expect(table).toHaveLength(12);
    expect(new Set(table.map((line) => line.length)).size).toBe(1);
    expect(table.find((line) => line.startsWith('│ kd '))).toMatch(
      /│ +5 │ 70\.51 ± 0\.22 │ 70\.39 ± 0\.22 │ +– │ +\+1\.49 \(p <0\.001\) │ +85\.1 │ +\+39 % │$/,
    );
    expect(table[0]?.length).toBeLessThanOrEqual(120);
    // eslint-disable-next-line no-control-regex -- escape sequences are what must not be there
    expect(text).not.toMatch(/\u001b/);
    expect(text).toContain('teacher resnet56');
    expect(text).toMatch(/ranks first.*\nIt is .* above kd .*\nIt is .* above second-ranked rtk /);
  });
});

describe('renderMarkdown', () => {
  it('is a table between words', () => {
    const text = renderMarkdown(fixtureReport());
    expect(text.split('\n')[0]).toBe('# resnet20 taught by resnet56 on CIFAR-100');
    expect(text).toMatch(/^\| method +\| +seeds \| +test %, last \|/m);
    expect(text).toMatch(/^\| cckd +\| +5 \| +70\.83 ± 0\.24 \|/m);
    expect(text).toContain('Teacher resnet56: 861,620 parameters, 126 M MACs per image.');
    expect(text).toContain('Student resnet20: 278,324 parameters, 40.8 M MACs per image.');
    expect(text).toContain('distill-bench run --config config.json');
  });

  it('keeps names from becoming markup', () => {
    const odd = { ...(METHODS[2] as (typeof METHODS)[number]), name: 'kd_a_b' };
    expect(renderMarkdown(fixtureReport([odd], 2))).toContain('| kd\\_a\\_b');
  });

  it('is titled by the network that taught, whose name does not become markup', () => {
    const report = fixtureReport();
    const teacher = { ...report.teacher, model: 'mine\n# <b>[x](y)' };
    const text = renderMarkdown({ ...report, teacher });
    expect(text.split('\n')[0]).toBe('# resnet20 taught by mine\\\\n# \\<b\\>\\[x\\](y) on CIFAR-100');
    expect(text).not.toMatch(/<b>|(?<!\\)\[x|^# </m);
  });
});

describe('renderCsv', () => {
  it('has every number in full', () => {
    const [head, ...lines] = renderCsv(fixtureReport()).trim().split('\n');
    expect(head?.split(',').slice(0, 4)).toEqual([
      'method',
      'seeds',
      'testAccuracyLast.mean',
      'testAccuracyLast.sd',
    ]);
    expect(lines).toHaveLength(7);
    const columns = head?.split(',') ?? [];
    const kd = lines[2]?.split(',') ?? [];
    expect(kd).toHaveLength(columns.length);
    expect(kd.slice(0, 2)).toEqual(['kd', '0 1 2 3 4']);
    expect(Number(kd[2])).toBeCloseTo(0.70508, 12);
    expect(kd[columns.indexOf('deltaVsKd.mean')]).toBe('');
    expect(kd[columns.indexOf('studentParameters')]).toBe('278324');
  });

  it('lists the seeds in a table of their own', () => {
    const lines = renderSeedsCsv(fixtureReport()).trim().split('\n');
    expect(lines[0]).toBe(
      'method,seed,testAccuracyLast,testAccuracyBest,validationAccuracyBest,ensembleAccuracyLast,secondsPerEpoch,top5,nll,ece,brier,agreement,kl',
    );
    expect(lines).toHaveLength(36);
    expect(lines[1]).toContain('student,0,0.6893,');
  });
});

it.each([
  ['    code', 'code'],
  ['# heading', '\\# heading'],
  ['## heading', '\\## heading'],
  ['- point', '\\- point'],
  ['12. point', '12\\. point'],
  ['1.5, -2', '1.5, -2'],
])('a text that begins with %j is no block of Markdown', (text, expected) => {
  expect(escaped(text)).toBe(expected);
});
