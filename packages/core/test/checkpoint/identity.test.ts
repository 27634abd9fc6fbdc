import * as tf from '@tensorflow/tfjs-core';
import {
  augmentation,
  checkpoints,
  createNetwork,
  decodeSafetensors,
  distill,
  encodeSafetensors,
  kd,
  memoryStore,
  resolveEngine,
  sgd,
} from '@distilljs/core';
import type { CheckpointStore, DistillOptions } from '@distilljs/core';
import { tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { caught } from '../caught.js';
import { smallRun } from './small-run.js';

let store: CheckpointStore;
beforeAll(async () => {
  await resolveEngine('cpu');
  store = memoryStore();
  const stop = {
    name: 'stop',
    epoch: (_: unknown, run: { stop(reason: string): void }) => {
      run.stop('enough');
    },
  };
  (await distill(smallRun({ callbacks: [checkpoints(store), stop] }))).dispose();
});

const goOn = (change: Partial<DistillOptions>): Promise<unknown> =>
  distill({ ...smallRun(), ...change, callbacks: [checkpoints(store)] });

describe('a checkpoint of another run', () => {
  it.each<[string, () => Partial<DistillOptions>, RegExp]>([
    [
      'seed',
      () => ({ seed: 2 }),
      /a checkpoint of this run \(seed 2\), got one of a run with seed 1\. Use another folder/,
    ],
    ['epochs', () => ({ epochs: 5 }), /epochs 5\), got one of a run with epochs 4/],
    ['batchSize', () => ({ batchSize: 6 }), /batchSize 6\), got one of a run with batchSize 4/],
    [
      'options',
      () => ({ method: kd({ ceWeight: 0.5 }) }),
      /options \{"ceWeight":0\.5.*got one of a run with options \{"ceWeight":0\.1/,
    ],
    [
      'optimizer',
      () => ({ optimizer: sgd() }),
      /optimizer \["sgd".*got one of a run with optimizer \["adam"/,
    ],
    [
      'augmentation',
      () => ({ augmentation: augmentation({ flip: true }) }),
      /augmentation .*"padCrop":0.*got .*"padCrop":1/,
    ],
    [
      'normalization',
      () => ({ normalization: { mean: [0, 0], std: [1, 1] } }),
      /augmentation .*"mean":\[0,0\]/,
    ],
    [
      'train',
      () => ({ train: tinyDataset(12, 9) }),
      /train tiny, 12 images, [0-9a-f]{16}\), got one of a run with augmentation .*, train tiny, 12 images, [0-9a-f]{16}\./,
    ],
    [
      'validation',
      () => ({ validation: undefined }),
      /validation none\), got one of a run with validation tiny, 6 images/,
    ],
    [
      'teacher',
      () => ({ teacher: tinyNetwork(5) }),
      /teacher [0-9a-f]+\), got one of a run with teacher [0-9a-f]+/,
    ],
    [
      'students',
      () => ({ students: [tinyNetwork(2, { width: 3 })] }),
      /students [0-9a-f]+\), got one of a run with students [0-9a-f]+/,
    ],
    [
      'layers: another dropout, with weights of the same names and shapes',
      () => ({ students: [tinyNetwork(2, { width: 2, dropout: 0.5, momentum: 0.6 })] }),
      /this run \(layers [0-9a-f]{16}\), got one of a run with layers [0-9a-f]{16}\./,
    ],
    [
      'two things',
      () => ({ seed: 2, epochs: 5 }),
      /\(seed 2, epochs 5\), got one of a run with seed 1, epochs 4/,
    ],
  ])('is refused, naming what differs: %s', async (_, change, message) => {
    const error = await caught(() => goOn(change()));
    expect(error.code).toBe('checkpoint');
    expect(error.where).toBe('memory, checkpoint phase-00-epoch-00001-step-0000000');
    expect(error.message).toMatch(message);
  });

  it('is the same without its layers, as earlier versions wrote it', async () => {
    const earlier = memoryStore();
    for (const name of await store.list()) {
      const { tensors, metadata } = decodeSafetensors(await store.read(name), name);
      const layers = /,"layers":"[0-9a-f]{16}"/;
      expect(metadata['snapshot']).toMatch(layers);
      const snapshot = metadata['snapshot']?.replace(layers, '') ?? '';
      await earlier.write(name, await encodeSafetensors(tensors, { ...metadata, snapshot }));
      tf.dispose(tensors);
    }
    const run = distill({ ...smallRun(), callbacks: [checkpoints(earlier)] });
    expect((await run).history).toHaveLength(4);
  });

  it('is the same for other initial weights, which the checkpoint replaces', async () => {
    const student = tinyNetwork(77, { width: 2, dropout: 0.25, momentum: 0.6 });
    await expect(goOn({ students: [createNetwork(student.model)] })).resolves.toBeDefined();
  });

  it('is told by the end of a long fingerprint too', async () => {
    const version = (number: number): Partial<DistillOptions> => ({
      train: { ...tinyDataset(12, 1), fingerprint: `photographs of cats, version ${number}` },
    });
    const own = memoryStore();
    const run = (number: number): Promise<unknown> =>
      distill({ ...smallRun({ epochs: 1 }), ...version(number), callbacks: [checkpoints(own)] });
    await run(1);
    await expect(run(1)).resolves.toBeDefined();
    expect((await caught(() => run(2))).code).toBe('checkpoint');
  });

  it('leaves no tensors when it is refused', async () => {
    const options = { ...smallRun(), seed: 2, callbacks: [checkpoints(store)] };
    const before = tf.memory().numTensors;
    await caught(() => distill(options));
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('a checkpoint of another engine', () => {
  it('is used, with a warning that bytes will differ', async () => {
    await resolveEngine('wasm');
    const result = await distill(smallRun({ callbacks: [checkpoints(store, { everyEpochs: 100 })] }));
    await resolveEngine('cpu');
    expect(result.history).toHaveLength(4);
    expect(result.warnings).toEqual([
      'Resumed from a checkpoint of engine cpu on wasm: bytes will differ from a run on one engine.',
    ]);
  });
});
