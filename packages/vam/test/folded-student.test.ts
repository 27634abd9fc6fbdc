import { createNetwork, distill, resolveEngine } from '@distilljs/core';
import type { DistillOptions, Network } from '@distilljs/core';
import { tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import { foldVam, unfoldVam, vam, vamLayers, withVam } from '@distilljs/vam';
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { beforeAll, expect, it } from 'vitest';

const attending = (): Network => {
  const plain = tinyNetwork(1);
  const model = withVam(plain.model, { blockSize: 2 });
  plain.dispose();
  return createNetwork(model);
};
const run = (student: Network | LayersModel): DistillOptions => ({
  students: [student],
  method: vam({ ceWeight: 1, kdWeight: 0, gamma: 0.1 }),
  train: tinyDataset(12, 1),
  epochs: 1,
  batchSize: 12,
  seed: 1,
});
/** A student after a run, its masks folded. */
async function trained(): Promise<Network> {
  const student = attending();
  (await distill(run(student))).dispose();
  return student;
}
const weights = ({ model }: Pick<Network, 'model'>): number[][] =>
  vamLayers(model).map(({ layer }) => [...layer.theta.dataSync(), ...layer.maskedKernel().dataSync()]);
const isFolded = ({ model }: Network): boolean[] => vamLayers(model).map(({ layer }) => layer.isFolded);
const outputs = (model: LayersModel): number[] =>
  tf.tidy(() => [...(model.predict(tf.ones([1, 6, 6, 2])) as tf.Tensor).dataSync()]);

beforeAll(() => resolveEngine('cpu'));

it('trains a folded student further: its attention and its kernels', async () => {
  const student = await trained();
  const before = weights(student);
  expect(isFolded(student)).toEqual([true, true]);
  (await distill(run(student))).dispose();
  const after = weights(student);
  after.forEach((layer, at) => {
    expect(layer).not.toEqual(before[at]);
  });
  expect(isFolded(student)).toEqual([true, true]);
  student.dispose();
});

it('trains one further whose convolutions have a bias and an activation', async () => {
  const conv = (name: string): layers.Layer =>
    layers.conv2d({
      name,
      filters: 4,
      kernelSize: 3,
      padding: 'same',
      activation: 'relu',
      kernelInitializer: 'heNormal',
    });
  const body = sequential({
    layers: [
      layers.conv2d({ name: 'stem', filters: 4, kernelSize: 3, inputShape: [6, 6, 2] }),
      ...[conv('one'), conv('two'), layers.globalAveragePooling2d({}), layers.dense({ units: 3 })],
    ],
  });
  const student = createNetwork(withVam(body, { blockSize: 2 }));
  body.dispose();
  (await distill(run(student))).dispose();
  const before = weights(student);
  expect(isFolded(student)).not.toContain(false);
  (await distill(run(student))).dispose();
  expect(weights(student)).not.toEqual(before);
  student.dispose();
});

it('folds a student again whose further training was stopped', async () => {
  const student = await trained();
  const stop = new AbortController();
  const result = await distill({
    ...run(student),
    epochs: 3,
    signal: stop.signal,
    callbacks: [
      {
        name: 'stopper',
        epoch() {
          stop.abort();
        },
      },
    ],
  });
  expect(result.stopped?.globalEpoch).toBe(0);
  result.dispose();
  expect(isFolded(student)).toEqual([true, true]);
  const model = foldVam(student.model);
  expect(outputs(model)).toEqual(outputs(student.model));
  for (const each of [model, student]) each.dispose();
});

it('refuses a network that was made of a folded model, and takes it unfolded', async () => {
  const student = await trained();
  const { model } = student;
  const message =
    /layer 'stage1_conv': expected a network that holds the attention .* Call unfoldVam\(model\) before createNetwork/;
  await expect(distill(run(createNetwork(model)))).rejects.toThrow(message);
  await expect(distill(run(model))).rejects.toThrow(message);
  expect(isFolded(student)).toEqual([true, true]);
  unfoldVam(model);
  const before = weights(student);
  (await distill(run(createNetwork(model)))).dispose();
  expect(weights(student)).not.toEqual(before);
  student.dispose();
});

it('leaves a student as it was when the run is refused', async () => {
  const student = await trained();
  await expect(distill({ ...run(student), method: vam() })).rejects.toThrow(/expected a teacher/);
  const other = vam({ with: { ...vam(), plan: () => Promise.reject(new Error('no plan')) } });
  await expect(distill({ ...run(student), method: other })).rejects.toThrow('no plan');
  expect(isFolded(student)).toEqual([true, true]);
  student.dispose();
});

it('gives a plain copy of a student that was folded in place', async () => {
  const { model } = await trained();
  const copy = foldVam(model);
  expect(vamLayers(copy)).toEqual([]);
  expect(outputs(copy)).toEqual(outputs(model));
  for (const each of [copy, model]) each.dispose();
});
