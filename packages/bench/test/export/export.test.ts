import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { evaluate, loadModel, loadStudent, resolveEngine, saveModel } from '@distilljs/core';
import type { Dataset } from '@distilljs/core';
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectReplaceable, exportStudent } from '../../src/export/index.js';
import type { ExportOptions, ModelCard } from '../../src/export/index.js';
import { measureLatency } from '../../src/export/latency.js';
import { ownLayers } from '../../src/export/own-layers.js';
import { buildModel } from '../../src/model/index.js';
import { loadRunData } from '../../src/run/datasets.js';
import { runConfig } from '../../src/run/run-config.js';
import { keptLog, refusal, tinyConfig } from '../run/tiny-bench.js';

const EXECUTABLE = '/usr/bin/chromium';
const folder = mkdtempSync(join(tmpdir(), 'export-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const run = join(folder, 'run');
const config = tinyConfig({ methods: ['student', 'kd'], seeds: [0], epochs: 3 });
let test: Dataset;
const exported = (to: string, changes: Partial<ExportOptions> = {}): Promise<ModelCard> =>
  exportStudent({ run, method: 'kd', seed: 0, to: join(folder, to), ...changes });

beforeAll(async () => {
  await resolveEngine('wasm');
  await runConfig({ config, out: run, existing: 'refuse', log: keptLog() });
  ({ test } = await loadRunData(config));
});

async function testImages(): Promise<tf.Tensor4D> {
  const pixels: number[] = [];
  for (let at = 0; at < test.size; at++) pixels.push(...(await test.image(at)));
  return tf.tensor4d(pixels, [test.size, ...test.imageShape]);
}

describe('a folder that no export may be', () => {
  it.each([
    ['the run folder that is to be', 'new', 'the run folder'],
    ['one above it', '.', 'a folder with the run folder in it'],
    ['one of its methods, in other letters', 'new/KD', 'a folder of the run itself'],
    ['one within its teacher', 'new/teacher/export', 'a folder of the run itself'],
    ['its report', 'new/report', 'a folder of the run itself'],
    ['one with the teacher that the run reads', 'given', 'a folder with the teacher in it'],
    ['one below a file', 'file/export', 'a path below folders'],
    ['none at all', '', 'a path that is not empty'],
    ['one of the system', '/proc/x', 'a folder on a disk'],
    ['one whose ~ is no folder', '~/export', 'a path without ~'],
  ])('is known before training: %s', async (_, to, says) => {
    const place = join(folder, 'before');
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, 'file'), 'mine');
    const path = join(place, 'given/model');
    const plan = { ...config, teacher: { ...config.teacher, path } };
    const target = to === '' || /^[/~]/.test(to) ? to : join(place, to);
    expect(await refusal(expectReplaceable(target, join(place, 'new'), plan, '--export'))).toContain(says);
    expect(readFileSync(join(place, 'file'), 'utf8')).toBe('mine');
  });

  it('leaves every other one', async () => {
    for (const to of ['new/exports', 'new/report/kd', 'beside', 'a b%20c'])
      expect(await expectReplaceable(join(folder, to), join(folder, 'new'), config)).toBe(
        join(realpathSync(folder), to),
      );
  });
});

describe('an exported student', () => {
  it.each([
    'plain8',
    'mobilenet16',
    'resnet8x4',
    'wrn-10-1',
    'vgg8',
    'mobilenetv2-0.5',
    'shufflenetv1',
    'shufflenetv2-0.5',
  ] as const)('needs no layers beyond those of tfjs: %s', (name) => {
    const { model } = buildModel(name, { imageShape: [32, 32, 3], classes: 2 }, { weights: 'zero' });
    expect(ownLayers(model)).toEqual([]);
    model.dispose();
  });

  it('is the plain tfjs model with a card and a page, as accurate through loadStudent as the run says', async () => {
    const card = await exported('plain');
    // Latency is measured on every engine; the program goes on with the run's.
    expect(tf.getBackend()).toBe('wasm');
    const place = join(folder, 'plain');
    expect(readdirSync(place).sort()).toEqual([
      ...['README.md', 'card.json', 'index.html', 'model.json', 'page.css', 'page.js', 'tfjs', 'weights.bin'],
    ]);
    const result = JSON.parse(readFileSync(join(run, 'kd/0/result.json'), 'utf8')) as {
      testAccuracyLast: number;
    };
    expect(card.testAccuracy).toEqual({
      trained: result.testAccuracyLast,
      exported: result.testAccuracyLast,
      images: test.size,
    });
    const [student, images] = [await loadStudent(place), await testImages()];
    const found = await student.classify(images);
    const right = found.filter(({ classes: [first] }, at) => first?.index === test.labels?.[at]).length;
    expect(right / test.size).toBe(result.testAccuracyLast);
    tf.dispose(images);
    student.dispose();

    expect(card.latency.measured.map(({ engine, batch }) => `${engine} ${batch}`)).toEqual(
      expect.arrayContaining(['wasm 1', 'wasm 32', 'cpu 1', 'cpu 32']),
    );
    for (const { p50, p95 } of card.latency.measured) expect(p95).toBeGreaterThanOrEqual(p50);
    // Where a large batch would take longer than one waits, single images are all that is timed.
    const { measured } = await measureLatency(place, [12, 12, 3], 0);
    expect(new Set(measured.map(({ batch }) => batch))).toEqual(new Set([1]));
    const text = readFileSync(join(place, 'README.md'), 'utf8');
    expect(text).toMatch(/^---\nlibrary_name: tfjs\n/);
    for (const part of ['## Use', '## Accuracy', '## Limits', 'seed 0', 'teacher: plain8', 'loadStudent'])
      expect(text).toContain(part);
    expect(JSON.parse(readFileSync(join(place, 'card.json'), 'utf8'))).toEqual(
      JSON.parse(JSON.stringify(card)),
    );
  });

  it.each([
    ['float16', 0.6],
    ['uint8', 0.35],
  ] as const)('is smaller as %s, and says what that costs', async (quantize, share) => {
    const card = await exported(quantize, { quantize });
    const place = join(folder, quantize);
    expect(card.bytes.weights / card.bytes.trainedWeights).toBeLessThan(share);
    const model = await loadModel(place);
    const { accuracy } = await evaluate(model, test, card.metadata.normalization);
    expect(card.testAccuracy.exported).toBeCloseTo(accuracy, 10);
    model.dispose();
  });

  it('is complete where tfjs leaves out what a layer needs: several kernels per channel', async () => {
    const own = join(folder, 'separable');
    const network = sequential({
      layers: [
        layers.separableConv2d({ inputShape: [12, 12, 3], filters: 4, kernelSize: 3, depthMultiplier: 2 }),
        layers.globalAveragePooling2d({}),
        layers.dense({ units: 6 }),
      ],
    });
    await saveModel(network, own);
    network.dispose();
    const out = join(folder, 'separable-run');
    const plan = tinyConfig({ methods: ['student'], student: { path: own }, seeds: [0], epochs: 1 });
    await runConfig({ config: plan, out, existing: 'refuse', log: keptLog() });
    const card = await exported('separable-export', { run: out, method: 'student' });
    expect(card.testAccuracy.exported).toBe(card.testAccuracy.trained);
  });

  it('gives probabilities where these are asked for', async () => {
    const card = await exported('softmax', { withSoftmax: true });
    expect(card.metadata.output).toBe('probabilities');
    const [soft, plain] = [
      await loadStudent(join(folder, 'softmax')),
      await loadStudent(join(run, 'kd', '0', 'student')),
    ];
    const images = await testImages();
    const sums = tf.sum(soft.model.predict(images) as tf.Tensor, -1).dataSync();
    for (const sum of sums) expect(sum).toBeCloseTo(1, 5);
    const [a, b] = [await soft.classify(images), await plain.classify(images)];
    a.forEach(({ probability }, at) => {
      expect(probability).toBeCloseTo(b[at]?.probability ?? NaN, 4);
    });
    tf.dispose(images);
    soft.dispose();
    plain.dispose();
  });

  it('replaces an earlier export, and nothing else', async () => {
    const place = join(folder, 'again');
    await exported('again');
    await exported('again', { method: 'student' });
    expect((JSON.parse(readFileSync(join(place, 'card.json'), 'utf8')) as ModelCard).method).toBe('student');

    writeFileSync(join(place, 'notes.txt'), 'mine');
    expect(await refusal(exported('again'))).toMatch(/an export with other files in it \(notes\.txt\)/);
    mkdirSync(join(folder, 'mine'));
    writeFileSync(join(folder, 'mine', 'a.txt'), 'a');
    expect(await refusal(exported('mine'))).toMatch(/a folder with other files\. Use another --to/);
    expect(await refusal(exported('run'))).toMatch(/the run folder/);
    expect(readdirSync(folder).filter((name) => name.endsWith('.unfinished'))).toEqual([]);
  });

  it('takes over what a killed export left, and refuses a second one beside it', async () => {
    const left = join(folder, '.killed.unfinished');
    mkdirSync(join(left, 'export'), { recursive: true });
    writeFileSync(join(left, 'export', 'half.bin'), 'half');
    const holder = { pid: 2 ** 30, host: hostname(), since: new Date().toISOString() };
    writeFileSync(join(left, 'lock.json'), JSON.stringify(holder));
    const ends = await Promise.allSettled([exported('killed'), exported('killed')]);
    const refused = ends.flatMap((end) => (end.status === 'rejected' ? [String(end.reason)] : []));
    expect(refused).toHaveLength(1);
    expect(refused[0]).toMatch(/expected a folder of an export that no other process works in/);
    expect(existsSync(left)).toBe(false);
    expect(existsSync(join(folder, 'killed', 'half.bin'))).toBe(false);
  });

  it('leaves what a user changed or added in an earlier export, wherever it lies', async () => {
    const place = join(folder, 'edited');
    const { files } = await exported('edited');
    expect(
      Object.keys(files ?? {})
        .sort()
        .slice(0, 3),
    ).toEqual(['README.md', 'index.html', 'model.json']);
    const changes: Record<string, [string, string, RegExp]> = {
      text: [
        'README.md',
        '# Mine',
        /edited, an export whose README\.md was changed since\. Use another --to/,
      ],
      weights: ['weights.bin', 'mine', /an export whose weights\.bin was changed since/],
      beside: ['tfjs/mine.js', 'mine', /an export with other files in it \(tfjs\/mine\.js\)/],
    };
    for (const [file, text, message] of Object.values(changes)) {
      const before = existsSync(join(place, file)) ? readFileSync(join(place, file)) : undefined;
      writeFileSync(join(place, file), text);
      expect(await refusal(exported('edited'))).toMatch(message);
      expect(readFileSync(join(place, file), 'utf8')).toBe(text);
      if (before === undefined) rmSync(join(place, file));
      else writeFileSync(join(place, file), before);
    }
    mkdirSync(join(place, 'results'));
    expect(await refusal(exported('edited'))).toMatch(/other files in it \(results\)/);
    rmSync(join(place, 'results'), { recursive: true });
    symlinkSync(place, join(folder, 'link'));
    await exported('link', { method: 'student' });
    expect(lstatSync(join(folder, 'link')).isSymbolicLink()).toBe(true);
    expect((JSON.parse(readFileSync(join(place, 'card.json'), 'utf8')) as ModelCard).method).toBe('student');
  });

  it('is refused where there is no such run, method, seed or student', async () => {
    expect(await refusal(exported('x', { run: join(folder, 'none') }))).toMatch(
      /expected a run folder, got none/,
    );
    expect(await refusal(exported('x', { method: 'kdd' }))).toMatch(
      /one of the run's methods: student, kd, got kdd/,
    );
    expect(await refusal(exported('x', { seed: 7 }))).toMatch(/one of the run's seeds: 0, got 7/);
    rmSync(join(run, 'student/0/result.json'));
    expect(await refusal(exported('x', { method: 'student' }))).toMatch(
      /a trained student of student with seed 0, got none yet\. Train it with/,
    );
    expect(existsSync(join(folder, 'x'))).toBe(false);
  });
});

/** The entry for pages with a plain backend, as a user's bundler packs it. */
async function studentBundle(): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents:
        "import '@tensorflow/tfjs-backend-cpu'; import { loadStudent } from '@distilljs/core/student'; Object.assign(globalThis, { loadStudent });",
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
    conditions: ['@distilljs/source'],
  });
  return outputFiles[0]?.text ?? '';
}

/** The test images with alpha, as ImageData has it. */
async function opaqueImages(): Promise<number[][]> {
  const images: number[][] = [];
  for (let at = 0; at < test.size; at++) {
    const pixels = [...(await test.image(at))];
    images.push(
      Array.from({ length: pixels.length / 3 }, (_, place) => [
        ...pixels.slice(3 * place, 3 * place + 3),
        255,
      ]).flat(),
    );
  }
  return images;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};
const missing = existsSync(EXECUTABLE) ? '' : ` (skipped: no ${EXECUTABLE})`;

describe.skipIf(missing !== '')(`the page of an export in Chromium${missing}`, () => {
  it('classifies a dropped image as loadStudent does in Node, and loads nothing from elsewhere', async () => {
    const place = join(folder, 'page');
    const card = await exported('page');
    const script = await studentBundle();
    const server = createServer((request, response) => {
      if (request.url === '/student.mjs')
        return void response.setHeader('Content-Type', 'text/javascript').end(script);
      if (request.url === '/blank')
        return void response
          .setHeader('Content-Type', 'text/html')
          .end('<!doctype html><link rel="icon" href="data:,">');
      const file = join(place, (request.url ?? '/') === '/' ? 'index.html' : (request.url ?? ''));
      if (!existsSync(file)) return void response.writeHead(404).end();
      response.setHeader('Content-Type', TYPES[extname(file)] ?? 'application/octet-stream');
      response.end(readFileSync(file));
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const browser = await chromium.launch({ executablePath: EXECUTABLE, args: ['--no-sandbox'] });
    try {
      const page = await browser.newPage();
      const complaints: string[] = [];
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(String(error)));
      const asked: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      await page.goto(origin);
      await page.waitForFunction(() => document.getElementById('status')?.textContent === 'Ready.');

      // Larger than the network's images: page and Node scale it.
      const [width, height] = [40, 30];
      const png = new PNG({ width, height });
      for (let at = 0; at < width * height; at++)
        png.data.set([(at * 7) % 256, (at * 3) % 256, Math.floor(at / width) * 8, 255], at * 4);
      await page.setInputFiles('#file', {
        name: 'image.png',
        mimeType: 'image/png',
        buffer: PNG.sync.write(png),
      });
      await page.waitForFunction(() =>
        /^(?:Classified|This)/.test(document.getElementById('status')?.textContent ?? ''),
      );
      expect(await page.locator('#status').textContent()).toBe('Classified with wasm.');
      const shown = await page.locator('#classes li').allTextContents();

      // Dropped on the page, the file gives the same; what is no file is refused in words.
      const drop = (bytes: readonly number[]): Promise<void> =>
        page.evaluate((content) => {
          const dataTransfer = new DataTransfer();
          if (content.length > 0)
            dataTransfer.items.add(new File([Uint8Array.from(content)], 'a.png', { type: 'image/png' }));
          document
            .getElementById('drop')
            ?.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
        }, bytes);
      await drop([]);
      await page.waitForFunction(() =>
        document.getElementById('status')?.textContent.startsWith('This cannot be classified'),
      );
      await drop([...PNG.sync.write(png)]);
      await page.waitForFunction(() =>
        document.getElementById('status')?.textContent.startsWith('Classified'),
      );
      expect(await page.locator('#classes li').allTextContents()).toEqual(shown);

      await resolveEngine('cpu');
      const student = await loadStudent(place);
      const found = await student.classify({ width, height, channels: 4, data: png.data });
      const expected = found.classes.map(({ className, probability }) => ({ className, probability }));
      expect(shown.length).toBe(5);
      for (const [at, line] of shown.entries()) {
        const percent = Number(/ ([\d.]+) %$/.exec(line)?.[1]);
        expect(percent).toBeCloseTo(100 * (expected[at]?.probability ?? NaN), 0);
      }
      expect(shown[0]).toContain(expected[0]?.className ?? '');
      student.dispose();

      // loadStudent itself, in the page, on every kind of image, and on every test image.
      // A page of its own: two copies of tfjs in one page share their variables' names.
      await page.goto(`${origin}/blank`);
      await page.addScriptTag({ url: '/student.mjs', type: 'module' });
      await page.waitForFunction(() => 'loadStudent' in globalThis);
      const kinds = await page.evaluate(
        async ({ bytes, size }) => {
          const { loadStudent: load } = globalThis as unknown as { loadStudent: typeof loadStudent };
          const loaded = await load('model.json');
          const [width, height] = size;
          const blob = new Blob([Uint8Array.from(bytes)], { type: 'image/png' });
          const bitmap = await createImageBitmap(blob);
          const canvas = Object.assign(document.createElement('canvas'), { width, height });
          const context = canvas.getContext('2d') as CanvasRenderingContext2D;
          context.drawImage(bitmap, 0, 0);
          const offscreen = new OffscreenCanvas(width, height);
          offscreen.getContext('2d')?.drawImage(bitmap, 0, 0);
          const url = URL.createObjectURL(blob);
          const inputs = {
            ImageData: context.getImageData(0, 0, width, height),
            canvas,
            OffscreenCanvas: offscreen,
            ImageBitmap: bitmap,
            img: Object.assign(new Image(), { src: url }),
            Blob: blob,
            File: new File([blob], 'image.png'),
            bytes: Uint8Array.from(bytes),
            ArrayBuffer: Uint8Array.from(bytes).buffer,
            URL: url,
            VideoFrame: new VideoFrame(canvas, { timestamp: 0 }),
          };
          const logits: Record<string, number[]> = {};
          for (const [kind, input] of Object.entries(inputs))
            logits[kind] = [...(await loaded.classify(input)).logits];
          inputs.VideoFrame.close();
          const refused = await loaded
            .classify(new Blob(['no image']))
            .catch((error: unknown) => String(error));
          loaded.dispose();
          return { logits, refused };
        },
        { bytes: [...PNG.sync.write(png)], size: [width, height] as const },
      );
      const { ImageData: plain = [], ...others } = kinds.logits;
      expect(plain.every(Number.isFinite) && plain.length > 1).toBe(true);
      expect(Object.keys(others)).toHaveLength(10);
      for (const [kind, logits] of Object.entries(others))
        for (const [at, value] of logits.entries()) expect(value, kind).toBeCloseTo(plain[at] ?? NaN, 4);
      expect(kinds.refused).toMatch(
        /expected an image that can be read, got bytes that this browser cannot decode/,
      );
      const right = await page.evaluate(
        async ({ images, labels, size }) => {
          const { loadStudent: load } = globalThis as unknown as { loadStudent: typeof loadStudent };
          const loaded = await load('model.json');
          const classified = await loaded.classify(
            images.map((pixels) => new ImageData(Uint8ClampedArray.from(pixels), size[1], size[0])),
          );
          return classified.filter(({ classes: [first] }, at) => first?.index === labels[at]).length;
        },
        { images: await opaqueImages(), labels: [...(test.labels ?? [])], size: test.imageShape },
      );
      expect(right / test.size).toBe(card.testAccuracy.exported);
      expect(complaints).toEqual([]);
      expect(asked.filter((url) => !url.startsWith(origin) && !/^(?:blob|data):/.test(url))).toEqual([]);
    } finally {
      await browser.close();
      server.close();
    }
  });
});
