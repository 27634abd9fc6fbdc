import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import type { Place } from './place.js';
import { chooseLittle, chooseMethods, done, reported, train, visit, watched } from './site.js';

/** Neither the page nor any thread of it may ask another host; its own files they have. */
export async function expectNoOtherHost(page: Page, own: string): Promise<void> {
  const asked: string[] = [];
  const other = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.setHeader('Access-Control-Allow-Origin', '*').end('{}');
  });
  await new Promise<void>((resolve) => {
    other.listen(0, '127.0.0.1', resolve);
  });
  const address = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  const ask = async (url: string): Promise<string> =>
    await fetch(url).then(
      () => 'answered',
      () => 'refused',
    );
  // The desk, and a training.
  const threads = page.workers();
  expect(threads.length).toBeGreaterThanOrEqual(2);
  for (const thread of threads) {
    expect(await thread.evaluate(ask, `${address}/from-a-worker`)).toBe('refused');
    expect(await thread.evaluate(ask, `${own}tfjs/tf-core.min.js`)).toBe('answered');
    // As text: a compiled import would be the test runner's.
    const load = `import('${address}/module.js').then(() => 'answered', () => 'refused')`;
    expect(await thread.evaluate(load)).toBe('refused');
  }
  expect(await page.evaluate(ask, `${address}/from-the-page`)).toBe('refused');
  expect(asked).toEqual([]);
  other.close();
}

/** WebGPU on the processor: slow, and the same everywhere. */
const SOFTWARE_GPU = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

const job = (page: Page, name: string) =>
  page.locator('.job', { has: page.getByRole('heading', { name, exact: true }) });

/** What a browser or a machine may refuse, each with a way on. */
export function faultsSuite({ folder, browser, site }: Place): void {
  it('says that there is no WebGPU, and goes on with WebAssembly', async () => {
    const { page, context } = await visit(browser(), site().address);
    await chooseLittle(page, 1);
    await chooseMethods(page, ['student']);
    // So many that it can be looked at while it trains.
    await page.getByLabel('Epochs of the teacher').fill('200');
    await page.getByLabel('Engine').selectOption('webgpu');
    await train(page);
    await page.getByText('Ended with an error.').waitFor();
    expect(await page.getByRole('alert').textContent()).toBe(
      'WebGPU does not work in this browser (there is no WebGPU adapter). Continue with WebAssembly, or open the page in a browser with WebGPU.',
    );
    await page.getByRole('button', { name: 'Continue with WebAssembly' }).click();
    await job(page, 'Teacher').getByText('on wasm').waitFor();
    await context.close();
  });

  it('says that the GPU was lost, and goes on with WebAssembly', async () => {
    const own = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: ['--no-sandbox', ...SOFTWARE_GPU],
    });
    try {
      const { page } = await visit(own, site().address);
      if (!(await page.evaluate(hasGpu))) return;
      await chooseLittle(page, 1);
      await chooseMethods(page, ['student']);
      await page.getByLabel('Epochs of the teacher').fill('200');
      await page.getByLabel('Engine').selectOption('webgpu');
      await train(page);
      await job(page, 'Teacher').getByText('on webgpu').waitFor();
      // As when the driver is reset: each thread's device is gone.
      for (const thread of page.workers())
        await thread.evaluate(() => {
          const { _tfengine: engine } = globalThis as unknown as {
            _tfengine?: { backendInstance?: { device?: { destroy?: () => void } } };
          };
          engine?.backendInstance?.device?.destroy?.();
        });
      await page.getByText('Ended with an error.').waitFor();
      expect(await page.getByRole('alert').textContent()).toMatch(/device lost/);
      await page.getByRole('button', { name: 'Continue with WebAssembly' }).click();
      await job(page, 'Teacher').getByText('on wasm').waitFor();
    } finally {
      await own.close();
    }
  });

  it('keeps the run of one tab, and says so in another, which trains too', async () => {
    const { page, context, errors } = await visit(browser(), site().address);
    await chooseLittle(page, 200);
    await chooseMethods(page, ['kd']);
    await train(page);
    await job(page, 'kd')
      .getByText(/step \d+ of/)
      .waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('Paused.').waitFor();
    const other = await context.newPage();
    const complaints = watched(other);
    await other.goto(site().address);
    await other.getByText('open in another tab, which keeps its run').waitFor();
    await chooseLittle(other, 1);
    await chooseMethods(other, ['student']);
    await train(other);
    await done(other);
    await other.getByRole('button', { name: 'New run' }).click();
    await other.close();
    await page.reload();
    expect(await page.getByText('This browser kept a run').textContent()).toContain(
      'with kd: 1 of 2 trainings are done',
    );
    expect([...errors, ...complaints]).toEqual([]);
    await context.close();
  });

  it('goes on without saving where the browser stores no more', async () => {
    const { page, context } = await visit(browser(), site().address);
    // A full disk, as a training meets it.
    page.on('worker', (thread) => {
      const isFull = thread.evaluate(() => {
        IDBObjectStore.prototype.put = () => {
          throw new DOMException('no more space', 'QuotaExceededError');
        };
      });
      // One that has ended meanwhile.
      isFull.catch(() => undefined);
    });
    await chooseLittle(page, 1);
    await chooseMethods(page, ['student']);
    await train(page);
    await page.getByText('Ended with an error.').waitFor();
    expect(await page.getByRole('alert').textContent()).toMatch(
      /^The browser stores no more for this page\. Free some space .*or continue without saving.*QuotaExceededError/,
    );
    await page.getByRole('button', { name: 'Continue without saving' }).click();
    await done(page);
    expect(await page.getByRole('alert').textContent()).toMatch(/a reload loses it/);
    await context.close();
  });

  it('trains in a browser that lets pages keep nothing', async () => {
    const profile = join(folder, 'no-storage');
    mkdirSync(join(profile, 'Default'), { recursive: true });
    const blocked = { profile: { default_content_setting_values: { cookies: 2 } } };
    writeFileSync(join(profile, 'Default/Preferences'), JSON.stringify(blocked));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: '/usr/bin/chromium',
      args: ['--no-sandbox'],
    });
    context.setDefaultTimeout(120_000);
    const page = await context.newPage();
    const errors = watched(page);
    await page.goto(site().address);
    await page.getByRole('alert').getByText('This browser keeps no data for this page').waitFor();
    await chooseLittle(page, 1);
    await chooseMethods(page, ['student']);
    await train(page);
    await done(page);
    await reported(page);
    expect(errors).toEqual([]);
    await context.close();
  });
}

async function hasGpu(): Promise<boolean> {
  const { gpu } = navigator as unknown as { gpu?: { requestAdapter(): Promise<object | null> } };
  return (await gpu?.requestAdapter()) != null;
}
