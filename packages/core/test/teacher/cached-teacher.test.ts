import * as tf from '@tensorflow/tfjs-core';
import { defineMethod, distill, freeze, kd, resolveEngine } from '@distilljs/core';
import type { DistillOptions, FrozenNetwork, TeacherOutputs } from '@distilljs/core';
import { testEngines, tinyNetwork } from '@distilljs/core/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { mkdtemp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import os, { tmpdir } from 'node:os';
import { join } from 'node:path';
import { outcomeOf, smallRun } from '../checkpoint/small-run.js';

const root = await mkdtemp(join(tmpdir(), 'distilljs-teacher-'));
afterAll(() => rm(root, { recursive: true }));

/** A method that reads a feature map of the teacher besides its logits. */
const imitation = defineMethod({
  name: 'imitation',
  defaults: {},
  check: {},
  reads: () => ({ student: ['stage1'], teacher: ['stage1'] }),
  loss: ({ student, teacher }) => ({
    logits: { value: tf.losses.meanSquaredError(teacher.logits, student.logits), weight: 1 },
    map: { value: tf.losses.meanSquaredError(teacher.tap('stage1'), student.tap('stage1')), weight: 1 },
  }),
});

/** The same, of which the teacher's map is seen as its mean per channel alone. */
const meansOf = defineMethod({
  name: 'means',
  defaults: {},
  check: {},
  reads: () => ({
    student: ['stage1'],
    teacher: ['stage1'],
    condense: {
      shapes: { 'mean of stage1': [2] },
      of: (output) => ({ 'mean of stage1': tf.mean(output.tap('stage1'), [1, 2]) }),
    },
  }),
  loss: ({ student, teacher }) => ({
    logits: { value: tf.losses.meanSquaredError(teacher.logits, student.logits), weight: 1 },
    means: {
      value: tf.losses.meanSquaredError(
        teacher.tap('mean of stage1'),
        tf.mean(student.tap('stage1'), [1, 2]),
      ),
      weight: 1,
    },
  }),
});

interface Counted extends FrozenNetwork {
  /** Images that it has seen. */
  readonly seen: { images: number };
}

function countedTeacher(seed = 1): Counted {
  const teacher = freeze(tinyNetwork(seed, { width: 2 }));
  const seen = { images: 0 };
  return {
    ...teacher,
    seen,
    forward(images, taps) {
      seen.images += images.shape[0];
      return teacher.forward(images, taps);
    },
  };
}

async function run(
  teacherOutputs: TeacherOutputs,
  teacher = countedTeacher(),
  change: Partial<DistillOptions> = {},
): Promise<{ outcome: Record<string, unknown>; images: number; warnings: readonly string[] }> {
  const seenBefore = teacher.seen.images;
  const result = await distill(smallRun({ teacher, method: imitation(), teacherOutputs, ...change }));
  const { warnings } = result;
  return { outcome: outcomeOf(result), images: teacher.seen.images - seenBefore, warnings };
}

/** The one file of rows per view that a folder holds. */
const rowsIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder))
    .filter((file) => file.endsWith('.f32'))
    .sort()
    .map((file) => join(folder, file));

describe.each((await testEngines()).filter(({ name }) => name !== 'node'))(
  'on $name',
  ({ name, skipped }) => {
    beforeAll(async () => {
      if (skipped === undefined) await resolveEngine(name);
    });

    it.skipIf(skipped !== undefined)(
      'gives what the live teacher gives, to the last bit, and asks once per image and view',
      async () => {
        const live = await run({ kind: 'live', views: 2 });
        const inMemory = await run({ kind: 'cached', views: 2 });
        const folder = join(root, `same-${name}`);
        const onDisk = await run({ kind: 'cached', views: 2, folder });
        expect(live.images).toBe(4 * 12);
        expect(inMemory).toEqual({ ...live, images: 2 * 12 });
        expect(onDisk).toEqual(inMemory);
        const again = await run({ kind: 'cached', views: 2, folder });
        expect(again).toEqual({ ...live, images: 0 });
      },
    );
  },
);

describe('cached outputs', () => {
  beforeAll(async () => {
    await resolveEngine('cpu');
  });

  it('are those that a method makes of the taps, in place of the taps', async () => {
    const of = { method: meansOf() };
    const live = await run({ kind: 'live', views: 2 }, countedTeacher(), of);
    const folder = join(root, 'condensed');
    const cached = await run({ kind: 'cached', views: 2, folder }, countedTeacher(), of);
    expect(cached).toEqual({ ...live, images: 2 * 12 });
    const [file = ''] = await rowsIn(folder);
    // A digest, then logits and means: tinyNetwork has 3 classes, and stage1 is 2 wide.
    expect((await readFile(file)).length).toBe(12 * (8 + 4 * (3 + 2)));
    // A teacher that answers by promise is condensed before the step.
    const teacher = countedTeacher();
    const byPromise: Counted = {
      ...teacher,
      ask: async (images, taps = []) => {
        await Promise.resolve();
        const output = teacher.forward(images, taps);
        return {
          ...output,
          dispose() {
            tf.dispose([output.logits, ...taps.map((tap) => output.tap(tap))]);
          },
        };
      },
    };
    expect((await run({ kind: 'live', views: 2 }, byPromise, of)).outcome).toEqual(live.outcome);
  });

  it('differ between views: V augmentations of an image, and no more', async () => {
    const one = await run({ kind: 'live', views: 1 });
    const two = await run({ kind: 'live', views: 2 });
    const endless = await run({ kind: 'live' });
    expect(one.outcome).not.toEqual(two.outcome);
    expect(endless.outcome).not.toEqual(two.outcome);
  });

  it('with kind auto, are kept where memory allows; otherwise the teacher runs at every step, and a warning says so', async () => {
    const cached = await run({ kind: 'cached', views: 2 });
    expect(await run({ kind: 'auto', views: 2 })).toEqual(cached);
    const memory = vi.spyOn(os, 'totalmem').mockReturnValue(4096);
    const many = await run({ kind: 'auto', views: 2 });
    memory.mockRestore();
    expect(many.images).toBe(4 * 12);
    expect(many.warnings.join(' ')).toMatch(/runs at every step: its outputs would take .* GiB of memory/);
  });

  it('are recognized as damaged, row by row, and computed again with a warning', async () => {
    const folder = join(root, 'damaged');
    const sound = await run({ kind: 'cached', views: 1, folder });
    const [file = ''] = await rowsIn(folder);
    const bytes = await readFile(file);
    const rowSize = bytes.length / 12;
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    bytes[7 * rowSize + 3] = (bytes[7 * rowSize + 3] ?? 0) ^ 128;
    await writeFile(file, bytes);
    const mended = await run({ kind: 'cached', views: 1, folder });
    expect(mended.outcome).toEqual(sound.outcome);
    expect(mended.images).toBe(2);
    expect(mended.warnings.join(' ')).toMatch(/damaged: they are computed again/);
    expect(await run({ kind: 'cached', views: 1, folder })).toEqual({ ...sound, images: 0 });
  });

  it('are recognized as damaged where two rows are swapped, or come from another view', async () => {
    const folder = join(root, 'swapped');
    const sound = await run({ kind: 'cached', views: 2, folder });
    const [first = '', second = ''] = await rowsIn(folder);
    const bytes = await readFile(first);
    const rowSize = bytes.length / 12;
    const rowAt = (from: Buffer, index: number): Buffer =>
      Buffer.from(from.subarray(index * rowSize, (index + 1) * rowSize));
    const [third, ninth] = [rowAt(bytes, 3), rowAt(bytes, 9)];
    ninth.copy(bytes, 3 * rowSize);
    third.copy(bytes, 9 * rowSize);
    rowAt(await readFile(second), 5).copy(bytes, 5 * rowSize);
    await writeFile(first, bytes);
    const mended = await run({ kind: 'cached', views: 2, folder });
    expect(mended.images).toBe(3);
    expect(mended.outcome).toEqual(sound.outcome);
  });

  it('end where a crash cut the file', async () => {
    const folder = join(root, 'cut');
    const sound = await run({ kind: 'cached', views: 1, folder });
    const [file = ''] = await rowsIn(folder);
    const size = (await readFile(file)).length;
    await truncate(file, Math.floor(size * (9.5 / 12)));
    const mended = await run({ kind: 'cached', views: 1, folder });
    expect(mended.outcome).toEqual(sound.outcome);
    expect(mended.images).toBe(3);
  });

  it('are stale for another teacher of the same name, and say so', async () => {
    const folder = join(root, 'stale');
    const teacherNamed = (seed: number): Counted => ({ ...countedTeacher(seed), name: 'teacher' });
    await run({ kind: 'cached', views: 1, folder }, teacherNamed(1));
    const other = await run({ kind: 'cached', views: 1, folder }, teacherNamed(5));
    const live = await run({ kind: 'live', views: 1 }, teacherNamed(5));
    expect(other.outcome).toEqual(live.outcome);
    expect(other.images).toBe(12);
    expect(other.warnings.join(' ')).toMatch(/stale \(other teacher\): they are computed again/);
    expect(await rowsIn(folder)).toHaveLength(1);
  });

  it('are stored separately for other taps and other seeds', async () => {
    const folder = join(root, 'apart');
    await run({ kind: 'cached', views: 1, folder });
    const byLogits = await run({ kind: 'cached', views: 1, folder }, countedTeacher(), { method: kd() });
    const bySeed = await run({ kind: 'cached', views: 1, folder }, countedTeacher(), { seed: 2 });
    expect([byLogits.images, bySeed.images]).toEqual([12, 12]);
    expect([...byLogits.warnings, ...bySeed.warnings]).toEqual([]);
    expect(await rowsIn(folder)).toHaveLength(3);
  });

  it('leave no tensor behind', async () => {
    const teacher = countedTeacher();
    await run({ kind: 'cached', views: 2 }, teacher);
    const before = tf.memory().numTensors;
    await run({ kind: 'live', views: 2 }, teacher);
    const live = tf.memory().numTensors - before;
    await run({ kind: 'cached', views: 2 }, teacher);
    expect(tf.memory().numTensors - before - live).toBe(live);
  });

  it.each([
    [{ kind: 'cached' }, /teacherOutputs\.views: expected a whole number, at least 1, got nothing/],
    [{ kind: 'live', views: 0 }, /teacherOutputs\.views: expected a whole number, at least 1, got 0/],
    [{ kind: 'live', folder: 'x' }, /teacherOutputs\.folder: expected no folder with kind 'live'/],
    [
      { kind: 'stored' },
      /teacherOutputs\.kind: expected one of "live", "cached", "auto", "given", got "stored"/,
    ],
    [{ kind: 'live', view: 2 }, /got 'view'.*views/],
  ])('refuse %o', async (teacherOutputs, message) => {
    await expect(distill(smallRun({ teacherOutputs: teacherOutputs as TeacherOutputs }))).rejects.toThrow(
      message,
    );
  });

  it('refuse a folder that does not exist', async () => {
    const file = join(root, 'a-file');
    await writeFile(file, '');
    await expect(run({ kind: 'cached', views: 1, folder: file })).rejects.toThrow(
      /teacherOutputs\.folder: expected a folder that can be written, got '.*a-file' \(E/,
    );
  });
});
