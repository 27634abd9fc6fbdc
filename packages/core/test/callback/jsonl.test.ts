import { checkpoints, distill, inspections, jsonl, memoryStore, resolveEngine } from '@distilljs/core';
import type { Callback, DistillError, EpochReport } from '@distilljs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { caught } from '../caught.js';
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

describe('leaves alone', () => {
  it.each([
    ['jsonl', jsonl],
    ['inspections', inspections],
  ])('a file of something else: %s', async (name, callback) => {
    const file = join(folder, `${name}.notes`);
    await writeFile(file, 'my notes\n');
    const run = smallRun({ epochs: 1, callbacks: [callback(pathToFileURL(file))] });
    await expect(distill(run)).rejects.toThrow(
      `${file}: expected a new file, or one of an earlier run, got a file of another kind.`,
    );
    expect(await readFile(file, 'utf8')).toBe('my notes\n');
  });

  it.each([
    ['~/run/metrics.jsonl', /got '~\/run\/metrics.jsonl', whose ~ only a shell reads/],
    ['https://host/metrics.jsonl', /That is a URL/],
    ['a\0b', /no null characters/],
    ['', /expected a path, got ""/],
  ])('what is no path: %j', (path, message) => {
    expect(() => jsonl(path)).toThrow(message);
    if (path !== '') expect(() => checkpoints(path)).toThrow(message);
  });
});

it('a callback that throws is named, system errors too, and every callback still gets the end of the run', async () => {
  const ended: string[] = [];
  const ending = (name: string): Callback => ({
    name,
    end: () => {
      ended.push(name);
      throw new Error('end');
    },
  });
  const throwing = (error: unknown): Callback => ({
    name: 'mine',
    epoch: () => {
      throw error as Error;
    },
  });
  const failing = async (...callbacks: Callback[]): Promise<DistillError> =>
    caught(() => distill(smallRun({ epochs: 1, callbacks })));
  const thrown = new TypeError('no such thing');
  const error = await failing(ending('a'), throwing(thrown), ending('b'));
  expect(error.message).toBe(
    "callback 'mine', epoch: expected a hook that does not throw, got no such thing.",
  );
  expect(error.cause).toBe(thrown);
  expect(ended).toEqual(['a', 'b']);
  expect((await failing(throwing(undefined))).message).toMatch(/got nothing\.$/);
  const system = await failing(jsonl(folder));
  expect(system).toMatchObject({ code: 'platform', where: "callback 'jsonl', start" });
  expect(system.message).toMatch(/got EISDIR.* Check the path, its permissions and the space on the disk\.$/);
});
