import * as tf from '@tensorflow/tfjs-core';
import { askTeacher, embeddingTap, loadTeacher, resolveEngine, stageTaps } from '@distilljs/core';
import type { TeacherOptions } from '@distilljs/core';
import { createRequire } from 'node:module';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readOnnx, withOutputs } from '../../src/network/onnx-file.js';
import { caught } from '../caught.js';
import { expectClose } from '../numbers.js';

const fixtures = join(dirname(fileURLToPath(import.meta.url)), 'fixtures');
const at = (name: string): string => join(fixtures, name);
const known = JSON.parse(await readFile(at('onnx-values.json'), 'utf8')) as Record<
  'images' | 'map' | 'embedding' | 'logits' | 'mixed' | 'block' | 'lastInsideLogits',
  number[]
>;
const folder = await mkdtemp(join(tmpdir(), 'distilljs-onnx-'));
afterAll(() => rm(folder, { recursive: true }));

const installed = ['onnxruntime-node', 'onnxruntime-web'].some((name) => {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
});
const WHY = installed ? '' : ' (skipped: neither onnxruntime-node nor onnxruntime-web is installed)';

beforeAll(async () => {
  await resolveEngine('cpu');
});

const images = (): tf.Tensor4D => tf.tensor4d(known.images, [4, 6, 7, 3]);
const TAPS = { map: '/relu/out', embedding: '/flatten/out' };

describe.skipIf(!installed)(`an ONNX file as teacher${WHY}`, () => {
  async function expectKnown(file: string, options: TeacherOptions = {}): Promise<void> {
    const teacher = await loadTeacher(at(file), { taps: TAPS, ...options });
    const before = tf.memory().numTensors;
    const batch = images();
    const output = await askTeacher(teacher, batch, ['map', 'embedding']);
    const probabilities = teacher.givesLogits === true ? tf.softmax(output.logits) : undefined;
    const wanted = tf.tidy(() => Array.from(tf.softmax(tf.tensor2d(known.logits, [4, 4])).dataSync()));
    if (probabilities === undefined) expectClose(output.logits, known.logits, 1e-5);
    else expectClose(probabilities, wanted, 1e-5);
    expectClose(output.tap('map'), known.map, 1e-5);
    expectClose(output.tap('embedding'), known.embedding, 1e-5);
    expect(output.tap('map').shape).toEqual([4, 6, 7, 5]);
    output.dispose();
    tf.dispose([batch, probabilities ?? []]);
    expect(tf.memory().numTensors).toBe(before);
    teacher.dispose();
  }

  it('gives the values of PyTorch, with inner values as taps', async () => {
    await expectKnown('any-batch.onnx');
  });
  it('takes images of open height and width', async () => {
    await expectKnown('open-size.onnx', { imageShape: [6, 7, 3] });
  });
  it('asks a graph of NHWC images with a fixed batch size in parts', async () => {
    // Inside it computes on NCHW maps.
    await expectKnown('batch-of-three.onnx');
  });
  it('returns maps as NHWC where a graph of NCHW images goes over to channels last', async () => {
    const names = { mixed: '/mixed/out', block: '/block/out', first: '/first/out' };
    const teacher = await loadTeacher(at('last-inside.onnx'), { taps: names });
    const batch = images();
    const output = await askTeacher(teacher, batch, [...Object.keys(names), '/first/out']);
    for (const tap of Object.keys(names)) expect(teacher.tapShape(tap), tap).toEqual([6, 7, 5]);
    expectClose(output.logits, known.lastInsideLogits, 1e-5);
    expectClose(output.tap('mixed'), known.mixed, 1e-5);
    expectClose(output.tap('block'), known.block, 1e-5);
    expectClose(output.tap('first'), known.block, 1e-5);
    expect(stageTaps(teacher)).toEqual(['/first/out']); // although a value without a row per image is beside it
    output.dispose();
    batch.dispose();
    teacher.dispose();
  });
  it('takes the logarithm of a softmax at the end', async () => {
    await expectKnown('softmax.onnx');
  });
  it('reads weights from a file beside', async () => {
    await expectKnown('external.onnx');
  });

  it('finds the last map of each size and the embedding by itself', async () => {
    const teacher = await loadTeacher(at('any-batch.onnx'));
    expect(stageTaps(teacher)).toEqual(['/relu/out']);
    expect(embeddingTap(teacher)).toBe('embedding');
    const batch = images();
    const output = await askTeacher(teacher, batch, ['/relu/out', 'embedding']);
    expect(output.tap('/relu/out').shape).toEqual([4, 6, 7, 5]);
    expectClose(output.tap('/relu/out'), known.map, 1e-5);
    expectClose(output.tap('embedding'), known.embedding, 1e-5);
    output.dispose();
    batch.dispose();
    teacher.dispose();
    // Names of one's own count.
    const named = await loadTeacher(at('any-batch.onnx'), { taps: { stage1: '/relu/out' } });
    expect(stageTaps(named)).toEqual(['stage1']);
    const turned = await loadTeacher(at('batch-of-three.onnx'));
    expect(stageTaps(turned)).toEqual(['/relu/out']);
    expect(turned.tapShape('/relu/out')).toEqual([6, 7, 5]);
  });

  it('can be loaded over HTTP', async () => {
    const server = createServer((request, response) => {
      void readFile(at((request.url ?? '').slice(1))).then(
        (bytes) => response.end(bytes),
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const teacher = await loadTeacher(`http://127.0.0.1:${port}/any-batch.onnx`);
      const local = await loadTeacher(at('any-batch.onnx'));
      expect(await teacher.fingerprint()).toBe(await local.fingerprint());
      const error = await caught(() => loadTeacher(`http://127.0.0.1:${port}/none.onnx`));
      expect(error.message).toContain('404');
    } finally {
      server.close();
    }
  });

  it('knows its shapes, parameters and another file', async () => {
    const teacher = await loadTeacher(at('any-batch.onnx'), { taps: TAPS });
    expect(teacher).toMatchObject({ name: 'any-batch', classes: 4, inputShape: [6, 7, 3] });
    // 5·3·3·3 + 5 and 4·5 + 4.
    expect(teacher.parameters).toBe(140 + 24);
    expect(teacher.tapShape('embedding')).toEqual([5]);
    const other = await loadTeacher(at('softmax.onnx'));
    expect(await other.fingerprint()).not.toBe(await teacher.fingerprint());
  });

  it('decodes float16, and leaves out outputs that cannot be taps', async () => {
    const teacher = await loadTeacher(at('odd-inside.onnx'), { taps: { half: '/half/out' } });
    expect(teacher.tapNames).toEqual(['half', '/float/out', 'embedding']);
    const batch = images();
    const output = await askTeacher(teacher, batch, ['half', '/float/out']);
    expectClose(output.tap('half'), known.map, 2e-3);
    expectClose(output.tap('/float/out'), known.map, 2e-3);
    output.dispose();
    batch.dispose();
    teacher.dispose();
  });

  it('says for which size its taps are known', async () => {
    const teacher = await loadTeacher(at('open-size.onnx'), { taps: TAPS });
    const batch = images();
    const { logits, dispose } = await askTeacher(teacher, batch, []);
    expectClose(logits, known.logits, 1e-5);
    dispose();
    const error = await caught(() => askTeacher(teacher, batch, ['map']));
    expect(error.message).toMatch(/images of \[224, 224, 3\], got \[6, 7, 3\]\. .*imageShape: \[6, 7, 3\]/);
    batch.dispose();
    teacher.dispose();
  });

  it.each([
    ['half.onnx', {}, 'float16'],
    ['dropout.onnx', {}, "got Dropout '/dropped/out' in training mode"],
    ['batch-statistics.onnx', {}, "got BatchNormalization '/bn/out' in training mode"],
    [
      'odd-inside.onnx',
      { taps: { kind: 'class' } },
      'floats with a row per image, 2 here, got int64 of shape [2]',
    ],
    ['cannot-tell.onnx', {}, "layout: 'nchw'"],
    ['none.onnx', {}, 'no such file'],
    ['any-batch.onnx', { taps: { map: '/relu/outs' } }, "Did you mean '/relu/out'"],
    ['any-batch.onnx', { classNames: ['a', 'b'] }, '2 logits, one per name'],
    [
      'last-inside.onnx',
      { taps: { whole: '/whole/out' } },
      "last-inside.onnx, value '/whole/out': expected floats with a row per image",
    ],
  ] as const)('refuses %s with %j', async (file, options, words) => {
    const error = await caught(() => loadTeacher(at(file), options));
    expect(error.message).toContain(words);
  });

  it('refuses what is no ONNX file, and weights outside its folder', async () => {
    await writeFile(join(folder, 'text.onnx'), 'hello');
    expect((await caught(() => loadTeacher(join(folder, 'text.onnx')))).code).toBe('data');
    await copyFile(at('external.onnx'), join(folder, 'alone.onnx'));
    const error = await caught(() => loadTeacher(join(folder, 'alone.onnx')));
    expect(error.message).toContain('external.weights');
    const bytes = await readFile(at('external.onnx'));
    const text = Buffer.from(
      bytes.toString('latin1').replaceAll('external.weights', '../external.wght'),
      'latin1',
    );
    await writeFile(join(folder, 'outside.onnx'), text);
    expect((await caught(() => loadTeacher(join(folder, 'outside.onnx')))).message).toContain('outside');
  });
});

describe('an ONNX file', () => {
  it('lists its inputs, outputs, nodes and size without a runtime', async () => {
    const file = readOnnx(await readFile(at('open-size.onnx')));
    expect(file.inputs).toEqual([{ name: 'images', type: 1, shape: ['batch', 3, 'height', 'width'] }]);
    expect(file.outputs.map(({ name }) => name)).toEqual(['logits']);
    expect(file.nodes.map(({ op }) => op)).toEqual(['Conv', 'Relu', 'GlobalAveragePool', 'Flatten', 'Gemm']);
    expect(file.parameters).toBe(164);
  });

  it('gets further outputs by bytes behind it', async () => {
    const bytes = await readFile(at('any-batch.onnx'));
    // A length of one byte, of two, and a letter of two.
    const names = ['/relu/out', '/pool/'.repeat(50), '/schicht/größe'];
    const file = readOnnx(withOutputs(bytes, names));
    expect(file.outputs.map(({ name }) => name)).toEqual(['logits', ...names]);
    expect(file.nodes).toHaveLength(5);
  });
});
