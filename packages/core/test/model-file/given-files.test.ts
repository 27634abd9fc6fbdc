import * as tf from '@tensorflow/tfjs-core';
import {
  askTeacher,
  createNetwork,
  loadModel,
  loadTeacher,
  modelFiles,
  resolveEngine,
} from '@distilljs/core';
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { bn, chain, conv, randomizeWeights, someImages, through } from '../network/small-models.js';
import { caught } from '../caught.js';
import { expectClose } from '../numbers.js';

const text = (name: string, content: string): File => new File([content], name);
const fixture = async (name: string): Promise<File> =>
  new File([await readFile(new URL(`../network/fixtures/${name}`, import.meta.url))], name);

/** As a page gets the files of a folder that was chosen. */
function inFolder(file: File, folder: string): File {
  return Object.defineProperty(new File([file], file.name), 'webkitRelativePath', {
    value: `${folder}/${file.name}`,
  });
}

beforeAll(async () => {
  await resolveEngine('cpu');
});

describe('a model by its files', () => {
  const network = () =>
    createNetwork(randomizeWeights(chain('m', through(conv('conv', 4)), through(bn('bn')))));

  it('gives the same outputs, whatever else was dropped', async () => {
    const own = network();
    const [json, weights] = await modelFiles(own.model);
    const images = someImages(3);
    const expected = own.forward(images).logits.dataSync();
    for (const files of [
      [json, weights],
      [weights, text('config.json', '[]'), json, text('notes.txt', 'mine')],
      [inFolder(weights, 'mine'), inFolder(json, 'mine'), inFolder(text('weights.bin', ''), 'other')],
      [new File([json], 'packed/model.json'), new File([weights], 'packed/weights.bin')],
    ]) {
      const model = await loadModel(files);
      expect((model.predict(images) as tf.Tensor).dataSync()).toEqual(expected);
      model.dispose();
      const teacher = await loadTeacher(files);
      const { logits, dispose } = await askTeacher(teacher, images);
      // A teacher is folded.
      expectClose(logits, [...expected], 1e-5);
      dispose();
      teacher.dispose();
    }
    own.dispose();
  });

  it.each([
    ['nothing', () => [], /got no model\.json.*whole folder/s],
    ['weights alone', ([, weights]: File[]) => [weights], /1 file \('weights\.bin'\).*no model\.json/s],
    ['model.json alone', ([json]: File[]) => [json], /got no 'weights\.bin' among 1 file \('model\.json'\)/],
    [
      'half of the weights',
      ([json, weights]: File[]) => [json, new File([weights?.slice(0, 40) ?? ''], 'weights.bin')],
      /40 bytes/,
    ],
    ['JSON of something else', () => [text('package.json', '{}')], /package\.json.*no list of weights/s],
    ['a Keras file', () => [text('mine.keras', '')], /^1 file \('mine\.keras'\): .*got a Keras file/],
    [
      'photos',
      () => [text('a.png', ''), text('b.png', ''), text('c.png', ''), text('d.png', '')],
      /4 files \('a\.png', 'b\.png', 'c\.png', …\)/,
    ],
  ] as const)('says what is missing: %s', async (_, take, words) => {
    const own = network();
    const files = take([...(await modelFiles(own.model))]);
    own.dispose();
    const error = await caught(() => loadTeacher(files as File[]));
    expect(error.code).toBe('data');
    expect(error.message).toMatch(words);
  });
});

describe('an ONNX file and a runtime that were handed over', () => {
  /** Answers every image with its mean, four times over. */
  const runtime = {
    Tensor: class {
      constructor(
        readonly type: string,
        readonly data: Float32Array,
        readonly dims: readonly number[],
      ) {}
    },
    InferenceSession: {
      create: (_: Uint8Array, options: { readonly externalData?: readonly { readonly path: string }[] }) =>
        Promise.resolve({
          run: (
            feeds: Record<string, { readonly data: Float32Array; readonly dims: readonly [number] }>,
            wanted: readonly string[],
          ) => {
            const [{ data, dims }] = Object.values(feeds) as [(typeof feeds)[string]];
            const each = data.length / dims[0];
            const means = Array.from({ length: dims[0] * 4 }, (_, at) =>
              data
                .subarray(Math.floor(at / 4) * each)
                .slice(0, each)
                .reduce((sum, value) => sum + value / each, at % 4),
            );
            return Promise.resolve(
              Object.fromEntries(
                wanted.map((name) => [name, { data: Float32Array.from(means), dims: [dims[0], 4] }]),
              ),
            );
          },
          release: () => Promise.resolve(),
          external: options.externalData,
        }),
    },
  };
  const packages = { 'onnxruntime-web': runtime };

  it('asks that runtime', async () => {
    const teacher = await loadTeacher([await fixture('any-batch.onnx')], { packages });
    expect(teacher).toMatchObject({ name: 'any-batch', classes: 4, inputShape: [6, 7, 3] });
    const images = tf.tensor4d(
      Array.from({ length: 2 * 6 * 7 * 3 }, (_, at) => (at < 126 ? 1 : 3)),
      [2, 6, 7, 3],
    );
    const { logits } = await askTeacher(teacher, images);
    expect(Array.from(logits.dataSync(), (value) => Math.round(value * 1000) / 1000)).toEqual([
      1, 2, 3, 4, 3, 4, 5, 6,
    ]);
  });

  it('finds the weights beside it, and says which are missing', async () => {
    const files = await Promise.all(['external.weights', 'external.onnx'].map(fixture));
    expect((await loadTeacher(files, { packages })).classes).toBe(4);
    const error = await caught(() => loadTeacher(files.slice(1), { packages }));
    expect(error.message).toContain("no weight file 'external.weights' among 1 file ('external.onnx')");
  });
});
