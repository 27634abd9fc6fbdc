import type { Tensor } from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { createNetwork, loadModel, loadTeacher, modelFiles } from '@distilljs/core';
import { afterAll, expect, it } from 'vitest';
import { mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { caught } from '../caught.js';
import { describeOn, REPRODUCIBLE } from '../on-engines.js';
import {
  bn,
  chain,
  conv,
  randomizeWeights,
  smallModels,
  someImages,
  through,
} from '../network/small-models.js';

const folder = await mkdtemp(join(tmpdir(), 'distilljs-save-'));
afterAll(() => rm(folder, { recursive: true }));

let saved = 0;
async function savedModel(): Promise<string> {
  const place = join(folder, String(saved++));
  const network = createNetwork(randomizeWeights(chain('m', through(conv('conv', 4)), through(bn('bn')))));
  await network.save(`file://${place}`);
  network.dispose();
  return place;
}

describeOn(REPRODUCIBLE, 'saving to a folder and loading', () => {
  it.each(Object.entries(smallModels))('gives the same outputs: %s', async (_, build) => {
    const place = join(folder, String(saved++));
    const network = createNetwork(randomizeWeights(build()));
    await network.save(`file://${place}`);
    expect((await readdir(place)).sort()).toEqual(['model.json', 'weights.bin']);

    const images = someImages(3);
    const model = await loadModel(`file://${place}`);
    expect((model.predict(images) as Tensor).dataSync()).toEqual(
      (network.model.predict(images) as Tensor).dataSync(),
    );
    const again = createNetwork(model);
    expect(again.forward(images).logits.dataSync()).toEqual(network.forward(images).logits.dataSync());
    expect(again.tapNames).toEqual(network.tapNames);
    network.dispose();
    again.dispose();
  });

  it('keeps a model inside it frozen, however deep', async () => {
    const base = sequential({
      layers: [
        layers.conv2d({ inputShape: [8, 8, 3], filters: 2, kernelSize: 3 }),
        layers.batchNormalization(),
      ],
    });
    const frozen = sequential({ layers: [base, layers.flatten()] });
    frozen.trainable = false;
    const model = sequential({ layers: [frozen, layers.dense({ units: 3 })] });
    const network = createNetwork(model);
    const place = join(folder, String(saved++));
    await network.save(place);
    const [viaFolder, viaFiles] = [await loadModel(place), await loadModel(await modelFiles(model))];
    for (const loaded of [viaFolder, viaFiles]) {
      expect(loaded.trainableWeights.map(({ shape }) => shape)).toEqual([[72, 3], [3]]);
      loaded.dispose();
    }
    network.dispose();
  });

  it('says what is wrong with an address that nothing can save to', async () => {
    const network = createNetwork(chain('m', through(conv('conv', 4))));
    const error = await caught(() => network.save('ftp://somewhere/model'));
    expect(error).toMatchObject({ code: 'data', where: 'ftp://somewhere/model' });
    network.dispose();
  });

  it('takes the path of model.json too', async () => {
    const model = await loadModel(`file://${await savedModel()}/model.json`);
    expect(model.outputs[0]?.shape).toEqual([null, 3]);
  });

  it('takes a JSON file of any name, and a folder that is called like one', async () => {
    const place = await savedModel();
    await rename(join(place, 'model.json'), join(place, 'net.json'));
    const model = await loadModel(join(place, 'net.json'));
    expect(model.outputs[0]?.shape).toEqual([null, 3]);
    expect((await loadTeacher(relative('.', join(place, 'net.json')))).classes).toBe(3);
    expect((await caught(() => loadModel(join(place, 'nett.json')))).message).toMatch(
      /nett\.json: expected .*, got no file .*\d[\\/]nett\.json\. Check the path\.$/,
    );
    const folderCalledSo = join(folder, 'saved.json');
    await createNetwork(model).save(folderCalledSo);
    expect((await loadModel(folderCalledSo)).outputs[0]?.shape).toEqual([null, 3]);
  });
});

describeOn([{ name: 'cpu', skipped: undefined }], 'loading what is no saved model', () => {
  const topology = async (place: string): Promise<Record<string, unknown>> =>
    JSON.parse(await readFile(join(place, 'model.json'), 'utf8')) as Record<string, unknown>;

  it.each<[string, (place: string) => Promise<unknown>]>([
    ['nothing', (place) => rm(place, { recursive: true })],
    ['no model.json', (place) => rm(join(place, 'model.json'))],
    ['no weights', (place) => rm(join(place, 'weights.bin'))],
    ['half a model.json', (place) => truncate(join(place, 'model.json'), 300)],
    ['JSON that is no model', (place) => writeFile(join(place, 'model.json'), '{}')],
    ['JSON that is null', (place) => writeFile(join(place, 'model.json'), 'null')],
    ['half of the weights', (place) => truncate(join(place, 'weights.bin'), 40)],
    [
      'a model of an unknown layer',
      async (place) => {
        const text = JSON.stringify(await topology(place)).replace('"Conv2D"', '"Conv2E"');
        await writeFile(join(place, 'model.json'), text);
      },
    ],
    [
      'a topology without its weights',
      async (place) => {
        const { weightsManifest, ...rest } = await topology(place);
        expect(weightsManifest).toBeDefined();
        await writeFile(join(place, 'model.json'), JSON.stringify({ ...rest, weightsManifest: [] }));
      },
    ],
  ])('is refused with the file named: %s', async (_, damage) => {
    const place = await savedModel();
    await damage(place);
    const error = await caught(() => loadModel(`file://${place}`));
    expect(error.code).toBe('data');
    expect(error.where).toBe(join(place, 'model.json'));
    expect(error.message).toMatch(/expected a tfjs layers model/);
    expect(error.cause).toBeInstanceOf(Error);
  });
});
