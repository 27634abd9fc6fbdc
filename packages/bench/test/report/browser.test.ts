import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderHtml } from '../../src/report/index.js';
import { missingChromium, onPaper, openBrowser, openPage, overflows, seriousFaults } from './browser.js';
import { withFigures } from './figures-fixture.js';
import { METHODS, fixtureReport, fixtureResults } from './report-fixture.js';

const WIDTHS = [320, 360, 480, 703, 704, 768, 1024, 1087, 1088, 1280, 1600];

describe.skipIf(missingChromium !== '')(
  `the report in Chromium${missingChromium}`,
  { timeout: 180_000 },
  () => {
    let browser: Browser;
    const folder = mkdtempSync(join(tmpdir(), 'report-page-'));
    const file = join(folder, 'index.html');
    const address = pathToFileURL(file).href;
    beforeAll(async () => {
      const report = withFigures(fixtureReport(METHODS, 5, { testImages: 10_000 }), ['cat', 'dog', 'ship']);
      writeFileSync(file, await renderHtml(report, fixtureResults(METHODS, 5, 6)));
      browser = await openBrowser();
    }, 180_000);
    afterAll(async () => {
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    });

    const methods = (page: Page): Promise<string[]> =>
      page.locator('#results tbody th:visible').allTextContents();

    it('opens from disk, sorts and filters', async () => {
      const { page, errors } = await openPage(browser, address);
      expect((await methods(page)).slice(0, 2)).toEqual(['cckd', 'rtk']);
      const head = page.getByRole('columnheader', { name: 's/epoch' });
      await head.getByRole('button').click();
      expect(await head.getAttribute('aria-sort')).toBe('descending');
      expect((await methods(page)).slice(0, 2)).toEqual(['mhgd', 'rtk']);
      await head.getByRole('button').press('Enter');
      expect(await head.getAttribute('aria-sort')).toBe('ascending');
      expect((await methods(page))[0]).toBe('student');
      // Numbers as numbers, a dash after all of them, and the teacher stays the last line.
      await page.getByRole('columnheader', { name: 'vs kd' }).getByRole('button').click();
      expect(await methods(page)).toEqual([
        'cckd',
        'rtk',
        'vam',
        'mhgd',
        'label-smoothing',
        'student',
        'kd',
        'teacher resnet56',
      ]);
      expect(await head.getAttribute('aria-sort')).toBeNull();
      await page.getByRole('searchbox').fill('KD');
      expect(await methods(page)).toEqual(['cckd', 'kd', 'teacher resnet56']);
      expect(await page.getByRole('status').textContent()).toBe('2 of 7 shown');
      expect(errors).toEqual([]);
      await page.close();
    });

    it('shows which seed a dot is, and which class a cell', async () => {
      const { page, errors } = await openPage(browser, address);
      await page.locator('.wide [aria-label="kd, seed 3: 70.19 %"]').hover();
      expect(await page.locator('.tip:visible').textContent()).toBe('kd, seed 3: 70.19 %');
      await page.locator('#classes td[data-tip^="kd, dog"]').hover();
      expect(await page.locator('.tip:visible').textContent()).toMatch(/^kd, dog: \d+\.\d\d %$/);
      await page.locator('h1').hover();
      expect(await page.locator('.tip:visible').count()).toBe(0);
      expect(errors).toEqual([]);
      await page.close();
    });

    it.each([false, true])('switches the theme (dark system: %s)', async (dark) => {
      const { page, errors } = await openPage(browser, address, { dark });
      const paper = (): Promise<string> =>
        page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const [light, black] = ['rgb(255, 255, 255)', 'rgb(19, 21, 24)'];
      expect(await paper()).toBe(dark ? black : light);
      await page.getByRole('button', { name: `Switch to ${dark ? 'light' : 'dark'} colours` }).click();
      expect(await paper()).toBe(dark ? light : black);
      expect(errors).toEqual([]);
      await page.close();
    });

    it('is as wide as its window, with and without script', async () => {
      for (const scripts of [true, false]) {
        const { page } = await openPage(browser, address, { scripts });
        if (scripts) expect(await overflows(page, WIDTHS)).toEqual(WIDTHS.map(() => 0));
        expect((await methods(page)).length).toBe(METHODS.length + 1);
        for (const text of ['cckd ranks first', 'What limits these numbers', 'Run it again'])
          expect(await page.getByText(text).first().isVisible()).toBe(true);
        await page.close();
      }
    });

    it('shows twenty methods with long names whole: in every window, and on paper', async () => {
      const long = (at: number): string =>
        `attention-matching-with-temperature-4-and-weight-0.${String(at).padStart(2, '0')}`;
      const twenty = Array.from({ length: 20 }, (_, at) => ({
        ...(METHODS[at % METHODS.length] as (typeof METHODS)[number]),
        name: long(at),
      }));
      const report = withFigures(fixtureReport(twenty, 5), ['cat', 'dog', 'ship']);
      const many = join(folder, 'many.html');
      writeFileSync(many, await renderHtml(report, fixtureResults(twenty, 5, 6)));
      const { page } = await openPage(browser, pathToFileURL(many).href);
      const labels = await page.locator('#accuracy .wide text').allTextContents();
      for (const { name } of twenty) expect(labels.filter((label) => label.startsWith(name))).toHaveLength(1);
      expect(await overflows(page, WIDTHS)).toEqual(WIDTHS.map(() => 0));
      await page.setViewportSize({ width: 360, height: 900 });
      // A name leaves room for the numbers beside it.
      const name = page.locator('#results tbody th').first();
      expect((await name.boundingBox())?.width).toBeLessThan(180);
      const { cut, heads } = await onPaper(page);
      expect(cut).toEqual([]);
      expect(heads['pairwise']).toHaveLength(20);
      expect(heads['results']).toEqual(
        expect.arrayContaining(['method', 'seeds', 'test %, last', 'vs kd', 'extra params']),
      );
      await page.close();
    });

    it.each([false, true])('has no serious fault that axe finds (dark: %s)', async (dark) => {
      const { page } = await openPage(browser, address, { dark });
      expect(await seriousFaults(page)).toEqual([]);
      await page.close();
    });
  },
);
