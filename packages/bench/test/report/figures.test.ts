import { describe, expect, it } from 'vitest';
import { renderHtml } from '../../src/report/index.js';
import type { RowCorruptions } from '../../src/report/figures.js';
import { rowCorruptions } from '../../src/report/row-figures.js';
import { withFigures } from './figures-fixture.js';
import { METHODS, fixtureReport, fixtureResults } from './report-fixture.js';

const THREE = METHODS.filter(({ name }) => ['student', 'kd', 'cckd'].includes(name));
const RESULTS = fixtureResults(THREE, 5, 2);
const REPORT = withFigures(fixtureReport(THREE, 5), ['cat', '<dog>', 'ship']);
const PAGE = renderHtml(REPORT, RESULTS);

/** The text of a section, its tags left out. */
const textOf = (page: string, id: string): string =>
  (new RegExp(`<section id="${id}".*?</section>`, 's').exec(page)?.[0] ?? '').replace(/<[^>]+>/g, ' ');

describe('figures of kept predictions', () => {
  it('stand in a matrix of all pairs, those that are certain in bold', async () => {
    const page = await PAGE;
    // cckd − kd: 0.0027, 0.0033, 0.0027, 0.0034, 0.0038; mean 0.318 points, p 0.0001, the largest of the three p.
    expect(page).toContain(
      'cckd minus kd: +0.32 points, p &lt;0.001, corrected &lt;0.001, 5 won, 0 tied, 0 lost',
    );
    expect(page).toContain('kd minus cckd: −0.32 points');
    expect(page).toContain('<b>+0.32</b>');
    expect(textOf(page, 'pairwise')).toContain("Holm's correction for all 3 pairs");
    expect(textOf(page, 'pairwise')).toContain('a true difference of 0.48 points in 80 of 100');
    expect(textOf(page, 'pairwise')).toContain('5–0–0');
  });

  it('are listed class by class, the hardest first, with the teacher', async () => {
    const text = textOf(await PAGE, 'classes');
    const [first] = REPORT.rows.map(({ metrics }) => metrics?.perClass ?? []);
    const hardest = [...(first ?? [])]
      .map((value, index) => [value ?? 0, index] as const)
      .sort((a, b) => a[0] - b[0]);
    const names = ['cat', '&lt;dog>', 'ship'];
    const order = hardest.map(([, index]) => text.indexOf(names[index] ?? ''));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(text).toContain('teacher');
    expect(text).toContain('Confusion of cckd');
  });

  it('say what the probabilities are worth, with a diagram per network', async () => {
    const page = await PAGE;
    const text = textOf(page, 'calibration');
    for (const name of ['top-5 %', 'agreement %', 'KL to teacher', 'NLL', 'ECE', 'Brier'])
      expect(text).toContain(name);
    expect(page.match(/aria-label="How often predictions of [^"]+"/g)).toHaveLength(4);
  });

  it('say nothing of a share of the clean accuracy where that is 0', async () => {
    // 0.25 and 0.5 of no clean image, and of half of them: 0.25 / 0.5 and 0.5 / 0.5.
    const over = (clean: number): RowCorruptions | null =>
      rowCorruptions(
        [0.25, 0.5].map((at, seed) => ({ seed, clean: seed === 0 ? clean : 0.5, accuracy: { blur: [at] } })),
      );
    expect(over(0)).toMatchObject({ mean: { mean: 0.375 }, relative: null });
    expect(over(0.5)?.relative?.mean).toBe(0.75);
    expect(rowCorruptions([{ seed: 0, clean: 0, accuracy: { blur: [0] } }])?.relative).toBeNull();
    const rows = REPORT.rows.map((row) => ({ ...row, corruptions: over(0) }));
    expect(textOf(await renderHtml({ ...REPORT, rows }, RESULTS), 'corruptions')).toMatch(
      /37\.50 ± 17\.68 +– /,
    );
  });

  it('show what corruptions leave, and what networks cost', async () => {
    const page = await PAGE;
    expect(page.match(/aria-label="Accuracy by strength of the corruption [^"]+"/g)).toHaveLength(5);
    expect(textOf(page, 'corruptions')).toContain('of clean %');
    const cost = textOf(page, 'cost');
    expect(cost).toContain('ms, batch 64');
    expect(cost).toContain('612 MB');
  });

  it('are left out where there are none, and the report lists what is missing', async () => {
    const page = await renderHtml(fixtureReport(THREE, 5), RESULTS);
    for (const id of ['classes', 'calibration', 'corruptions'])
      expect(page).not.toContain(`<section id="${id}"`);
    expect(textOf(page, 'cost')).not.toContain('ms, batch');
    expect(textOf(await PAGE, 'limits')).toContain(
      'Latency is missing: `distill-bench measure RUN` brings it.',
    );
  });

  it('come with definitions of what is shown, and of nothing else', async () => {
    const text = textOf(await PAGE, 'definitions');
    for (const name of ['ECE', 'Brier', 'top-5', 'corrupted, of clean', 'latency', 'corrected p'])
      expect(text).toContain(name);
    for (const name of ['evidence', 'recall@k']) expect(text).not.toContain(name);
    const plain = textOf(await renderHtml(fixtureReport(THREE, 5), RESULTS), 'definitions');
    expect(plain).toContain('test accuracy');
    for (const name of ['ECE', 'corrupted, of clean', 'latency']) expect(plain).not.toContain(name);
    // In this order, at the end of the page.
    const order = ['corruptions', 'limits', 'definitions', 'reproduce'];
    const page = await PAGE;
    const places = order.map((id) => page.indexOf(`<section id="${id}"`));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  it('leave out classes beyond the hundred hardest', async () => {
    const names = Array.from({ length: 130 }, (_, index) => `class ${index}`);
    const page = await renderHtml(
      withFigures(fixtureReport(THREE.slice(0, 1), 1), names),
      RESULTS.slice(0, 1),
    );
    expect(textOf(page, 'classes')).toContain('The 100 hardest of 130 classes; report.json has all.');
    expect(new Set(page.match(/scope="col"><span>class \d+/g)).size).toBe(100);
    expect(textOf(page, 'classes')).not.toContain('Confusion');
  });
});
