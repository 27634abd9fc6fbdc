import { rmSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundlers, CHROMIUM, missingChromium } from './bundlers.mjs';
import { makeProject } from './project.mjs';

/** @import { Browser, Page } from 'playwright-core' */

describe.skipIf(missingChromium !== '')(`pages in Chromium${missingChromium}`, { timeout: 600_000 }, () => {
  let project = '';
  /** @type {Browser} */
  let browser;
  beforeAll(async () => {
    project = await makeProject();
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  }, 600_000);
  afterAll(async () => {
    await browser?.close();
    rmSync(project, { recursive: true, force: true });
  });

  /** @param {string} address */
  async function open(address) {
    const page = await browser.newPage();
    /** @type {string[]} */
    const errors = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    await page.goto(address);
    await page.waitForFunction(() => 'trainInPage' in globalThis);
    return { page, errors };
  }

  /** @param {Page} page @param {object} options @returns {Promise<any>} */
  const train = (page, options) =>
    page.evaluate((given) => /** @type {any} */ (globalThis).trainInPage(given), options);

  describe.each(bundlers.map((each) => [`${each.name}${each.missing}`, each]))(
    '%s',
    (_, { missing, serve }) => {
      it.skipIf(missing !== '')(
        'trains with threads where the page is isolated, without where it is not',
        async () => {
          /** @type {any[]} */
          const found = [];
          for (const isolated of [true, false]) {
            const { address, close } = await serve(project, isolated);
            try {
              const { page, errors } = await open(address);
              const result = await train(page, { engine: 'wasm', wasmPath: '/wasm/' });
              found.push(result);
              const processors = await page.evaluate(() => navigator.hardwareConcurrency);
              const threads = isolated && processors > 1 ? /, [2-8] threads$/ : /, 1 thread \(/;
              expect(result.version).toMatch(threads);
              expect(result.losses.every(Number.isFinite)).toBe(true);
              const events = /** @type {{ kind: string, done: number }[]} */ (result.events);
              expect(events[0]).toMatchObject({ kind: 'start', done: 0, total: 12 });
              expect(events.filter(({ kind }) => kind === 'step').map(({ done }) => done)).toEqual(
                Array.from({ length: 12 }, (_, at) => at + 1),
              );
              expect(events.filter(({ kind }) => kind === 'epoch')).toHaveLength(3);
              expect(events.at(-1)?.kind).toBe('end');
              const saved = await page.evaluate(() => /** @type {any} */ (globalThis).saveInWorker());
              expect(saved.refusal).toMatch(/^downloads:\/\/student: expected a page.*modelFiles/);
              expect(saved.files.map((/** @type {File} */ { name }) => name)).toEqual([
                'model.json',
                'weights.bin',
              ]);
              expect(saved.files[1].size).toBe(4 * (9 * 2 + 2 + 2 * 3 + 3));
              expect(saved.model.weightsManifest[0].paths).toEqual(['weights.bin']);
              expect(errors).toEqual([]);
              await page.close();
            } finally {
              await close();
            }
          }
          expect(found[0].weights).toEqual(found[1].weights);
        },
      );
    },
  );

  describe('a page', () => {
    const { serve } = bundlers[1] ?? { serve: undefined };

    it('continues after a reload from its checkpoints in IndexedDB, to the same weights', async () => {
      const { address, close } = await /** @type {NonNullable<typeof serve>} */ (serve)(project, true);
      try {
        const { page, errors } = await open(address);
        const whole = await train(page, { engine: 'cpu' });
        const part = await train(page, { engine: 'cpu', store: 'run', stopAt: 1 });
        expect(part.losses).toEqual(whole.losses.slice(0, 1));
        await page.reload();
        await page.waitForFunction(() => 'trainInPage' in globalThis);
        const resumed = await train(page, { engine: 'cpu', store: 'run' });
        // The step under way when the page was left is the checkpoint's last.
        expect(resumed.events[0]).toMatchObject({ kind: 'start', done: 5, total: 12 });
        expect(resumed.weights).toEqual(whole.weights);
        expect(resumed.losses).toEqual(whole.losses);
        expect(errors).toEqual([]);
        await page.close();
      } finally {
        await close();
      }
    });

    it('without the .wasm files is told what to set, and `auto` says that it falls to cpu', async () => {
      const { address, close } = await /** @type {NonNullable<typeof serve>} */ (serve)(project, true);
      try {
        const { page } = await open(address);
        await expect(train(page, { engine: 'wasm', wasmPath: '/nowhere/' })).rejects.toThrow(
          /setWasmPaths\('\/FOLDER\/'\)/,
        );
        const { engine, warnings } = await train(page, { engine: 'auto' });
        expect(engine).toBe('cpu');
        expect(warnings).toHaveLength(1);
        expect(warnings[0]).toMatch(
          /runs on the engine 'cpu'.*wasm: its \.wasm files do not load.*setWasmPaths/,
        );
        await page.close();
      } finally {
        await close();
      }
    });
  });
});
