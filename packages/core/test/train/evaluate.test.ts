import * as tf from '@tensorflow/tfjs-core';
import {
  arrayDataset,
  createNetwork,
  ensembleOf,
  evaluate,
  freeze,
  metadataOf,
  setModelMetadata,
} from '@distilljs/core';
import type { Dataset, Network } from '@distilljs/core';
import { testEngines, tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import { expect, it } from 'vitest';
import { caught } from '../caught.js';
import { describeOn } from '../on-engines.js';

/** A network whose logits are the pixels: the tests write the logits into the images. */
function reader(classes: number): Network {
  const forward: Network['forward'] = (images) => ({
    logits: tf.reshape<tf.Rank.R2>(images, [-1, classes]),
    tap: () => images,
  });
  return { ...tinyNetwork(1), classes, forward };
}

const dataset = (rows: readonly (readonly number[])[], labels: readonly number[]): Dataset => {
  const classes = rows[0]?.length ?? 1;
  return arrayDataset({
    images: Float32Array.from(rows.flat()),
    labels,
    imageShape: [1, 1, classes],
    classes,
  });
};
const asPixels = (channels: number): { mean: number[]; std: number[] } => ({
  mean: new Array<number>(channels).fill(0),
  std: new Array<number>(channels).fill(1 / 255),
});

const tiny = tinyDataset(6, 1);
const floats: Dataset = {
  ...tiny,
  image: (index) => Float32Array.from(tiny.image(index), (pixel) => pixel / 255),
};

describeOn(await testEngines(), 'evaluate', () => {
  // Seven classes, so that five highest are not all: ranks of the right class are 1, 2, 5, 6, 7.
  const row = [7, 6, 5, 4, 3, 2, 1];
  const rows = [row, row, row, row, row];
  const labels = [0, 1, 4, 5, 6];

  it('gives accuracy, top five and mean cross-entropy', async () => {
    const found = await evaluate(reader(7), dataset(rows, labels), asPixels(7));
    expect(found.accuracy).toBe(0.2);
    expect(found.top5).toBeCloseTo(0.6, 6);
    expect(found.images).toBe(5);
    const total = Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0));
    const loss = labels.reduce((sum, label) => sum + total - (row[label] ?? NaN), 0) / 5;
    expect(found.loss).toBeCloseTo(loss, 4);
  });

  it('does not depend on how many images a pass takes', async () => {
    const data = dataset(rows, labels);
    const whole = await evaluate(reader(7), data, asPixels(7));
    for (const batchSize of [1, 2, 3, 5]) {
      const found = await evaluate(reader(7), data, asPixels(7), batchSize);
      expect(found).toMatchObject({ accuracy: whole.accuracy, top5: whole.top5 });
      expect(found.loss).toBeCloseTo(whole.loss, 5);
    }
  });

  it('has all classes among the five highest where there are no more', async () => {
    const found = await evaluate(
      reader(3),
      dataset(
        [
          [3, 2, 1],
          [3, 2, 1],
        ],
        [2, 2],
      ),
      asPixels(3),
    );
    expect(found).toMatchObject({ accuracy: 0, top5: 1 });
  });

  it('puts the lower class first where logits are equal, as argMax does', async () => {
    const equal = Array.from({ length: 100 }, () => new Array<number>(100).fill(7));
    const all = Array.from({ length: 100 }, (_, at) => at);
    const found = await evaluate(reader(100), dataset(equal, all), asPixels(100));
    expect(found).toMatchObject({ accuracy: 0.01, top5: 0.05 });
  });

  it('counts an image whose logits are NaN as wrong, and says how many there are', async () => {
    const half: Network = {
      ...reader(7),
      forward: (images) => ({
        logits: tf.tidy(() => {
          const logits = tf.reshape<tf.Rank.R2>(images, [-1, 7]);
          return tf.where(tf.less(logits, 5), tf.fill(logits.shape, NaN), logits);
        }),
        tap: () => images,
      }),
    };
    const high = [9, 8, 8, 8, 8, 8, 8];
    const found = await evaluate(half, dataset([high, row, high, row], [0, 0, 1, 0]), asPixels(7));
    expect(found).toMatchObject({ accuracy: 0.25, top5: 0.5, images: 4, invalid: 2, loss: NaN });
  });

  it('counts an image whose highest logit is infinite as wrong, as files of predictions do', async () => {
    const infinite = (logit: number): Network => ({
      ...reader(7),
      forward: (images) => ({ logits: tf.fill([images.shape[0], 7], logit), tap: () => images }),
    });
    for (const logit of [Infinity, -Infinity])
      expect(await evaluate(infinite(logit), dataset(rows, labels), asPixels(7))).toEqual({
        ...{ accuracy: 0, top5: 0, loss: NaN, images: 5, invalid: 5 },
      });
  });

  it('matches logits with the classes of the data by name', async () => {
    const data = dataset(
      [
        [3, 0, 0],
        [0, 3, 0],
        [0, 3, 0],
      ],
      [0, 1, 2],
    );
    const names = (...classNames: string[]): Network => ({ ...reader(3), classNames });
    const named = { ...data, classNames: ['ape', 'bee', 'cat'] };
    const accuracy = async (network: Network): Promise<number> =>
      (await evaluate(network, named, asPixels(3))).accuracy;
    expect(await accuracy(names('ape', 'bee', 'cat'))).toBeCloseTo(2 / 3, 12);
    expect(await accuracy(names('bee', 'ape', 'cat'))).toBe(0);
    const rows: number[][] = [];
    const two = { ...named, classes: 2, classNames: ['cat', 'ape'], labels: Int32Array.of(1, 0, 0) };
    const network = names('ape', 'bee', 'cat');
    const found = await evaluate(network, two, asPixels(3), 2, (row) => rows.push(Array.from(row)));
    expect(rows).toEqual([
      [0, 3],
      [0, 0],
      [0, 0],
    ]);
    expect(found).toMatchObject({ accuracy: 1, top5: 1 });
    const error = await caught(() => evaluate(names('ape', 'bee', 'dog'), named, asPixels(3)));
    expect(error.message).toMatch(
      /network '.*', classes: expected every class of dataset '.*' once among the network's 3, got none for 'cat'/,
    );
  });

  it('knows the class names in the metadata of a model', async () => {
    const { model } = tinyNetwork(1);
    const normalization = { mean: [0.5, 0.5], std: [0.25, 0.25] };
    const named = { ...tiny, classNames: ['ape', 'bee', 'cat'] };
    const by = async (): Promise<number> => (await evaluate(model, named, normalization)).loss;
    const plain = await by();
    setModelMetadata(model, metadataOf(named, normalization));
    expect(await by()).toBe(plain);
    setModelMetadata(model, metadataOf({ ...named, classNames: ['cat', 'ape', 'bee'] }, normalization));
    expect(await by()).not.toBe(plain);
    expect(freeze(createNetwork(model)).classNames).toEqual(['cat', 'ape', 'bee']);
    model.dispose();
  });

  it('takes a bare model, alone and in an ensemble', async () => {
    const { model } = tinyNetwork(3);
    const data = tinyDataset(18, 2);
    const normalization = { mean: [0.4, 0.4], std: [0.2, 0.2] };
    const wanted = await evaluate(createNetwork(model), data, normalization);
    expect(await evaluate(model, data, normalization)).toEqual(wanted);
    expect(await evaluate(ensembleOf([model, tinyNetwork(3)]), data, normalization)).toEqual(wanted);
  });

  it.each<[string, () => Promise<unknown>, string]>([
    [
      'what is no network',
      () => evaluate({} as never, dataset(rows, labels), asPixels(7)),
      'evaluate, network: expected a network',
    ],
    [
      'a network that was not awaited',
      () => evaluate(Promise.resolve(reader(7)) as never, dataset(rows, labels), asPixels(7)),
      'evaluate, network: expected a value, got a promise. Write `await` before it.',
    ],
    [
      'no images',
      () => evaluate(reader(7), { ...dataset(rows, labels), size: 0 }, asPixels(7)),
      "evaluate, dataset 'array', size: expected at least one image, got 0.",
    ],
    [
      'no normalization',
      () => evaluate(reader(7), dataset(rows, labels), undefined as never),
      'normalization: expected',
    ],
    [
      'pixels of 0…1 under a normalization of pixels of 0…255',
      () => evaluate(tinyNetwork(3), floats, { mean: [0.4, 0.4], std: [0.2, 0.2] }),
      'Multiply the pixels by 255.',
    ],
    [
      'a normalization of pixels that are not divided',
      () => evaluate(tinyNetwork(3), tinyDataset(6, 1), { mean: [125, 125], std: [60, 60] }),
      'normalization: expected mean and std of pixels divided by 255',
    ],
    [
      'a batch of no images',
      () => evaluate(reader(7), dataset(rows, labels), asPixels(7), 0),
      'evaluate, batchSize: expected a whole number, at least 1, got 0.',
    ],
    [
      'too few logits',
      () => evaluate({ ...reader(7), classes: 3 }, dataset(rows, labels), asPixels(7)),
      "evaluate, network: expected 7 logits, one per class of dataset 'array', got 3.",
    ],
    [
      'logits of other classes, such as a background that comes first',
      () => evaluate({ ...reader(7), classes: 8 }, dataset(rows, labels), asPixels(7)),
      "evaluate, network: expected 7 logits, one per class of dataset 'array', got 8. A network with other classes needs their names",
    ],
    [
      'an ensemble of nobody',
      async () => Promise.resolve(ensembleOf([])),
      'ensembleOf: expected a list of networks, got [].',
    ],
    [
      'an ensemble of different classes',
      async () => Promise.resolve(ensembleOf([reader(7), reader(3)])),
      'ensembleOf, member 1: expected 7 classes as member 0, got 3.',
    ],
  ])('refuses %s', async (_, call, message) => {
    expect((await caught(call)).message).toContain(message);
  });

  it.each<[string, unknown, string]>([
    ['no logits', () => undefined, 'logits of the network: expected shape [5, 7], got nothing'],
    ['a promise of logits', async () => Promise.resolve(0), 'expected shape [5, 7], got nothing'],
    ['logits of other images', () => ({ logits: tf.zeros([2, 7]) }), 'expected shape [5, 7], got [2, 7]'],
    ['logits in one row', () => ({ logits: tf.zeros([35]) }), 'expected shape [5, 7], got [35]'],
    ['no function', 3, 'evaluate, network, forward: expected a function of the images, got 3'],
  ])('refuses a classifier with %s', async (_, forward, message) => {
    const classifier = { classes: 7, forward } as never;
    expect((await caught(() => evaluate(classifier, dataset(rows, labels), asPixels(7)))).message).toContain(
      message,
    );
    const wide = { classes: '7', forward } as never;
    expect((await caught(() => evaluate(wide, dataset(rows, labels), asPixels(7)))).message).toContain(
      'evaluate, network, classes: expected a whole number, at least 1, got "7"',
    );
  });

  it('names the batch that the memory does not suffice for, and leaves no tensors', async () => {
    let batches = 0;
    const network = reader(7);
    const full: Network = {
      ...network,
      forward(images) {
        if (batches++ === 1) throw new RangeError('Array buffer allocation failed');
        return network.forward(images);
      },
    };
    const before = tf.memory().numTensors;
    const error = await caught(() => evaluate(full, dataset(rows, labels), asPixels(7), 2));
    expect(error.code).toBe('engine');
    expect(error.message).toMatch(
      /^engine '.+', batch 1 of 3, a batch of 2 images of 1×1×7 of dataset 'array': expected memory for this batch, got "Array buffer allocation failed"\. Use a smaller batch/,
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  it('leaves the network and no tensors', async () => {
    const network = reader(7);
    const data = dataset(rows, labels);
    const before = tf.memory().numTensors;
    await evaluate(network, data, asPixels(7), 2);
    expect(tf.memory().numTensors).toBe(before);
  });
});
