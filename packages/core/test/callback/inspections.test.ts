import * as tf from '@tensorflow/tfjs-core';
import { crossEntropy, defineMethod, distill, inspections, jsonl, kd, resolveEngine } from '@distilljs/core';
import type { InspectedExhibit, Inspection, Method, RunControl } from '@distilljs/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { smallRun } from '../checkpoint/small-run.js';
import { epochOf, runControl } from './run-control.js';

const folder = await mkdtemp(join(tmpdir(), 'distilljs-inspections-'));
afterAll(() => rm(folder, { recursive: true }));
beforeAll(async () => {
  await resolveEngine('cpu');
});

const seeing = defineMethod({
  name: 'seeing',
  defaults: {},
  check: {},
  reads: () => ({ student: [] }),
  loss: (step) => ({ ce: { value: crossEntropy(step.oneHot, step.student.logits), weight: 1 } }),
  inspect: (step) => ({
    scores: {
      title: 'Scores',
      values: tf.softmax(step.student.logits),
      rows: { title: 'image', labels: step.labels },
      columns: { title: 'class', labels: ['a', 'b', 'c'] },
    },
    twice: {
      title: 'Two panels',
      values: tf.stack([step.student.logits, step.student.logits]) as tf.Tensor3D,
      rows: { title: 'image' },
      columns: { title: 'class' },
      panels: ['left', 'right'],
    },
  }),
});

const linesOf = async (file: string): Promise<Inspection[]> =>
  (await readFile(file, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Inspection);

it('shows the first, the middle and the last epoch, with the weights that stand then', async () => {
  const file = join(folder, 'new', 'inspections.jsonl');
  const given = smallRun({ method: seeing(), callbacks: [inspections(file)] });
  const result = await distill(given);
  const lines = await linesOf(file);
  expect(lines.map(({ phase, epoch, globalEpoch }) => [phase, epoch, globalEpoch])).toEqual([
    ['train', 0, 0],
    ['train', 1, 1],
    ['train', 3, 3],
  ]);
  const [scores, twice] = lines[2]?.exhibits ?? [];
  expect(scores).toMatchObject({ name: 'scores', title: 'Scores', columns: { labels: ['a', 'b', 'c'] } });
  expect(scores?.rows.labels).toEqual([...(scores?.rows.labels ?? [])].sort());
  expect(new Set(scores?.rows.labels).size).toBe(3);
  expect(twice?.panels.map(({ name }) => name)).toEqual(['left', 'right']);
  expect(twice?.panels[0]?.values).toEqual(twice?.panels[1]?.values);
  for (const row of scores?.panels[0]?.values ?? [])
    expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 4);
  expect(lines[0]?.exhibits[0]?.panels).not.toEqual(scores?.panels);
  result.dispose();
});

it('does not affect the training, and leaks no tensor', async () => {
  const weightsWith = async (callbacks: ReturnType<typeof inspections>[]): Promise<[number[], number]> => {
    const given = smallRun({ method: seeing(), callbacks });
    const before = tf.memory().numTensors;
    const result = await distill(given);
    result.dispose();
    const [student] = result.students;
    return [
      Object.values(student?.variables ?? {}).flatMap((variable) => Array.from(variable.dataSync())),
      tf.memory().numTensors - before,
    ];
  };
  const [plain, plainTensors] = await weightsWith([]);
  const [inspected, inspectedTensors] = await weightsWith([inspections(join(folder, 'same.jsonl'))]);
  expect(inspected).toEqual(plain);
  expect(inspectedTensors).toBe(plainTensors);
});

it('leaves no tensor where a technique cannot show anything', async () => {
  const blind: Method['plan'] = async (context) => {
    const { phases, ...plan } = await kd().plan(context);
    const inspect = (): never => {
      throw new Error('too dark');
    };
    return { ...plan, phases: phases.map((phase) => ({ ...phase, inspect })) };
  };
  const callbacks = [inspections(join(folder, 'blind.jsonl'))];
  const given = smallRun({ method: { ...kd(), plan: blind }, callbacks });
  const before = tf.memory().numTensors;
  await expect(distill(given)).rejects.toThrow("callback 'inspections', epoch: expected a hook");
  expect(tf.memory().numTensors).toBe(before);
});

it('can be asked for at the end of a run too', async () => {
  const seen: (readonly InspectedExhibit[])[] = [];
  const callback = { name: 'last look', end: async (run: RunControl) => void seen.push(await run.inspect()) };
  (await distill(smallRun({ method: seeing(), callbacks: [callback] }))).dispose();
  expect(seen.map((exhibits) => exhibits.map(({ name }) => name))).toEqual([['scores', 'twice']]);
});

it('keeps the lines before a resume, and those alone', async () => {
  const file = join(folder, 'kept.jsonl');
  const seen = (globalEpoch: number): string =>
    JSON.stringify({ phase: 'train', epoch: globalEpoch, globalEpoch, exhibits: [] });
  await writeFile(file, `${seen(0)}\n${seen(1)}\n${seen(2)}\n`);
  await writeFile(`${file}.unfinished`, `${seen(0)}\n{"phase":`);
  await inspections(file).start?.(runControl({ history: [epochOf(0, []), epochOf(1, [])] }));
  expect((await linesOf(file)).map(({ globalEpoch }) => globalEpoch)).toEqual([0, 1]);
});

it('skips incomplete lines, as a damaged disk leaves them', async () => {
  const file = join(folder, 'damaged.jsonl');
  const line = JSON.stringify({ phase: 'train', epoch: 0, globalEpoch: 0, exhibits: [] });
  await writeFile(file, `null\n${line}\n{"phase":"train","globalEp`);
  await inspections(file).start?.(runControl({ history: [epochOf(0, []), epochOf(1, [])] }));
  expect((await linesOf(file)).map(({ globalEpoch }) => globalEpoch)).toEqual([0]);
});

it('leaves no file where a technique shows nothing', async () => {
  const file = join(folder, 'nothing.jsonl');
  (await distill(smallRun({ method: kd(), callbacks: [inspections(file)] }))).dispose();
  expect(existsSync(file)).toBe(false);
});

it.each([
  ['inspections', inspections],
  ['jsonl', jsonl],
])('%s takes a file whose first line a crash cut short for its own', async (_, callback) => {
  const file = join(folder, 'cut.jsonl');
  await writeFile(file, '{"pha');
  await callback(file).start?.(runControl({ history: [] }));
  expect(await readFile(file, 'utf8').catch(() => '')).toBe('');
});
