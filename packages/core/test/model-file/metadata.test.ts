import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  distill,
  loadModel,
  metadataOf,
  modelMetadata,
  outputKind,
  saveModel,
  setModelMetadata,
  student,
} from '@distilljs/core';
import type { ModelMetadata } from '@distilljs/core';
import * as tf from '@tensorflow/tfjs-layers';
import { io } from '@tensorflow/tfjs-core';
import { afterAll, expect, it } from 'vitest';
import { checkedMetadata } from '../../src/model-file/index.js';
import { tinyDataset } from '../../src/testing/tiny-dataset.js';
import { tinyNetwork } from '../../src/testing/tiny-network.js';
import { caught } from '../caught.js';
import { describeOn, REPRODUCIBLE } from '../on-engines.js';

const folder = await mkdtemp(join(tmpdir(), 'distilljs-metadata-'));
afterAll(() => rm(folder, { recursive: true }));

const GREY: ModelMetadata = {
  version: 1,
  imageSize: [28, 28, 1],
  channels: 'grey',
  scale: 255,
  normalization: { mean: [0.13], std: [0.31] },
  classNames: ['cat', 'dog'],
  output: 'logits',
};

describeOn(REPRODUCIBLE, 'metadata of a trained student', (engine) => {
  it('are in its model.json however it is saved, and survive loading', async () => {
    const network = tinyNetwork(1);
    const train = {
      ...tinyDataset(12, 1),
      classNames: ['low', 'middle', 'high'],
      resize: 'stretch' as const,
    };
    const result = await distill({
      students: [network],
      method: student(),
      train,
      epochs: 1,
      batchSize: 4,
      seed: 1,
    });
    const expected = {
      version: 1,
      imageSize: [6, 6, 2],
      channels: 'other',
      scale: 255,
      normalization: result.normalization,
      resize: 'stretch',
      classNames: ['low', 'middle', 'high'],
      output: 'logits',
    };
    const place = join(folder, engine);
    await result.student.save(place);
    const json = JSON.parse(await readFile(join(place, 'model.json'), 'utf8')) as io.ModelJSON;
    expect(json.userDefinedMetadata).toEqual({ distilljs: expected });

    const again = await loadModel(place);
    expect(modelMetadata(again)).toEqual(expected);
    let artifacts: io.ModelArtifacts | undefined;
    await again.save(
      io.withSaveHandler((given) => {
        artifacts = given;
        return Promise.resolve({ modelArtifactsInfo: io.getModelArtifactsInfoForJSON(given) });
      }),
    );
    expect(artifacts?.userDefinedMetadata).toEqual({ distilljs: expected });
    result.dispose();
    network.dispose();
    again.dispose();
  });
});

describeOn([{ name: 'cpu', skipped: undefined }], 'metadata', () => {
  const model = (activation: 'linear' | 'softmax' = 'linear'): tf.LayersModel =>
    tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3], activation })] });

  it("leave a user's own metadata as they are", async () => {
    const given = model();
    given.setUserDefinedMetadata({ mine: 1 });
    setModelMetadata(given, GREY);
    await saveModel(given, join(folder, 'own'));
    const loaded = await loadModel(join(folder, 'own'));
    expect(loaded.getUserDefinedMetadata()).toEqual({ mine: 1, distilljs: GREY });
  });

  it('have no other fields, which a misspelled name would be', () => {
    const misspelled = { ...GREY, classnames: ['cat', 'dog'] };
    expect(() => {
      setModelMetadata(model(), misspelled);
    }).toThrow(/^setModelMetadata: expected a known option, got 'classnames'\. Did you mean 'classNames'\?/);
  });

  it('are undefined where a model has none', () => {
    expect(modelMetadata(model())).toBeUndefined();
  });

  it('name the channels by their number and keep how images were resized', () => {
    const of = (channels: number): ModelMetadata =>
      metadataOf(
        { imageShape: [8, 8, channels], resize: 'letterbox' },
        { mean: Array(channels).fill(0) as number[], std: Array(channels).fill(1) as number[] },
      );
    expect([1, 2, 3, 4].map((count) => of(count).channels)).toEqual(['grey', 'other', 'rgb', 'rgba']);
    expect(of(3).resize).toBe('letterbox');
  });

  it.each(['linear', 'softmax'] as const)('know what a model that ends in %s gives', (activation) => {
    expect(outputKind(model(activation))).toBe(activation === 'linear' ? 'logits' : 'probabilities');
  });

  it.each<[string, object | null, RegExp]>([
    ['a later version', { version: 2 }, /distilljs\.version: expected 1, got 2\. Update/],
    ['two axes', { imageSize: [28, 28] }, /imageSize: expected \[height, width, channels\]/],
    ['channels of another number', { channels: 'rgb' }, /channels: expected one of grey, other, got/],
    ['a scale of 0', { scale: 0 }, /scale: expected a number above 0, got 0/],
    [
      'no mean',
      { normalization: { std: [1] } },
      /normalization\.mean: expected one finite number per channel/,
    ],
    ['a deviation of 0', { normalization: { mean: [0], std: [0] } }, /normalization\.std: expected/],
    ['names that are numbers', { classNames: [1, 2] }, /classNames: expected a list of names/],
    ['an unknown resize', { resize: 'zoom' }, /resize: expected one of crop, stretch, letterbox/],
    ['an unknown output', { output: 'classes' }, /output: expected one of logits, probabilities/],
    ['nothing at all', null, /userDefinedMetadata\.distilljs: expected an object/],
  ])('that are damaged are refused with the field: %s', async (_, change, message) => {
    const given: unknown = change === null ? null : { ...GREY, ...change };
    const error = await caught(() => checkedMetadata('DIR/model.json', given));
    expect(error.code).toBe('data');
    expect(error.message).toMatch(message);
    expect(error.where).toMatch(/^DIR\/model\.json, userDefinedMetadata/);
  });
});
