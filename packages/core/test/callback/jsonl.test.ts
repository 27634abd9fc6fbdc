import { checkpoints, distill, jsonl, memoryStore, resolveEngine } from '@distilljs/core';
import type { EpochReport } from '@distilljs/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { smallRun } from '../checkpoint/small-run.js';

const folder = await mkdtemp(join(tmpdir(), 'distilljs-jsonl-'));
afterAll(() => rm(folder, { recursive: true }));
beforeAll(async () => {
  await resolveEngine('cpu');
});

const linesOf = async (file: string): Promise<EpochReport[]> =>
  (await readFile(file, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as EpochReport);

it('writes each epoch as a line, into a folder that it makes', async () => {
  const file = join(folder, 'a', 'b', 'metrics.jsonl');
  const result = await distill(smallRun({ callbacks: [jsonl(file)] }));
  expect(await linesOf(file)).toEqual(result.history);
  expect(Object.keys(result.history[0] ?? {})).toEqual([
    'phase',
    'epoch',
    'globalEpoch',
    'steps',
    'learningRate',
    'terms',
    'trainAccuracy',
    'validation',
    'seconds',
  ]);
  result.dispose();
});

it('has each line once after a resume, also those that no checkpoint held', async () => {
  const file = join(folder, 'resumed.jsonl');
  const store = memoryStore();
  const callbacks = [checkpoints(store, { everyEpochs: 2 }), jsonl(file)];
  const kill = {
    name: 'kill',
    epoch: ({ globalEpoch }: EpochReport) => {
      if (globalEpoch === 2) throw new Error('killed');
    },
  };
  await expect(distill(smallRun({ callbacks: [...callbacks, kill] }))).rejects.toThrow('killed');
  expect((await linesOf(file)).map(({ globalEpoch }) => globalEpoch)).toEqual([0, 1, 2]);
  const result = await distill(smallRun({ callbacks }));
  expect(await linesOf(file)).toEqual(result.history);
  expect(result.history.map(({ globalEpoch }) => globalEpoch)).toEqual([0, 1, 2, 3]);
  result.dispose();
});

it('starts the file over for a run that starts over', async () => {
  const file = join(folder, 'twice.jsonl');
  for (let run = 0; run < 2; run++)
    (await distill(smallRun({ epochs: 2, callbacks: [jsonl(file)] }))).dispose();
  expect(await linesOf(file)).toHaveLength(2);
});
