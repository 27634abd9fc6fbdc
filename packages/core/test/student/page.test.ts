import { createServer } from 'node:http';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as layers from '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import {
  askTeacher,
  createRandom,
  loadStudent,
  loadTeacher,
  resolveEngine,
  saveModel,
  seedWeights,
  setModelMetadata,
} from '@distilljs/core';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectClose } from '../numbers.js';
import { savedGraph } from '../network/saved-graph.js';
import { drawn } from './student-page.js';
import type { PageAnswers } from './student-page.js';

const EXECUTABLE = '/usr/bin/chromium';
const missing = existsSync(EXECUTABLE) ? '' : ` (skipped: no ${EXECUTABLE})`;
const folder = await mkdtemp(join(tmpdir(), 'distilljs-page-'));
afterAll(() => rm(folder, { recursive: true }));

beforeAll(async () => {
  await resolveEngine('cpu');
  await savedGraph(join(folder, 'graph'), false);
  const model = layers.sequential({
    layers: [
      layers.layers.conv2d({ inputShape: [8, 8, 3], filters: 4, kernelSize: 3, activation: 'relu' }),
      layers.layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }),
      layers.layers.dense({ units: 3 }),
    ],
  });
  seedWeights(model, createRandom(1));
  setModelMetadata(model, {
    ...{ version: 1, imageSize: [8, 8, 3], channels: 'rgb', scale: 255, output: 'logits' },
    normalization: { mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.25] },
    classNames: ['low', 'middle', 'high'],
  });
  await saveModel(model, join(folder, 'student'));
});

/** What a user's bundler makes of sources, with nothing of Node in it. */
async function bundle(entry: string, external: readonly string[] = []): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, entry)],
    ...{ bundle: true, minify: true, format: 'esm', platform: 'browser', target: 'es2022', write: false },
    logLevel: 'silent',
    conditions: ['@distilljs/source'],
    external: [...external, '@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu', 'webgpu'],
  });
  return outputFiles[0]?.text ?? '';
}

it('the entry for pages bundles for browsers, without the trainer and without Node', async () => {
  const own = await bundle('../../src/student/index.ts', ['@tensorflow/*']);
  const imported = [...own.matchAll(/from"(@?[\w/.-]+)"/g)].map(([, name]) => name);
  expect(new Set(imported)).toEqual(new Set(['@tensorflow/tfjs-core', '@tensorflow/tfjs-layers']));
  const size = Buffer.byteLength(own) / 1024;
  console.info(
    `@distilljs/core/student: ${size.toFixed(1)} KiB, gzipped ${(gzipSync(own).length / 1024).toFixed(1)} KiB`,
  );
  // All of core is some hundreds.
  expect(size).toBeLessThan(80);
});

describe.skipIf(missing !== '')(`a page in Chromium${missing}`, { timeout: 300_000 }, () => {
  it('classifies as Node does, and asks a graph model', async () => {
    const script = await bundle('student-page.ts');
    const server = createServer((request, response) => {
      const path = request.url ?? '/';
      if (path === '/page.js') response.setHeader('Content-Type', 'text/javascript').end(script);
      else if (/^\/(?:student|graph)\//.test(path))
        void readFile(join(folder, path)).then(
          (bytes) => response.end(bytes),
          () => response.writeHead(404).end(),
        );
      else
        response
          .setHeader('Content-Type', 'text/html')
          .end('<!doctype html><script type="module" src="/page.js"></script>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const browser = await chromium.launch({ executablePath: EXECUTABLE, args: ['--no-sandbox'] });
    try {
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(error.message));
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      await page.waitForFunction(() => globalThis.askPage !== undefined, undefined, { timeout: 120_000 });
      const found = (await page.evaluate(() => globalThis.askPage?.())) as PageAnswers;
      expect(errors).toEqual([]);
      const student = await loadStudent(join(folder, 'student'));
      const wanted = await student.classify({
        width: 8,
        height: 8,
        channels: 4,
        data: Uint8Array.from(drawn()),
      });
      expect(found.className).toBe(wanted.className);
      for (const logits of [found.logits, found.fromCanvas])
        expectClose(Float32Array.from(logits), [...wanted.logits], 1e-5);
      const teacher = await loadTeacher(join(folder, 'graph'));
      const answer = await askTeacher(teacher, tf.ones<tf.Rank.R4>([1, 6, 6, 2]));
      expectClose(Float32Array.from(found.teacher), [...(await answer.logits.data())], 1e-5);
    } finally {
      await browser.close();
      server.close();
    }
  });
});
