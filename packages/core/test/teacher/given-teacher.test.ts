import * as tf from '@tensorflow/tfjs-core';
import {
  askTeacher,
  augmentation,
  channelStatistics,
  checkpoints,
  distill,
  freeze,
  kd,
  memoryStore,
  resolveEngine,
} from '@distilljs/core';
import type { DistillOptions, TeacherRows } from '@distilljs/core';
import { tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import { describe, expect, it } from 'vitest';
import { defineMethod } from '../../src/index.js';
import { outcomeOf, smallRun } from '../checkpoint/small-run.js';

await resolveEngine('cpu');
const train = tinyDataset(12, 1);
const teacher = freeze(tinyNetwork(1, { width: 2 }));
/** One that cannot be reached any more. */
const gone = {
  ...teacher,
  forward: () => {
    throw new Error('asked');
  },
};

/** What the teacher says of each training image, with the tap that is asked for. */
async function rowsOf(tap?: string): Promise<TeacherRows> {
  const { mean, std } = channelStatistics(train);
  const pixels = Array.from({ length: train.size }, (_, at) => [...(train.image(at) as Uint8Array)]).flat();
  const [, , channels] = train.imageShape;
  const values = pixels.map(
    (pixel, at) => (pixel / 255 - (mean[at % channels] ?? 0)) / (std[at % channels] ?? 1),
  );
  const images = tf.tensor4d(values, [train.size, ...train.imageShape]);
  const output = await askTeacher(teacher, images, tap === undefined ? [] : [tap]);
  const rows = {
    logits: await output.logits.data<'float32'>(),
    ...(tap !== undefined && { taps: { [tap]: await output.tap(tap).data<'float32'>() } }),
  };
  output.dispose();
  return rows;
}

const embedded = defineMethod({
  name: 'embedded',
  defaults: {},
  check: {},
  reads: () => ({ student: ['pool'], teacher: ['pool'] }),
  loss: ({ student, teacher: known }) => ({
    pool: { value: tf.losses.meanSquaredError(known.tap('pool'), student.tap('pool')), weight: 1 },
  }),
});

const lossOf = async (change: Partial<DistillOptions>): Promise<number[]> => {
  const { history } = outcomeOf(
    await distill(smallRun({ train, augmentation: augmentation({}), ...change })),
  ) as {
    history: { terms: Record<string, { value: number }> }[];
  };
  return history.flatMap(({ terms }) => Object.values(terms).map(({ value }) => value));
};

describe('outputs of a teacher that were computed before', () => {
  it('teach as the teacher does, and it is not asked', async () => {
    const live = await lossOf({ teacher });
    const given = await lossOf({ teacher: gone, teacherOutputs: { kind: 'given', rows: await rowsOf() } });
    expect(given).toHaveLength(live.length);
    given.forEach((value, at) => {
      expect(value).toBeCloseTo(live[at] ?? NaN, 4);
    });
  });

  it('have the taps that a method reads', async () => {
    const method = embedded();
    const live = await lossOf({ teacher, method });
    const rows = await rowsOf('pool');
    const given = await lossOf({ teacher: gone, method, teacherOutputs: { kind: 'given', rows } });
    expect(live.some((value) => value > 0)).toBe(true);
    given.forEach((value, at) => {
      expect(value).toBeCloseTo(live[at] ?? NaN, 4);
    });
    const without: TeacherRows = { logits: rows.logits };
    await expect(
      lossOf({ teacher: gone, method, teacherOutputs: { kind: 'given', rows: without } }),
    ).rejects.toThrow(/rows of the tap 'pool', which the method reads, got logits alone/);
  });

  it('are put into the order of the classes in the data, as those of the teacher', async () => {
    const names = ['x', 'y', 'z'];
    const data = { ...train, classNames: names };
    const others = { ...teacher, classNames: ['z', 'y', 'x'] };
    const live = await lossOf({ teacher: others, train: data });
    const { logits } = await rowsOf();
    const given = await lossOf({
      ...{ teacher: { ...gone, classNames: others.classNames }, train: data },
      teacherOutputs: { kind: 'given', rows: { logits } },
    });
    const unnamed = await lossOf({ teacher: gone, teacherOutputs: { kind: 'given', rows: { logits } } });
    given.forEach((value, at) => {
      expect(value).toBeCloseTo(live[at] ?? NaN, 4);
    });
    expect(given[0]).not.toBeCloseTo(unnamed[0] ?? NaN, 3);
  });

  it('may be probabilities where the teacher says so, or their logarithms', async () => {
    const live = await lossOf({ teacher });
    const { logits } = await rowsOf();
    const p = tf.softmax(tf.tensor2d(logits, [train.size, teacher.classes]));
    const said = { ...gone, logitsFrom: 'softmax' as const };
    for (const rows of [p, tf.log(p)]) {
      const values = await rows.data<'float32'>();
      const given = await lossOf({
        teacher: said,
        teacherOutputs: { kind: 'given', rows: { logits: values } },
      });
      given.forEach((value, at) => {
        expect(value).toBeCloseTo(live[at] ?? NaN, 4);
      });
    }
  });

  it('that look like probabilities are warned of, once and before training', async () => {
    const { logits } = await rowsOf();
    const p = await tf.softmax(tf.tensor2d(logits, [train.size, teacher.classes])).data<'float32'>();
    const some = p.filter((_, at) => at % teacher.classes < 2);
    const names = { teacher: { ...gone, classNames: ['x', 'y', 'z'] } };
    const two = { ...tinyDataset(12, 1, 2), classNames: ['x', 'y'] };
    for (const change of [
      { teacher: gone, teacherOutputs: { kind: 'given', rows: { logits: p } } },
      { ...names, train: two, teacherOutputs: { kind: 'given', rows: { logits: some } } },
    ] as const) {
      const isTwo = 'train' in change;
      const result = await distill({
        ...smallRun({ train, ...change, validation: undefined }),
        students: [tinyNetwork(2, { width: 2, momentum: 0.6, ...(isTwo && { classes: 2 }) })],
      });
      expect(result.warnings).toEqual([
        expect.stringMatching(/rows\.logits look like probabilities.*logitsFrom: 'softmax'.*teacherFrom/),
      ]);
      result.dispose();
    }
  });

  it('are part of what a run is, with the order of their classes', async () => {
    const { logits } = await rowsOf();
    const store = memoryStore();
    const run = (names: readonly string[]): Promise<number[]> =>
      lossOf({
        ...{ teacher: { ...gone, classNames: names }, train: { ...train, classNames: ['x', 'y', 'z'] } },
        ...{ callbacks: [checkpoints(store)], teacherOutputs: { kind: 'given', rows: { logits } } },
      });
    await run(['x', 'y', 'z']);
    await expect(run(['z', 'y', 'x'])).rejects.toThrow(/a checkpoint of this run \(teacher given rows/);
  });

  it('are part of what a run is: other ones do not continue it', async () => {
    const { logits } = await rowsOf();
    const store = memoryStore();
    const run = (rows: Float32Array): Promise<number[]> =>
      lossOf({
        ...{ teacher: gone, callbacks: [checkpoints(store)] },
        teacherOutputs: { kind: 'given', rows: { logits: rows } },
      });
    await run(logits);
    await expect(run(logits.map((value) => value + 1))).rejects.toThrow(
      /a checkpoint of this run \(teacher given rows/,
    );
  });

  it('are one row per image, under kind given alone', async () => {
    const { logits } = await rowsOf();
    const refused = (teacherOutputs: DistillOptions['teacherOutputs']) =>
      expect(lossOf({ teacher, method: kd(), teacherOutputs })).rejects;
    await refused({ kind: 'given', rows: { logits: logits.slice(3) } }).toMatchObject({
      code: 'shape',
      got: `${logits.length - 3} numbers`,
    });
    const broken = Float32Array.from(logits, (value, at) => (at === 4 ? NaN : value));
    await refused({ kind: 'given', rows: { logits: broken } }).toThrow(
      /rows, logits: expected finite numbers, got NaN at position 4/,
    );
    const plain = { logits, taps: { pool: [1, 2, 3] as unknown as Float32Array } };
    await refused({ kind: 'given', rows: plain }).toThrow(/logits: Float32Array, taps/);
    await refused({ kind: 'given' }).toThrow(/teacherOutputs\.rows.*a row per training image/s);
    await refused({ kind: 'live', rows: { logits } }).toThrow(/no rows with kind 'live'/);
  });
});
