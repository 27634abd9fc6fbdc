import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveEngine } from '../../src/index.js';
import { tinyInput, withoutWorker } from '../worker/job.js';
import { trainOn } from './page.js';
import type { PageResult, WorkerOutcome } from './page.js';

const EXECUTABLE = '/usr/bin/chromium';
const missing = existsSync(EXECUTABLE) ? '' : ` (skipped: no ${EXECUTABLE})`;
const WASM = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));

/** The bundle that a user's bundler would make, with nothing of Node in it. */
async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, entry)],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
    conditions: ['@distilljs/source'],
    external: ['@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu', 'webgpu'],
  });
  return outputFiles[0]?.text ?? '';
}

function serve(scripts: Readonly<Record<string, string>>): Promise<Server> {
  const page = '<!doctype html><script type="module" src="/page.js"></script>';
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    const send = (type: string, body: string | Buffer): void => {
      // Isolated across origins, as threads ask for.
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
      response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
      response.setHeader('Content-Type', type).end(body);
    };
    const script = scripts[path];
    if (script !== undefined) send('text/javascript', script);
    else if (path.startsWith('/wasm/'))
      void readFile(join(WASM, basename(path))).then(
        (bytes) => {
          send(path.endsWith('.wasm') ? 'application/wasm' : 'text/javascript', bytes);
        },
        () => response.writeHead(404).end(),
      );
    else send('text/html', page);
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve(server);
    });
  });
}

describe.skipIf(missing !== '')(`in Chromium${missing}`, { timeout: 300_000 }, () => {
  let server: Server | undefined;
  let browser: Browser | undefined;
  let page: Page;

  beforeAll(async () => {
    const [script, worker] = await Promise.all([bundle('page.ts'), bundle('worker.ts')]);
    server = await serve({ '/page.js': script, '/worker.js': worker });
    browser = await chromium.launch({
      executablePath: EXECUTABLE,
      args: ['--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
    });
    page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction(() => globalThis.trainInPage !== undefined);
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  const inPage = (engine: string): Promise<PageResult> =>
    page.evaluate((name) => globalThis.trainInPage?.(name), engine) as Promise<PageResult>;

  function expectNear(found: PageResult, expected: PageResult, tolerance: number): void {
    expect(found.weights.length).toBe(expected.weights.length);
    const furthest = found.weights.reduce(
      (far, weight, index) => Math.max(far, Math.abs(weight - (expected.weights[index] ?? NaN))),
      0,
    );
    expect(furthest).toBeLessThan(tolerance);
    expect(found.losses.every(Number.isFinite)).toBe(true);
  }

  it('trains on wasm to the weights of Node', async () => {
    const found = await inPage('wasm');
    expect(found.engine).toBe('wasm');
    expectNear(found, await trainOn('wasm'), 1e-6);
    const processors = await page.evaluate(() => navigator.hardwareConcurrency);
    if (processors > 1) expect(found.version).toMatch(/, [2-8] threads$/);
  });

  it('trains in a worker to the bytes of Node, also when the page is reloaded in between', async () => {
    const trained = (pauseAt?: number): Promise<WorkerOutcome | undefined> =>
      page.evaluate(async (at) => globalThis.trainInPageWorker?.(3, at ?? undefined), pauseAt ?? null);
    expect(await trained(4)).toBeUndefined();
    await page.reload();
    await page.waitForFunction(() => globalThis.trainInPageWorker !== undefined);
    const found = await trained();
    expect(found?.from).toBeGreaterThanOrEqual(4);
    await resolveEngine('wasm');
    const { weights } = await withoutWorker(tinyInput(3));
    expect(Buffer.from(found?.weights ?? []).toString('hex')).toBe(Buffer.from(weights).toString('hex'));
  });

  it('leaves the page a processor, unless a worker is given threads', async () => {
    const versionOf = (threads?: number): Promise<string | undefined> =>
      page.evaluate(
        async (count) => (await globalThis.trainInPageWorker?.(3, undefined, count ?? undefined))?.version,
        threads ?? null,
      );
    const processors = await page.evaluate(() => navigator.hardwareConcurrency);
    const left = Math.min(8, processors - 1);
    expect(await versionOf()).toMatch(
      left > 1 ? new RegExp(`, ${left} threads$`) : /, 1 thread \(one processor for it/,
    );
    expect(await versionOf(3)).toMatch(/, 3 threads$/);
  });

  it('trains on WebGPU, where there is an adapter, to the weights of cpu', async ({ skip }) => {
    const hasAdapter = await page.evaluate(async () => {
      const { gpu } = navigator as { readonly gpu?: { requestAdapter(): Promise<unknown> } };
      return (await gpu?.requestAdapter()) != null;
    });
    skip(!hasAdapter, 'this Chromium has no WebGPU adapter');
    const found = await inPage('webgpu');
    expect(found.engine).toBe('webgpu');
    expectNear(found, await trainOn('cpu'), 1e-3);
  });
});
