import { describe, expect, it } from 'vitest';
import { renderHtml } from '../../src/report/index.js';
import { METHODS, fixtureReport, fixtureResults } from './report-fixture.js';

const METHOD = METHODS[2] as (typeof METHODS)[number];

describe('renderHtml', () => {
  it('is one page that asks for nothing', async () => {
    const page = await renderHtml(fixtureReport(), fixtureResults(METHODS, 5, 6));
    expect(page.startsWith('<!doctype html>')).toBe(true);
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/<(script|link|img|iframe|object)\b/);
    expect(page).not.toMatch(/\b(src|href)=|@import|url\((?!#)/);
    const addresses = [...page.matchAll(/https?:\/\/[^"'\s<)]+/g)].map(([address]) => address);
    // Names of XML vocabularies: nothing is fetched for them.
    expect(addresses.filter((address) => !address.startsWith('http://www.w3.org/'))).toEqual([]);
  });

  it('shows every method, the teacher and the words', async () => {
    const page = await renderHtml(fixtureReport(), fixtureResults(METHODS, 5, 6));
    for (const { name } of METHODS) {
      expect(page).toContain(`<th scope="row">${name}</th>`);
      expect(page).toContain(`<h3>${name}</h3>`);
    }
    expect(page).toContain('cckd comes out first');
    expect(page).toContain('teacher resnet56');
    expect(page).toContain('278,324');
    expect(page).toContain('distill-bench run --config config.json');
    // Two sizes of the accuracy plot, and two plots per method.
    expect(page.match(/<svg /g)).toHaveLength(2 + 2 * METHODS.length);
  });

  it('gives every plot words, and inner names of its own', async () => {
    const page = await renderHtml(fixtureReport(), fixtureResults(METHODS, 5, 6));
    const images = [...page.matchAll(/role="img" aria-label="([^"]+)"/g)].map(([, label]) => label ?? '');
    expect(images).toHaveLength(2 + 2 * METHODS.length);
    expect(images.join('\n')).toContain('Validation accuracy of kd by epoch');
    const ids = [...page.matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, id] of page.matchAll(/url\(#([^)]+)\)/g)) expect(ids).toContain(id);
  });

  it('leaves no markup in names', async () => {
    const odd = { ...METHOD, name: '<img src=x>&"' };
    const report = fixtureReport([METHOD], 2);
    const results = fixtureResults([odd], 2, 3);
    const rows = report.rows.map((row) => ({ ...row, method: odd.name }));
    const page = await renderHtml({ ...report, rows }, results);
    expect(page).not.toContain('<img');
    expect(page).toContain('&lt;img src=x&gt;&amp;&quot;');
  });

  it('takes one seed, no epochs and no validation', async () => {
    const report = fixtureReport([METHOD], 1);
    const [result] = fixtureResults([METHOD], 1, 2);
    if (result === undefined) throw new Error('fixture');
    expect(await renderHtml(report, [{ ...result, epochs: [] }])).toContain('Nothing was logged.');
    const blind = result.epochs.map((epoch) => ({ ...epoch, validation: [] }));
    const page = await renderHtml(report, [{ ...result, epochs: blind }]);
    expect(page).not.toContain('Validation accuracy of kd');
    expect(page).toContain('Loss terms of kd by epoch.');
  });

  it('says the same for the same results', async () => {
    const [report, results] = [fixtureReport([METHOD], 2), fixtureResults([METHOD], 2, 3)];
    expect((await renderHtml(report, results)) === (await renderHtml(report, results))).toBe(true);
  });
});
