import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { initializers, layers, sequential } from '@tensorflow/tfjs-layers';
import { modelFiles, resolveEngine } from '@distilljs/core';
import { zipSync } from 'fflate';
import type { BrowserContext, Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { folders } from './images.js';
import type { Place } from './place.js';
import { chooseLittle, chooseMethods, done, reported, train, visit } from './site.js';

const CLASSES = ['apple', 'boat', 'cup', 'dog'];
const json = 'application/json';
const binary = 'application/octet-stream';

interface Given {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

/** A graph model as the converter writes it: the mean of each channel times a matrix. */
function graphModel(classes: number): Given[] {
  const float = { type: 'DT_FLOAT' };
  const dim = [-1, 24, 24, 3].map((size) => ({ size: String(size) }));
  const constant = (name: string, type: string): object => ({
    name,
    op: 'Const',
    input: [],
    attr: { dtype: { type } },
  });
  const node = [
    { name: 'images', op: 'Placeholder', input: [], attr: { dtype: float, shape: { shape: { dim } } } },
    constant('axes', 'DT_INT32'),
    constant('dense', 'DT_FLOAT'),
    { name: 'pool', op: 'Mean', input: ['images', 'axes'], attr: { T: float, keep_dims: { b: false } } },
    {
      name: 'logits',
      op: 'MatMul',
      input: ['pool', 'dense'],
      attr: { T: float, transpose_a: { b: false }, transpose_b: { b: false } },
    },
  ];
  const weights = [
    { name: 'dense', shape: [3, classes], dtype: 'float32' },
    { name: 'axes', shape: [2], dtype: 'int32' },
  ];
  const dense = Float32Array.from({ length: 3 * classes }, (_, at) => (at * 5) % 7);
  const topology = { node, library: {}, versions: { producer: 1 } };
  const model = {
    format: 'graph-model',
    modelTopology: topology,
    weightsManifest: [{ paths: ['w.bin'], weights }],
  };
  const bytes = Buffer.concat([dense, Int32Array.of(1, 2)].map(({ buffer }) => Buffer.from(buffer)));
  return [
    { name: 'model.json', mimeType: json, buffer: Buffer.from(JSON.stringify(model)) },
    { name: 'w.bin', mimeType: binary, buffer: bytes },
  ];
}

/** Teachers that somebody brings, and CLIP. */
export function teachersSuite({ browser, site }: Place): void {
  const file = async (name: string): Promise<Given> => {
    const path = join(import.meta.dirname, '../../../core/test/network/fixtures', name);
    return { name, mimeType: binary, buffer: await readFile(path) };
  };
  async function ownImages(page: Page): Promise<void> {
    await page.getByLabel('Your own: a folder or zip').check();
    const buffer = Buffer.from(zipSync(folders(CLASSES, 10)));
    await page
      .getByLabel('Choose a zip')
      .setInputFiles({ name: 'set.zip', mimeType: 'application/zip', buffer });
    await page.getByText('7 training, 1 validation, 2 test').first().waitFor();
  }
  const bring = async (page: Page, files: readonly Given[]): Promise<void> => {
    await page.getByLabel('Your own: a TensorFlow.js model').check();
    await page.getByLabel('Choose the files').setInputFiles([...files]);
  };
  const epochs = async (page: Page): Promise<void> => {
    await page.getByLabel('Epochs of each student').fill('1');
    await page.getByLabel('Epochs of each student').blur();
  };

  it('takes an ONNX file and a graph model as teachers, from its own files alone', async () => {
    const { page, context, errors } = await visit(browser(), site().address);
    await ownImages(page);
    expect(site().asked.some((path) => path.endsWith('.wasm') && path.includes('ort'))).toBe(false);
    await bring(page, [await file('any-batch.onnx')]);
    await page
      .getByText(/An ONNX file with [\d,]+ parameters for images of 6 × 7 pixels and 4 classes/)
      .waitFor();
    await chooseMethods(page, ['kd', 'at+kd']);
    await epochs(page);
    await train(page);
    await done(page);
    await reported(page);
    expect(await page.locator('#results').textContent()).toContain('teacher any-batch');
    expect(site().asked.some((path) => path.endsWith('.wasm') && path.includes('ort'))).toBe(true);
    await page.getByRole('button', { name: 'New run' }).click();
    await ownImages(page);
    await bring(page, graphModel(4));
    await page
      .getByText('A graph model with 12 parameters for images of 24 × 24 pixels and 4 classes')
      .waitFor();
    await chooseMethods(page, ['kd']);
    await train(page);
    await done(page);
    await reported(page);
    expect(errors).toEqual([]);
    await context.close();
  });

  it('says what is wrong with a teacher, and how to go on', async () => {
    const { page, context, errors } = await visit(browser(), site().address);
    const said = async (files: readonly Given[], words: string | RegExp): Promise<void> => {
      await bring(page, files);
      await page.getByRole('alert').getByText(words).waitFor();
    };
    await said(
      [{ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('no model') }],
      /expected model\.json with its weight files, or an \.onnx file, got notes\.txt/,
    );
    await said(graphModel(4).slice(0, 1), /no 'w\.bin' among 1 file .*Give the whole folder/);
    const [main, weights] = graphModel(4) as [Given, Given];
    await said([main, { ...weights, buffer: weights.buffer.subarray(8) }], /expected|bytes/);
    const onnx = await file('any-batch.onnx');
    await said(
      [{ ...onnx, buffer: onnx.buffer.subarray(0, 50) }],
      /expected an ONNX file, got .*Export the model again/,
    );
    await said([await file('half.onnx')], /images in float32, got float16/);
    await said(
      [onnx, { name: 'classes.txt', mimeType: 'text/plain', buffer: Buffer.from('one\ntwo\n') }],
      /expected 4 lines in the text file, the name of one class each, got 2/,
    );
    expect(await page.getByRole('button', { name: 'Train', exact: true }).isDisabled()).toBe(true);
    // Other classes than those of the images: found when training starts.
    await bring(page, graphModel(3));
    await page.getByText('and 3 classes').waitFor();
    await train(page);
    await page
      .getByText(/expected 6 classes, those of your images, got 3\. If your classes are among them/)
      .waitFor();
    expect(errors).toEqual([]);
    await context.close();
  });

  it('stops a training whose loss is no number, and keeps the others', async () => {
    const { page, context } = await visit(browser(), site().address);
    await chooseLittle(page, 1);
    await resolveEngine('wasm');
    const model = sequential({
      layers: [
        layers.globalAveragePooling2d({ inputShape: [32, 32, 3], dataFormat: 'channelsLast' }),
        layers.dense({ units: 6, kernelInitializer: initializers.constant({ value: 3e38 }) }),
      ],
    });
    const files = await modelFiles(model);
    await bring(
      page,
      await Promise.all(
        files.map(async (each) => ({
          name: each.name,
          mimeType: binary,
          buffer: Buffer.from(await each.arrayBuffer()),
        })),
      ),
    );
    await train(page);
    await page.getByText('Ended with an error.').waitFor();
    expect(await page.getByRole('alert').textContent()).toMatch(/finite/);
    expect(
      await page.locator('.job', { has: page.getByRole('heading', { name: 'student' }) }).textContent(),
    ).toContain('Done.');
    await reported(page);
    await context.close();
  });

  /** A library in place of transformers.js: images lie near the text whose colour is theirs. */
  const STUB = `
    const loaded = (call) => ({ from_pretrained: (_, options) => {
      options?.progress_callback?.({ status: 'progress', file: 'model.onnx', loaded: 1e6, total: 2e6 });
      return Promise.resolve(call);
    } });
    const rows = (axes) => {
      const data = new Float32Array(axes.length * 512);
      axes.forEach((axis, row) => { data[row * 512 + axis] = 1; });
      return { data, dims: [axes.length, 512] };
    };
    const axisOf = ({ data: [red, green, blue] }) => (red > 150 && green > 150 ? 3 : red > 150 ? 0 : green > 150 ? 1 : 2);
    export class RawImage { constructor(data) { this.data = data; } }
    export const AutoTokenizer = loaded((texts) => ({ texts }));
    export const AutoProcessor = loaded((images) => Promise.resolve({ images }));
    export const CLIPTextModelWithProjection = loaded(({ texts }) => Promise.resolve({ text_embeds: rows(texts.map((_, at) => at)) }));
    export const CLIPVisionModelWithProjection = loaded(({ images }) => Promise.resolve({ image_embeds: rows(images.map(axisOf)) }));
  `;
  async function serveStub(context: BrowserContext): Promise<void> {
    const headers = { 'Access-Control-Allow-Origin': '*' };
    await context.route('https://cdn.jsdelivr.net/**', (route) =>
      route.fulfill({ contentType: 'text/javascript', headers, body: STUB }),
    );
  }

  it('asks CLIP before training, and other hosts in no other case', async () => {
    const { page, context } = await visit(browser(), site().address);
    const outside: string[] = [];
    context.on('request', (request) => {
      const url = request.url();
      if (/^https?:/.test(url) && !url.startsWith(site().address)) outside.push(url);
    });
    await ownImages(page);
    await page.getByLabel('CLIP, which knows classes').check();
    await page.getByText(/downloads .*cdn\.jsdelivr\.net .*huggingface\.co, about 150 MB/).waitFor();
    expect(await page.getByLabel('at+kd').isDisabled()).toBe(true);
    await chooseMethods(page, ['kd', 'cckd']);
    await epochs(page);
    expect(outside).toEqual([]);
    // Without the network first.
    await context.route('https://cdn.jsdelivr.net/**', (route) => route.abort());
    await train(page);
    await page.getByText('Ended with an error.').waitFor();
    expect(await page.getByRole('alert').textContent()).toMatch(
      /its model \(about 150 MB\) from huggingface\.co.*Connect to the network and try again, or use the built-in teacher/,
    );
    await context.unroute('https://cdn.jsdelivr.net/**');
    await serveStub(context);
    await page.getByRole('button', { name: 'Try again' }).click();
    await done(page);
    await reported(page);
    const teacher = page.locator('#results tr', { hasText: 'teacher CLIP' });
    expect(await teacher.textContent()).toContain('100.00');
    expect(new Set(outside.map((url) => new URL(url).host))).toEqual(new Set(['cdn.jsdelivr.net']));
    expect(await page.locator('iframe').count()).toBe(0);
    await context.close();
  });
}
