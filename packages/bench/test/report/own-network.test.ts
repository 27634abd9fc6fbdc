import { describe, expect, it } from 'vitest';
import {
  buildReport,
  findings,
  renderCsv,
  renderHtml,
  renderMarkdown,
  renderTerminal,
} from '../../src/report/index.js';
import type { MethodResult, Report } from '../../src/report/index.js';
import { ENVIRONMENT, TEACHER, fixtureConfig, fixtureResults, methodOf } from './report-fixture.js';

/** The first in the configuration, better than all, and another network. */
const METHODS = [
  methodOf('kdexplainer', 0.8, 0.81),
  methodOf('student', 0.69, 0.691),
  methodOf('kd', 0.7, 0.702),
];
const NOTE =
  '† trains a network of its own, not the resnet20 (32,940 parameters), and is neither ranked nor compared.';

const results = (): MethodResult[] =>
  fixtureResults(METHODS, 2, 2).map((result) =>
    result.method === 'kdexplainer' ? { ...result, studentParameters: 32_940, studentMacs: 1 } : result,
  );
const reportOf = (from = results()): Report =>
  buildReport(fixtureConfig(METHODS, 2, 2), ENVIRONMENT, TEACHER, from, { ownNetworks: ['kdexplainer'] });

describe('a method with a network of its own', () => {
  it('has no differences and no place in the ranking', () => {
    const { rows } = reportOf();
    expect(rows.map(({ ownNetwork }) => ownNetwork)).toEqual([true, false, false]);
    expect(rows[0]).toMatchObject({ deltaVsKd: null, deltaVsStudent: null });
    expect(rows[2]?.deltaVsStudent).not.toBeNull();
    const { headline, verdicts, caveats } = findings(reportOf());
    expect(headline).toContain('kd ranks first');
    expect(verdicts).toHaveLength(1);
    expect(caveats.join('\n')).not.toContain('no better than the best student');
  });

  it('has a note in every rendering, and its size is not the student’s', async () => {
    const report = reportOf();
    const page = await renderHtml(report, results());
    expect(page).toContain('<th scope="row">kdexplainer †</th>');
    expect(page).toContain(NOTE);
    expect(page).toMatch(/<tr><th scope="row">kdexplainer †<\/th>/);
    expect(page).toContain('<td>resnet20</td><td>278,324</td>');
    const markdown = renderMarkdown(report);
    expect(markdown).toContain('| kdexplainer †');
    expect(markdown).toContain(NOTE);
    expect(markdown).toContain('Student resnet20: 278,324 parameters');
    expect(renderTerminal(report)).toContain(NOTE);
    const [head = '', line = ''] = renderCsv(report).split('\n');
    expect(line.split(',')[head.split(',').indexOf('ownNetwork')]).toBe('true');
  });

  it('leaves nothing to rank when it is alone', () => {
    const report = reportOf(results().filter(({ method }) => method === 'kdexplainer'));
    expect(findings(report)).toMatchObject({ headline: 'There is nothing to rank yet.', verdicts: [] });
    expect(renderMarkdown(report)).not.toContain('Student resnet20:');
  });

  it('is not noted where every method trains the student', () => {
    const report = buildReport(fixtureConfig(METHODS, 2, 2), ENVIRONMENT, TEACHER, results());
    expect(renderMarkdown(report)).not.toContain('†');
  });
});
