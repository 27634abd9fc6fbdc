import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { evaluate, loadModel, modelMetadata, resolveEngine } from '@distilljs/core';
import { unzipSync } from 'fflate';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { synthetic } from '../../src/dataset/synthetic.js';
import type { ModelCard } from '../../src/export/model-card.js';
import { missingChromium, overflows } from '../report/browser.js';
import { accessSuite } from './access-suite.js';
import { expectNoOtherHost, faultsSuite } from './faults-suite.js';
import { imagesSuite } from './images-suite.js';
import {
  buildPlayground,
  chooseLittle,
  chooseMethods,
  done,
  reported,
  serveFolder,
  train,
  visit,
} from './site.js';
import type { Site } from './site.js';
import { teachersSuite } from './teachers-suite.js';

const FIREFOX = '/usr/bin/firefox-esr';
const missingFirefox = existsSync(FIREFOX) ? '' : ` (skipped: no ${FIREFOX})`;

const folder = mkdtempSync(join(tmpdir(), 'playground-'));
let site: Site;
beforeAll(async () => {
  if (missingChromium !== '' && missingFirefox !== '') return;
  await buildPlayground(join(folder, 'site'));
  site = await serveFolder(join(folder, 'site'));
}, 600_000);
afterAll(() => {
  (site as Site | undefined)?.server.close();
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(missingChromium !== '')(
  `the playground in Chromium${missingChromium}`,
  { timeout: 600_000 },
  () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await chromium.launch({
        executablePath: '/usr/bin/chromium',
        // A camera that needs no leave and shows a moving picture.
        args: ['--no-sandbox', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
      });
    }, 120_000);
    afterAll(() => browser.close());
    const place = { folder, browser: () => browser, site: () => site };

    it('trains three seeds of two methods, reports, and hands out a student as good as it says', async () => {
      const { page, context, errors } = await visit(browser, site.address);
      await chooseLittle(page, 1);
      await page.getByLabel('Seeds: students per method').selectOption('3');
      await train(page);
      await done(page);
      await reported(page);
      expect(await page.locator('.job', { hasText: 'kd' }).textContent()).toContain('3 of 3 seeds done.');
      expect(await page.locator('#results tbody th:visible').allTextContents()).toEqual(
        expect.arrayContaining(['student', 'kd', 'teacher plain16']),
      );
      const row = page.locator('#results tbody tr', { has: page.locator('th:text-is("kd")') });
      expect(await row.textContent()).toMatch(/±.*to/);
      expect(await page.locator('#report figure svg:visible').count()).toBeGreaterThan(1);
      const choice = page.locator('section', { hasText: 'Take a student home' }).locator('select');
      expect(await choice.locator('option').count()).toBe(6);
      await choice.selectOption('kd, seed 1');
      const shown = await choice.locator('option', { hasText: 'kd, seed 1' }).textContent();
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Download with its page' }).click(),
      ]);
      const files = unzipSync(readFileSync(await download.path()));
      const student = join(folder, 'student');
      for (const [path, bytes] of Object.entries(files)) {
        mkdirSync(dirname(join(student, path)), { recursive: true });
        writeFileSync(join(student, path), bytes);
      }
      expect(Object.keys(files)).toEqual(
        expect.arrayContaining(['index.html', 'README.md', 'tfjs/tfjs-backend-wasm.wasm']),
      );
      const accuracy = await accuracyOf(student);
      expect(shown).toBe(`kd, seed 1: ${(100 * accuracy).toFixed(2)} %`);
      const card = JSON.parse(readFileSync(join(student, 'card.json'), 'utf8')) as ModelCard;
      expect(card.testAccuracy).toEqual({ trained: accuracy, exported: accuracy, images: 60 });
      expect(await overflows(page, [320, 360, 768, 1280])).toEqual([0, 0, 0, 0]);
      // A training that is done needs no checkpoints any more.
      expect(await page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name))).toEqual([
        'distilljs-playground',
      ]);
      expect(errors).toEqual([]);
      await context.close();
    });

    it('lets no thread ask another host, and continues after a reload in the middle', async () => {
      const { page, context, errors } = await visit(browser, site.address);
      await chooseLittle(page, 200);
      await chooseMethods(page, ['student']);
      await train(page);
      const student = page.locator('.job', { hasText: 'student' });
      // Past a checkpoint of the student's.
      await student.getByText(/after epoch (?:[5-9]|\d\d)/).waitFor({ timeout: 240_000 });
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.getByText('Paused.').waitFor();
      await expectNoOtherHost(page, site.address);
      const stepOf = async (): Promise<number> =>
        Number(/step (\d+) of/.exec((await student.getByText(/step \d+ of/).textContent()) ?? '')?.[1]);
      const before = await stepOf();
      const complaints = errors.length;
      await page.reload();
      expect(await page.getByText('This browser kept a run').textContent()).toContain(
        '1 of 2 trainings are done',
      );
      const resting = page.workers().length;
      await page.getByRole('button', { name: 'Continue' }).click();
      expect(await stepOf()).toBeGreaterThanOrEqual(before);
      await page.getByRole('button', { name: 'Stop' }).click();
      await page.getByText('Stopped.').waitFor();
      await page.getByRole('button', { name: 'New run' }).click();
      const form = page.getByRole('button', { name: 'Train', exact: true });
      await form.waitFor();
      // The training ends after its step, and the run does not come back.
      await vi.waitUntil(() => page.workers().length <= Math.max(1, resting), { timeout: 60_000 });
      expect(await form.isVisible()).toBe(true);
      expect(errors.slice(complaints)).toEqual([]);
      await context.close();
    });

    imagesSuite(place);
    teachersSuite(place);
    faultsSuite(place);
    accessSuite(place);
  },
);

describe.skipIf(missingFirefox !== '')(`the playground in Firefox${missingFirefox}`, () => {
  it('opens, and starts the thread that paints the sample', { timeout: 300_000 }, async () => {
    const before = site.asked.length;
    const profile = join(folder, 'firefox');
    mkdirSync(profile);
    const firefox = spawn(FIREFOX, ['--headless', '--profile', profile, site.address], { stdio: 'ignore' });
    const ended = new Promise((resolve) => firefox.once('exit', resolve));
    const wanted = [/\/desk-[\w-]+\.js$/, /\/tfjs-backend-wasm[\w-]*\.wasm$/];
    const isThere = (pattern: RegExp): boolean => site.asked.slice(before).some((path) => pattern.test(path));
    try {
      // The thread loads, and then the engine in it.
      await vi.waitUntil(() => wanted.every(isThere), { timeout: 240_000, interval: 250 });
    } finally {
      firefox.kill();
      await ended;
    }
  });
});

/** Of a downloaded student on the sample's test images. */
async function accuracyOf(student: string): Promise<number> {
  await resolveEngine('wasm');
  const test = synthetic({
    ...{ classes: 6, superclasses: 2, difficulty: 0.4, imageSize: 32, seed: 0 },
    split: 'test',
    size: 60,
  });
  const model = await loadModel(student);
  const normalization = modelMetadata(model)?.normalization;
  if (normalization === undefined) throw new Error('no metadata');
  const { accuracy } = await evaluate(model, test, normalization);
  model.dispose();
  return accuracy;
}
