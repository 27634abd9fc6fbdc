import * as tf from '@tensorflow/tfjs-core';
import {
  checkpoints,
  createRandom,
  decodeSafetensors,
  directoryStore,
  distill,
  encodeSafetensors,
  memoryStore,
  resolveEngine,
  student,
} from '@distilljs/core';
import type { Callback, CheckpointStore } from '@distilljs/core';
import { tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { caught } from '../caught.js';
import { outcomeOf, smallRun, STEPS, undisturbed } from './small-run.js';

const NEWEST = 'phase-00-epoch-00002-step-0000000';
const folder = await mkdtemp(join(tmpdir(), 'distilljs-damage-'));
afterAll(() => rm(folder, { recursive: true }));
let whole: Record<string, unknown>;
let twoEpochs: CheckpointStore;
beforeAll(async () => {
  await resolveEngine('cpu');
  whole = await undisturbed();
  twoEpochs = await stoppedRun();
});

/** Two epochs of four are done. */
async function stoppedRun(): Promise<CheckpointStore> {
  const store = memoryStore();
  const stop: Callback = {
    name: 'stop',
    epoch: (_, run) => {
      if (run.done === STEPS / 2) run.stop('enough');
    },
  };
  (await distill(smallRun({ callbacks: [checkpoints(store), stop] }))).dispose();
  return store;
}

/** The same, with a damage to the file of the second epoch. */
async function damagedRun(damage: (file: Uint8Array) => Uint8Array): Promise<CheckpointStore> {
  const store = memoryStore();
  for (const name of await twoEpochs.list()) {
    const file = await twoEpochs.read(name);
    await store.write(name, name === NEWEST ? damage(file) : file);
  }
  return store;
}

const damages: readonly [string, (file: Uint8Array) => Uint8Array, RegExp][] = [
  ['empty', () => new Uint8Array(), /expected at least 8 bytes, got 0 bytes/],
  [
    'cut within the header',
    (file) => file.slice(0, 200),
    /expected a header of \d+ bytes, got a file of 200 bytes/,
  ],
  ['cut within the data', (file) => file.slice(0, -5), /expected \d+ bytes of tensor data, got \d+/],
  ['longer', (file) => Uint8Array.of(...file, 0), /bytes of tensor data/],
  [
    'a flipped bit in the data',
    (file) => flipped(file, file.length - 3),
    /expected digest [0-9a-f]{64}, got [0-9a-f]{64}/,
  ],
  [
    'another kind of file',
    () => new TextEncoder().encode('{"epoch": 3, "step": 12}'),
    /expected a header of/,
  ],
];

describe('a damaged checkpoint', () => {
  it.each(damages)('is recognized and the one before used: %s', async (_, damage, message) => {
    const store = await damagedRun(damage);
    const result = await distill(smallRun({ callbacks: [checkpoints(store)] }));
    expect(result.warnings).toHaveLength(1);
    expect(result.warnings[0]).toMatch(
      /^Checkpoint skipped: memory, checkpoint phase-00-epoch-00002-step-0000000: expected/,
    );
    expect(result.warnings[0]).toMatch(message);
    expect(outcomeOf(result)).toEqual(whole);
  });

  it('ends the run when it is the only one', async () => {
    const store = await damagedRun((file) => file.slice(0, 200));
    await store.remove('phase-00-epoch-00001-step-0000000');
    const error = await caught(() => distill(smallRun({ callbacks: [checkpoints(store)] })));
    expect(error.code).toBe('checkpoint');
    expect(error.message).toMatch(
      /^memory: expected at least one whole checkpoint, got 1 damaged: .* Start over in another folder, or restore one from a copy\.$/,
    );
  });

  it('does not push out whole ones that are older by name', async () => {
    const store = await damagedRun((file) => file.slice(0, 200));
    const kill = {
      name: 'kill',
      step: (_: unknown, { done }: { done: number }) => {
        if (done === 5) throw new Error('killed');
      },
    };
    const callbacks = [checkpoints(store, { everySteps: 1, keep: 1 }), kill];
    await expect(distill(smallRun({ callbacks }))).rejects.toThrow('killed');
    expect(await store.list()).toEqual(['phase-00-epoch-00001-step-0000002']);
  });
});

describe('every single flipped bit of a file', () => {
  it('is noticed, wherever it is', async () => {
    const tensors = {
      'student0/kernel': tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]),
      steps: tf.scalar(3, 'int32'),
    };
    const file = await encodeSafetensors(tensors, { format: 'test-1', note: 'ä' });
    const before = tf.memory().numTensors;
    for (let at = 0; at < file.length; at++) {
      const error = await caught(() => decodeSafetensors(flipped(file, at, at % 8), 'file'));
      expect(error.code, `byte ${at}`).toBe('checkpoint');
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  it('and so is any cut', async () => {
    const file = await encodeSafetensors({ x: tf.range(0, 5) }, {});
    for (let length = 0; length < file.length; length++) {
      const error = await caught(() => decodeSafetensors(file.subarray(0, length), 'file'));
      expect(error.code, `${length} bytes`).toBe('checkpoint');
    }
  });
});

describe('a file in a folder', () => {
  it('that was damaged on disk is passed over', async () => {
    const options = {
      students: [tinyNetwork(2)],
      method: student(),
      train: tinyDataset(8, 1),
      batchSize: 4,
      seed: 1,
      epochs: 3,
    };
    const run = (): Promise<unknown> => distill({ ...options, callbacks: [checkpoints(folder)] });
    await run();
    const path = join(folder, `phase-00-epoch-00003-step-0000000.safetensors`);
    const bytes = new Uint8Array(await readFile(path));
    const random = createRandom(1);
    await writeFile(path, flipped(bytes, random.integer(bytes.length), random.integer(8)));
    const result = await distill({ ...options, callbacks: [checkpoints(folder)] });
    expect(result.warnings).toHaveLength(1);
    // Written anew, and whole. Its length depends on how long the epochs took.
    tf.dispose(Object.values(decodeSafetensors(await readFile(path), path).tensors));
    expect((await directoryStore(folder).list()).at(-1)).toBe('phase-00-epoch-00003-step-0000000');
  });
});

function flipped(file: Uint8Array, at: number, bit = 0): Uint8Array {
  const copy = file.slice();
  copy[at] = (copy[at] ?? 0) ^ (1 << bit);
  return copy;
}
