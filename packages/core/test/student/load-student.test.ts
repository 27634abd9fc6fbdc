import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import {
  createRandom,
  distill,
  evaluate,
  fitImage,
  loadStudent,
  resolveEngine,
  saveModel,
  student,
  studentOf,
} from '@distilljs/core';
import type { Dataset, ModelMetadata, Raster } from '@distilljs/core';
import { afterAll, expect, it, vi } from 'vitest';
import { tinyDataset } from '../../src/testing/tiny-dataset.js';
import { tinyNetwork } from '../../src/testing/tiny-network.js';
import { testEngines } from '../../src/testing/test-engines.js';
import { caught } from '../caught.js';
import { describeOn } from '../on-engines.js';

const folder = await mkdtemp(join(tmpdir(), 'distilljs-student-'));
afterAll(() => rm(folder, { recursive: true }));

const NAMES = ['low', 'middle', 'high'];

/** All images of a dataset as one tensor of pixels. */
async function pixelsOf(data: Dataset): Promise<tf.Tensor4D> {
  const images: number[] = [];
  for (let at = 0; at < data.size; at++) images.push(...(await data.image(at)));
  return tf.tensor4d(images, [data.size, ...data.imageShape]);
}

describeOn(await testEngines(), 'a saved student', (engine) => {
  it('classifies test images as the training measured it, and gives the same logits', async () => {
    const [train, test] = [tinyDataset(96, 1), tinyDataset(60, 2)];
    const network = tinyNetwork(1);
    const result = await distill({
      students: [network],
      method: student(),
      train: { ...train, classNames: NAMES, image: (index) => train.image(index) },
      epochs: 4,
      batchSize: 16,
      seed: 1,
    });
    const place = join(folder, engine);
    await result.student.save(place);
    const measured = await evaluate(network, test, result.normalization);
    // Half of the images right by chance alone would show nothing.
    expect(measured.accuracy).toBeGreaterThan(0.6);

    const loaded = await loadStudent(place);
    const images = await pixelsOf(test);
    const found = await loaded.classify(images);
    const right = found.filter(({ classes: [first] }, at) => first?.index === test.labels[at]).length;
    expect(right / test.size).toBe(measured.accuracy);
    expect(found[0]?.classes.map(({ className }) => className).sort()).toEqual([...NAMES].sort());

    const before = await studentOf(network.model).classify(images);
    expect(found.map(({ logits }) => logits)).toEqual(before.map(({ logits }) => logits));
    tf.dispose(images);
    result.dispose();
    network.dispose();
    loaded.dispose();
  });
});

/** Two outputs: the mean of the input's channels, and 0. */
function meanModel(shape: [number, number, number], softmax = false): layers.LayersModel {
  const model = layers.sequential({
    layers: [
      layers.layers.globalAveragePooling2d({ inputShape: shape, dataFormat: 'channelsLast' }),
      layers.layers.dense({ units: 2, ...(softmax && { activation: 'softmax' }) }),
    ],
  });
  const channels = shape[2];
  const kernel = Array.from({ length: channels }, () => [1 / channels, 0]);
  model.layers[1]?.setWeights([tf.tensor2d(kernel), tf.zeros([2])]);
  return model;
}

const metadata: Partial<ModelMetadata> = {
  normalization: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
  classNames: ['bright', 'dark'],
};

describeOn([{ name: 'cpu', skipped: undefined }], 'classify', () => {
  const bright = studentOf(meanModel([4, 4, 3]), { metadata });
  const raster = (width: number, height: number, channels: 1 | 2 | 3 | 4, value: number): Raster => ({
    width,
    height,
    channels,
    data: new Uint8Array(width * height * channels).fill(value),
  });

  it('normalizes pixels, sorts classes by probability and keeps as many as wanted', async () => {
    // (255 / 255 − 0.5) / 0.25 = 2, and sigmoid(2) = 1 / (1 + e⁻²) = 0.8808.
    const found = await bright.classify(raster(4, 4, 3, 255));
    expect(found.className).toBe('bright');
    expect(found.probability).toBeCloseTo(0.8808, 4);
    expect(found.logits[0]).toBeCloseTo(2, 5);
    // (0 − 0.5) / 0.25 = −2.
    const dark = await bright.classify(raster(4, 4, 3, 0), { top: 1 });
    expect(dark.classes).toEqual([{ className: 'dark', index: 1, probability: dark.probability }]);
    expect(dark.probability).toBeCloseTo(0.8808, 4);
  });

  it('takes images of any size and number of channels', async () => {
    for (const image of [
      raster(9, 5, 3, 255),
      raster(3, 40, 1, 255),
      // Transparent black lies on white.
      { ...raster(5, 5, 4, 0), data: new Uint8Array(100) },
      tf.fill<tf.Rank.R3>([6, 7, 3], 255),
      { raster: raster(8, 2, 3, 255), orientation: 6 },
    ])
      expect((await bright.classify(image)).logits[0]).toBeCloseTo(2, 5);
  });

  it('scales images as the metadata say', async () => {
    const image: Raster = { ...raster(8, 4, 3, 0), data: new Uint8Array(96).fill(255, 0, 48) };
    const wide: Raster = { ...image, width: 8, height: 4 };
    for (const resize of ['crop', 'stretch', 'letterbox'] as const) {
      const { data } = fitImage(wide, { height: 4, width: 4, channels: 3, resize });
      const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
      const one = studentOf(bright.model, { metadata: { ...metadata, resize } });
      expect((await one.classify(wide)).logits[0]).toBeCloseTo((mean / 255 - 0.5) / 0.25, 4);
    }
  });

  it('gives the logarithm of probabilities where the model ends in a softmax', async () => {
    const soft = studentOf(meanModel([4, 4, 3], true), { metadata });
    expect(soft.metadata.output).toBe('probabilities');
    const found = await soft.classify(raster(4, 4, 3, 255));
    expect(found.probability).toBeCloseTo(0.8808, 4);
    expect((found.logits[0] ?? 0) - (found.logits[1] ?? 0)).toBeCloseTo(2, 4);
  });

  it('classifies several images in one batch', async () => {
    const found = await bright.classify([raster(4, 4, 3, 255), raster(9, 9, 3, 0)]);
    expect(found.map(({ className }) => className)).toEqual(['bright', 'dark']);
    expect(await bright.classify([])).toEqual([]);
  });

  it('leaves no tensors behind', async () => {
    const images = tf.fill<tf.Rank.R4>([2, 6, 6, 3], 7);
    await bright.classify(images);
    const before = tf.memory().numTensors;
    await bright.classify(images);
    expect(tf.memory().numTensors).toBe(before);
  });

  const spent = tf.zeros([4, 4, 3]);
  spent.dispose();
  it.each<[string, unknown, RegExp]>([
    [
      'normalized values',
      tf.fill([4, 4, 3], -0.5),
      /pixels from 0 to 255, got -0\.5\. Pass the pixels as they are/,
    ],
    ['pixels of 0…1', tf.fill([4, 4, 3], 0.5), /values from 0\.5 to 0\.5\. Multiply them by 255/],
    ['NaN', tf.fill([4, 4, 3], NaN), /pixels from 0 to 255, got NaN/],
    [
      'a tensor without channels',
      tf.zeros([4, 4]),
      /a tensor \[height, width, channels\], got a tensor of shape \[4, 4\]/,
    ],
    ['a number', 7, /expected an image: a tensor/],
    ['null, as of a file that nobody chose', null, /expected an image: a tensor .*, got null\.$/],
    ['a tensor that was disposed', spent, /expected a tensor, got a disposed one/],
    [
      'a missing file',
      join(folder, 'none.png'),
      /none\.png: expected an image that can be read, got no such file/,
    ],
  ])('refuses %s', async (_, image, message) => {
    expect((await caught(() => bright.classify(image as Raster))).message).toMatch(message);
  });

  it('decodes files and bytes with the given decoder, turning them upright', async () => {
    const seen: string[] = [];
    const reading = studentOf(bright.model, {
      metadata,
      decode: (bytes, name) => {
        seen.push(name);
        return Promise.resolve({ raster: raster(8, 2, 3, bytes[0] ?? 0), orientation: 6 });
      },
    });
    const file = join(folder, 'bright.image');
    await writeFile(file, Uint8Array.of(255));
    expect((await reading.classify(file)).className).toBe('bright');
    expect((await reading.classify(Uint8Array.of(0))).className).toBe('dark');
    expect((await reading.classify(new Blob([Uint8Array.of(255)]))).className).toBe('bright');
    expect(seen).toEqual([file, 'classify', 'classify']);
  });
});

describeOn([{ name: 'cpu', skipped: undefined }], 'studentOf refuses', () => {
  const given = (said: object): unknown => ({ metadata: { ...metadata, ...said } });
  const ending = (...last: layers.layers.Layer[]): layers.LayersModel =>
    layers.sequential({
      name: 'ends',
      layers: [layers.layers.flatten({ inputShape: [4, 4, 3] }), ...last],
    });
  const { dense, reshape } = layers.layers;
  it.each<[string, unknown, unknown, RegExp]>([
    ['nothing', undefined, {}, /^studentOf: expected a tfjs LayersModel, got nothing\.$/],
    [
      'options that are null',
      meanModel([4, 4, 3]),
      null,
      /^studentOf: expected an object of options, got null\.$/,
    ],
    [
      'an option of another name',
      meanModel([4, 4, 3]),
      { metadata, decoder: 1 },
      /got 'decoder'.*Did you mean 'decode'/,
    ],
    [
      'a decoder that is none',
      meanModel([4, 4, 3]),
      { metadata, decode: 'sharp' },
      /^decode: expected a function/,
    ],
    [
      'mean and std beside the normalization',
      meanModel([4, 4, 3]),
      { metadata: { mean: [0], std: [1] } },
      /^metadata: expected a known option, got 'mean'\. Write `metadata: \{ normalization: \{ mean, std \} \}`\.$/,
    ],
    [
      'mean and std of pixels that are not divided',
      meanModel([4, 4, 3]),
      { metadata: { normalization: { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] } } },
      /^metadata\.normalization: expected mean and std of pixels divided by 255.*Divide both by 255: mean 0\.4850/,
    ],
    [
      'metadata of another name',
      meanModel([4, 4, 3]),
      given({ normalisation: {} }),
      /got 'normalisation'\. Did you mean 'normalization'/,
    ],
    [
      'metadata of no object',
      meanModel([4, 4, 3]),
      { metadata: 'rgb' },
      /^metadata: expected an object of options/,
    ],
    [
      'logits said of a softmax',
      meanModel([4, 4, 3], true),
      given({ output: 'logits' }),
      /expected logits as the output, as its metadata say, got probabilities\. Say metadata: \{ output: 'probabilities' \}/,
    ],
    [
      'probabilities said of logits',
      meanModel([4, 4, 3]),
      given({ output: 'probabilities' }),
      /got logits\. Say/,
    ],
    [
      'a sigmoid for each class',
      ending(dense({ units: 3, activation: 'sigmoid' })),
      { metadata: { normalization: metadata.normalization } },
      /^model 'ends': expected logits or probabilities of two or more classes.*got a sigmoid for each class/,
    ],
    ['one output', ending(dense({ units: 1 })), { metadata }, /two or more classes.*got \[\*, 1\]/],
    ['an output of two axes', ending(reshape({ targetShape: [4, 12] })), { metadata }, /got \[\*, 4, 12\]/],
    [
      'an input of a type that tfjs has not',
      layers.sequential({
        layers: [layers.layers.flatten({ inputShape: [4, 4, 3], dtype: 3 as never }), dense({ units: 2 })],
      }),
      { metadata },
      /expected values of type float32, int32 or bool, got 3\./,
    ],
  ])('%s', async (_, model, options, message) => {
    expect((await caught(() => studentOf(model as never, options as never))).message).toMatch(message);
  });

  it('a saved model of such an input', async () => {
    const place = join(folder, 'odd-type');
    await saveModel(meanModel([4, 4, 3]), place);
    const file = join(place, 'model.json');
    const json = await readFile(file, 'utf8');
    for (const type of ['{"is":"value"}', '3', '"complex64"']) {
      await writeFile(file, json.replace('"dtype":"float32"', `"dtype":${type}`));
      const error = await caught(() => loadStudent(place, { metadata }));
      expect(error.message).toMatch(/expected values of type float32, int32 or bool, got/);
    }
  });

  it('what classify is not told by', async () => {
    const student = studentOf(meanModel([4, 4, 3]), { metadata: { ...metadata, resize: undefined } });
    const image = tf.zeros<tf.Rank.R3>([4, 4, 3]);
    const told = async (options: unknown): Promise<string> =>
      (await caught(() => student.classify(image, options as never))).message;
    expect(await told({ topK: 3 })).toMatch(
      /^classify: expected a known option, got 'topK'\. Did you mean 'top'/,
    );
    expect(await told(null)).toMatch(/^classify: expected an object of options, got null/);
    for (const top of [0, -1, 1.5, NaN, '3'])
      expect(await told({ top })).toMatch(/^classify, top: expected a whole number, at least 1/);
    expect((await student.classify(image, { top: Infinity })).classes).toHaveLength(2);
  });

  it('rasters that are not of their size, or not of pixels', async () => {
    const student = studentOf(meanModel([4, 4, 3]), {
      metadata,
      decode: () => Promise.resolve(null as never),
    });
    const told = async (image: unknown): Promise<string> =>
      (await caught(() => student.classify(image as never))).message;
    const raster = (data: ArrayLike<number>, more: object = {}): object => ({
      width: 4,
      height: 4,
      channels: 3,
      data,
      ...more,
    });
    expect(await told(raster(new Uint8Array(40)))).toMatch(/got 40 values for 4 × 4/);
    expect(await told(raster(new Uint8Array(48), { width: 0 }))).toMatch(/got 48 values for 0 × 4/);
    expect(await told(raster(new Float32Array(48).fill(0.5)))).toMatch(
      /values from 0\.5 to 0\.5\. Multiply them by 255/,
    );
    expect(await told(raster(new Uint16Array(48).fill(4000)))).toMatch(/pixels from 0 to 255, got 4000/);
    expect(await told({ raster: raster(new Uint8Array(48)), orientation: 9 })).toMatch(
      /orientation: expected a whole number, at least 1 and at most 8, got 9/,
    );
    expect(await told(new Uint8Array(3))).toMatch(/expected a raster .* from `decode`, got null/);
    const failing = studentOf(meanModel([4, 4, 3]), {
      metadata,
      decode: () => Promise.reject(new Error('no image')),
    });
    expect((await caught(() => failing.classify(new Uint8Array(3)))).message).toMatch(
      /expected an image that can be decoded, got no image/,
    );
  });

  it('file bytes in a bundle for pages, where nothing decodes them', async () => {
    vi.doMock('../../src/student/sharp-decoder.js', () => ({ sharpDecoder: undefined }));
    const error = await caught(() =>
      studentOf(meanModel([4, 4, 3]), { metadata }).classify(new Uint8Array(3)),
    );
    vi.doUnmock('../../src/student/sharp-decoder.js');
    expect(error.code).toBe('platform');
    expect(error.message).toMatch(/expected a decoder for image files, got none .* Pass one as `decode`/);
  });
});

describeOn([{ name: 'cpu', skipped: undefined }], 'a student of an older version', () => {
  it('is refused with what to do, and taken when that is supplied', async () => {
    const place = join(folder, 'old');
    const network = tinyNetwork(createRandom(1).integer(9));
    await network.save(place);
    const json = await readFile(join(place, 'model.json'), 'utf8');
    expect(json).not.toContain('userDefinedMetadata');

    const error = await caught(() => loadStudent(place));
    expect(error.code).toBe('data');
    expect(error.message).toMatch(
      /got none: the model was saved by an older version.*metadata: \{ normalization/,
    );

    const normalization = { mean: [0.4, 0.4], std: [0.2, 0.2] };
    const loaded = await loadStudent(place, { metadata: { normalization } });
    expect(loaded.classNames).toEqual(['0', '1', '2']);
    expect(loaded.metadata).toMatchObject({ imageSize: [6, 6, 2], output: 'logits', scale: 255 });
    loaded.dispose();
    network.dispose();
  });

  it('is refused with class names of another number, or a normalization of other channels', async () => {
    const model = meanModel([4, 4, 3]);
    const names = await caught(() => studentOf(model, { metadata: { ...metadata, classNames: ['one'] } }));
    expect(names.message).toMatch(/one class name per output \(2\), got 1/);
    const grey = { normalization: { mean: [0], std: [1] } };
    expect((await caught(() => studentOf(model, { metadata: grey }))).message).toMatch(
      /normalization\.mean: expected one finite number per channel \(3\)/,
    );
  });
});

it('says that a network whose layers do not fit each other cannot run, and leaves no tensor', async () => {
  await resolveEngine('cpu');
  const model = layers.sequential({ name: 'damaged' });
  model.add(layers.layers.flatten({ inputShape: [4, 4, 1] }));
  model.add(layers.layers.dense({ units: 2 }));
  model.predict = () => {
    throw new Error('Input 0 is incompatible with layer flatten: expected min_ndim=3, found ndim=2.');
  };
  const one = studentOf(model, { metadata: { normalization: { mean: [0.5], std: [0.5] } } });
  const images = tf.fill<tf.Rank.R4>([2, 4, 4, 1], 100);
  const before = tf.memory().numTensors;
  const error = await caught(() => one.classify(images));
  expect(error).toMatchObject({ code: 'network', where: "model 'damaged'" });
  expect(error.message).toMatch(/expected a network that runs on 2 images of \[4, 4, 1\], got Input 0 is/);
  expect(tf.memory().numTensors).toBe(before);
});
