import * as tf from '@tensorflow/tfjs-core';
import { checkpoints, directoryStore, distill, memoryStore } from '@distilljs/core';
import type { Callback, CheckpointStore, DistillResult } from '@distilljs/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeOn, REPRODUCIBLE } from '../on-engines.js';
import { outcomeOf, smallRun, STEPS, undisturbed } from './small-run.js';

const folder = await mkdtemp(join(tmpdir(), 'distilljs-resume-'));
afterAll(() => rm(folder, { recursive: true }));

/** Ends the program, as far as the run can tell, once this many steps are done. */
const killAfter = (steps: number, when: 'step' | 'epoch'): Callback => ({
  name: 'kill',
  [when]: (_: unknown, { done }: { readonly done: number }) => {
    if (done === steps) throw new Error('killed');
  },
});

async function killed(callbacks: readonly Callback[]): Promise<void> {
  await expect(distill(smallRun({ callbacks }))).rejects.toThrow('killed');
}

const resumed = (store: CheckpointStore): Promise<DistillResult> =>
  distill(smallRun({ callbacks: [checkpoints(store)] }));

/** Leaves half of the file behind and dies, when this many checkpoints are written. */
function dyingStore(place: string, writes: number): CheckpointStore {
  const store = directoryStore(place);
  let written = 0;
  return {
    ...store,
    async write(name, bytes) {
      if (written++ < writes) return store.write(name, bytes);
      await mkdir(place, { recursive: true });
      await writeFile(join(place, `${name}.unfinished`), bytes.subarray(0, bytes.length / 2));
      throw new Error('killed');
    },
  };
}

describeOn(REPRODUCIBLE, 'a run that goes on from a checkpoint', (engine) => {
  let whole: Record<string, unknown>;
  beforeAll(async () => {
    whole = await undisturbed();
  });

  it('gives the same bytes twice without any checkpoint', async () => {
    expect(await undisturbed()).toEqual(whole);
  });

  it.each<[string, number, 'step' | 'epoch', object]>([
    ['after two of four epochs', STEPS / 2, 'epoch', {}],
    ['in the middle of an epoch, from the epoch before', STEPS / 2 + 1, 'step', {}],
    ['in the middle of an epoch, from the step before', STEPS / 2 + 2, 'step', { everySteps: 1 }],
    ['at the last step', STEPS, 'step', { everySteps: 1 }],
    ['after the last epoch', STEPS, 'epoch', {}],
    ['before the first checkpoint', 2, 'step', {}],
  ])('gives the bytes of one that never stopped: killed %s', async (_, steps, when, options) => {
    const store = memoryStore();
    await killed([checkpoints(store, options), killAfter(steps, when)]);
    const result = await resumed(store);
    expect(result.warnings).toEqual([]);
    expect(outcomeOf(result)).toEqual(whole);
  });

  it('and again after several kills', async () => {
    const store = memoryStore();
    for (const steps of [2, 5, 7])
      await killed([checkpoints(store, { everySteps: 1 }), killAfter(steps, 'step')]);
    expect(outcomeOf(await resumed(store))).toEqual(whole);
  });

  it('and also where every epoch is judged by settled statistics, which an older checkpoint was not', async () => {
    const store = memoryStore();
    const settled = { settleStatistics: true };
    const callbacks = [checkpoints(store), killAfter(STEPS / 2, 'epoch')];
    await expect(distill(smallRun({ ...settled, callbacks }))).rejects.toThrow('killed');
    await expect(resumed(store)).rejects.toThrow(/validation .*, settled/);
    const result = await distill(smallRun({ ...settled, callbacks: [checkpoints(store)] }));
    const outcome = outcomeOf(result);
    expect(outcome).toEqual(await undisturbed(settled));
    expect(outcome).not.toEqual(whole);
  });

  it('and also when the kill hits the writing of a checkpoint, which it reports', async () => {
    const place = join(folder, `${engine}-write`);
    await killed([checkpoints(dyingStore(place, 2))]);
    expect((await readdir(place)).sort()).toEqual([
      'phase-00-epoch-00001-step-0000000.safetensors',
      'phase-00-epoch-00002-step-0000000.safetensors',
      'phase-00-epoch-00003-step-0000000.unfinished',
    ]);
    const result = await resumed(directoryStore(place));
    expect(result.warnings).toEqual([
      `Checkpoint skipped: ${place}, checkpoint phase-00-epoch-00003-step-0000000: it was not written to its end.`,
    ]);
    expect(outcomeOf(result)).toEqual(whole);
    // Nothing of it stays.
    expect((await readdir(place)).filter((file) => file.endsWith('.unfinished'))).toEqual([]);
  });

  it('and from the start when the first write was hit', async () => {
    const place = join(folder, `${engine}-first`);
    await killed([checkpoints(dyingStore(place, 0))]);
    expect(outcomeOf(await resumed(directoryStore(place)))).toEqual(whole);
  });

  it('leaks nothing on the way', async () => {
    const store = memoryStore();
    const run = smallRun();
    const before = tf.memory().numTensors;
    await expect(distill({ ...run, callbacks: [checkpoints(store), killAfter(7, 'step')] })).rejects.toThrow(
      'killed',
    );
    expect(tf.memory().numTensors).toBe(before);
    const result = await distill({ ...run, callbacks: [checkpoints(store)] });
    result.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
