import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { bundlers, CHROMIUM, missingChromium } from '../pages/bundlers.mjs';

/** @import { Browser } from 'playwright-core' */

const WANTED = ['vite, build', 'esbuild'];

/**
 * Builds a page that trains CCKD with each bundler; where Chromium is installed, loads the page and trains.
 *
 * @param {string} project has core, CCKD and tfjs installed
 * @returns {Promise<{ done: string[], skipped: string[] }>}
 */
export async function checkPages(project) {
  cpSync(join(import.meta.dirname, '../pages/app'), project, { recursive: true });
  const wasm = join(project, 'node_modules/@tensorflow/tfjs-backend-wasm/dist');
  for (const file of readdirSync(wasm).filter((each) => each.endsWith('.wasm')))
    cpSync(join(wasm, file), join(project, 'public/wasm', file));
  const browser = missingChromium === '' ? await launch() : undefined;
  const done = [];
  const skipped = browser === undefined ? [`pages were built, not loaded${missingChromium}`] : [];
  try {
    for (const { name, missing, serve } of bundlers.filter((each) => WANTED.includes(each.name))) {
      if (missing !== '') {
        skipped.push(`page by ${name}${missing}`);
        continue;
      }
      const { address, close } = await serve(project, false);
      try {
        if (browser !== undefined) await trainIn(browser, address);
      } finally {
        await close();
      }
      done.push(name);
    }
  } finally {
    await browser?.close();
  }
  return { done, skipped };
}

async function launch() {
  const { chromium } = await import('playwright-core');
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
}

/** @param {Browser} browser @param {string} address */
async function trainIn(browser, address) {
  const page = await browser.newPage();
  /** @type {string[]} */
  const errors = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(address);
  await page.waitForFunction(() => 'trainInPage' in globalThis, undefined, { timeout: 120_000 });
  const { losses } = await page.evaluate(() =>
    /** @type {any} */ (globalThis).trainInPage({ engine: 'wasm', wasmPath: '/wasm/' }),
  );
  await page.close();
  const trained = losses.length === 3 && losses.every(Number.isFinite);
  if (errors.length > 0 || !trained)
    throw new Error(
      `${address}: expected three epochs with finite losses, got ${JSON.stringify({ losses, errors })}`,
    );
}
