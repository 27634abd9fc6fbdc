import { at, distill, loadTeacher, resolveEngine, withInput } from '@distilljs/core';
import type { FrozenNetwork, TeacherInput, TeacherOutputs } from '@distilljs/core';
import { tinyDataset, tinyNetwork, weightBytes } from '@distilljs/core/testing';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { caught } from '../caught.js';
import { savedGraph } from './saved-graph.js';

const folder = await mkdtemp(join(tmpdir(), 'distilljs-open-'));
afterAll(() => rm(folder, { recursive: true }));

/** The graph for images of 6×6, and the same for images of any size. */
let fixed: FrozenNetwork;
let open: FrozenNetwork;
beforeAll(async () => {
  await resolveEngine('cpu');
  const place = await savedGraph(folder, false);
  fixed = await loadTeacher(place);
  const file = join(place, 'model.json');
  const sizes = '{"size":"6"},{"size":"6"}';
  await writeFile(file, (await readFile(file, 'utf8')).replace(sizes, sizes.replaceAll('6', '-1')));
  open = await loadTeacher(place);
});

const tap = 'stage1/relu';
const normalization = { mean: [0.5, 0.5], std: [0.25, 0.25] };

it('a graph model of any image size tells taps of the images that a run gives it', () => {
  const shapeFor = (input: TeacherInput, size: number): readonly number[] =>
    withInput(open, input, { imageShape: [size, size, 2], normalization }).tapShape(tap);
  expect(shapeFor({}, 6)).toEqual([6, 6, 4]);
  expect(shapeFor({}, 9)).toEqual([9, 9, 4]);
  expect(shapeFor({ imageSize: [4, 5] }, 9)).toEqual([4, 5, 4]);
  expect(shapeFor({ normalization: { mean: [0, 0], std: [1, 1] } }, 9)).toEqual([9, 9, 4]);
  expect(withInput(fixed, {}, { imageShape: [6, 6, 2], normalization })).toBe(fixed);
});

/** The student's weights after a run that compares maps. */
async function taughtBy(teacher: FrozenNetwork, teacherOutputs: TeacherOutputs): Promise<Uint8Array> {
  const student = tinyNetwork(1, { width: 2 });
  const result = await distill({
    ...{ teacher, teacherOutputs, students: [student], train: tinyDataset(12, 1) },
    ...{ method: at({ studentTaps: ['stage1'], teacherTaps: [tap] }), epochs: 2, batchSize: 6, seed: 1 },
  });
  const bytes = weightBytes(student);
  result.dispose();
  student.dispose();
  return bytes;
}

it.each<TeacherOutputs>([{ kind: 'live' }, { kind: 'cached', views: 1 }])(
  'it teaches as the same graph of a fixed size does, with %o',
  async (outputs) => {
    expect(await taughtBy(open, outputs)).toEqual(await taughtBy(fixed, outputs));
  },
);

it('a teacher with taps of other shapes than it tells is not cached', async () => {
  const wrong = { ...fixed, tapShape: () => [3, 3, 4] };
  const error = await caught(() => taughtBy(wrong, { kind: 'cached', views: 1 }));
  expect(error.message).toContain("outputs of teacher 'teacher': expected shape [6, 39], got [6, 147]");
});
