import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { evaluate, loadModel, modelMetadata, resolveEngine } from '@distilljs/core';
import { unzipSync } from 'fflate';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { synthetic } from '../../src/dataset/synthetic.js';
import type { ModelCard } from '../../src/export/model-card.js';
import { missingChromium, openBrowser, openPage, overflows } from '../report/browser.js';
import { buildPlayground, serveFolder } from './site.js';
import type { Site } from './site.js';

/** Complaints that are none: the engine says why it is not WebGPU. */
const isNotice = (text: string): boolean => text.startsWith("distilljs runs on the engine 'wasm'");

const FIREFOX = '/usr/bin/firefox-esr';
const missingFirefox = existsSync(FIREFOX) ? '' : ` (skipped: no ${FIREFOX})`;

const folder = mkdtempSync(join(tmpdir(), 'playground-'));
let site: Site;
beforeAll(async () => {
  if (missingChromium !== '' && missingFirefox !== '') return;
  await buildPlayground(join(folder, 'site'));
  site = await serveFolder(join(folder, 'site'));
});
afterAll(() => {
  (site as Site | undefined)?.server.close();
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(missingChromium !== '')(
  `the playground in Chromium${missingChromium}`,
  { timeout: 300_000 },
  () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await openBrowser();
    });
    afterAll(() => browser.close());

    const fill = async (page: Page, label: string, value: number): Promise<void> => {
      await page.getByLabel(label).fill(String(value));
      await page.getByLabel(label).blur();
    };
    const chosen = async (page: Page, epochs: number): Promise<void> => {
      await fill(page, 'Training images per class', 20);
      await fill(page, 'Epochs of the teacher', 2);
      await fill(page, 'Epochs of each student', epochs);
      await page.getByText('18 to train on').first().waitFor();
    };
    const train = (page: Page): Promise<void> =>
      page.getByRole('button', { name: 'Train', exact: true }).click();
    const done = (page: Page): Promise<void> =>
      page.getByText('Everything is trained.').waitFor({ timeout: 240_000 });

    it('trains two methods on the sample, reports, and hands out a student as good as it says', async () => {
      const { page, errors } = await openPage(browser, site.address);
      await chosen(page, 2);
      await train(page);
      await done(page);
      await page.locator('#report #results').waitFor({ timeout: 60_000 });
      expect(await page.locator('#results tbody th:visible').allTextContents()).toEqual(
        expect.arrayContaining(['student', 'kd', 'teacher plain16']),
      );
      expect(await page.locator('#report figure svg:visible').count()).toBeGreaterThan(1);
      const choice = page.locator('section', { hasText: 'Take a student home' }).locator('select');
      await choice.selectOption('kd');
      const shown = await choice.locator('option[value=kd]').textContent();
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
      expect(shown).toBe(`kd: ${(100 * accuracy).toFixed(2)} % of the test images`);
      const card = JSON.parse(readFileSync(join(student, 'card.json'), 'utf8')) as ModelCard;
      expect(card.testAccuracy).toEqual({ trained: accuracy, exported: accuracy, images: 60 });
      expect(await overflows(page, [320, 360, 768, 1280])).toEqual([0, 0, 0, 0]);
      expect(errors.filter((text) => !isNotice(text))).toEqual([]);
      await page.close();
    });

    it('goes on after a reload in the middle', async () => {
      const { page, errors } = await openPage(browser, site.address);
      await page.evaluate(() => indexedDB.deleteDatabase('distilljs-playground'));
      await page.reload();
      await chosen(page, 40);
      await train(page);
      const student = page.locator('.job', { hasText: 'student' });
      // Past a checkpoint of the student's.
      await student.getByText(/after epoch (?:[5-9]|\d\d)/).waitFor({ timeout: 240_000 });
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.getByText('Paused.').waitFor();
      const stepOf = async (): Promise<number> =>
        Number(/step (\d+) of/.exec((await student.getByText(/step \d+ of/).textContent()) ?? '')?.[1]);
      const before = await stepOf();
      await page.reload();
      expect(await page.getByText('This browser kept a run').textContent()).toContain(
        '1 of 3 trainings are done',
      );
      await page.getByRole('button', { name: 'Go on' }).click();
      expect(await stepOf()).toBeGreaterThanOrEqual(before);
      await page.getByRole('button', { name: 'Stop' }).click();
      await page.getByText('Stopped.').waitFor();
      await page.getByRole('button', { name: 'New run' }).click();
      await page.getByRole('button', { name: 'Train', exact: true }).waitFor();
      expect(errors.filter((text) => !isNotice(text))).toEqual([]);
      await page.close();
    });

    it('says what is wrong with a teacher and with images, and how to go on', async () => {
      const { page, errors } = await openPage(browser, site.address);
      await page.getByLabel('Your own: a TensorFlow.js layers model').check();
      const files = page.getByLabel('Choose the files');
      await files.setInputFiles({
        name: 'notes.txt',
        mimeType: 'text/plain',
        buffer: Buffer.from('no model'),
      });
      expect(await page.getByRole('alert').textContent()).toMatch(
        /expected the files of a tfjs layers model.*got notes\.txt/,
      );
      const json = JSON.stringify({
        modelTopology: { node: [] },
        format: 'graph-model',
        weightsManifest: [{ paths: ['w.bin'], weights: [] }],
      });
      await files.setInputFiles([
        { name: 'model.json', mimeType: 'application/json', buffer: Buffer.from(json) },
        { name: 'w.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(0) },
      ]);
      await page.getByText('got a graph model').waitFor();
      await page.getByLabel('Your own: a folder or zip').check();
      const found = join(folder, 'images');
      for (const [path, bytes] of [
        ['cats/1.png', Buffer.from('no image')],
        ['cats/2.png', Buffer.from('none either')],
        ['loose.png', Buffer.from('in no class')],
      ] as const) {
        mkdirSync(dirname(join(found, path)), { recursive: true });
        writeFileSync(join(found, path), bytes);
      }
      await page.getByLabel('Choose a folder').setInputFiles(found);
      await page.getByText('2 images cannot be decoded and are left out: images/cats/1.png').waitFor();
      await page.getByText('There is no class with enough images yet.').waitFor();
      expect(await page.getByRole('button', { name: 'Train', exact: true }).isDisabled()).toBe(true);
      expect(errors.filter((text) => !isNotice(text))).toEqual([]);
      await page.close();
    });
  },
);

describe.skipIf(missingFirefox !== '')(`the playground in Firefox${missingFirefox}`, () => {
  it('opens, and starts the thread that paints the sample', async () => {
    const before = site.asked.length;
    const picture = join(folder, 'page.png');
    const args = ['--headless', '--profile', folder, '--screenshot', picture, site.address];
    await promisify(execFile)(FIREFOX, args, { timeout: 200_000 });
    expect(site.asked.slice(before).some((path) => /\/desk-[\w-]+\.js$/.test(path))).toBe(true);
    expect(statSync(picture).size).toBeGreaterThan(1000);
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
