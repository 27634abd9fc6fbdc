import * as tf from '@tensorflow/tfjs-core';
import { createNetwork, distill, freeze, kd, resolveEngine, student } from '@distilljs/core';
import type { DistillOptions } from '@distilljs/core';
import { tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { caught } from '../caught.js';
import { chain, conv, through } from '../network/small-models.js';

beforeAll(async () => {
  await resolveEngine('cpu');
});

const options = (change: Partial<DistillOptions> = {}): DistillOptions => ({
  students: [tinyNetwork(2)],
  method: student(),
  train: tinyDataset(8, 1),
  epochs: 1,
  batchSize: 4,
  seed: 1,
  ...change,
});

describe('distill refuses', () => {
  it.each<[string, () => Partial<DistillOptions>, string, string]>([
    ['no student', () => ({ students: [] }), 'option', 'students: expected at least one network, got none.'],
    [
      'no network',
      () => ({ students: [7 as never] }),
      'option',
      'students[0]: expected a network (createNetwork) or a tfjs LayersModel, got 7.',
    ],
    [
      'one network twice',
      () => {
        const network = tinyNetwork(2);
        return { students: [tinyNetwork(1), network, network] };
      },
      'option',
      "students[2] 'tiny4': expected a network of its own, got the model of students[1]. Build one model per student.",
    ],
    [
      'one model in two networks',
      () => {
        const { model } = tinyNetwork(2);
        return { students: [createNetwork(model), model] };
      },
      'option',
      "students[1] 'tiny4': expected a network of its own, got the model of students[0].",
    ],
    [
      'no whole epochs',
      () => ({ epochs: 0.5 }),
      'option',
      'epochs: expected a whole number, at least 1, got 0.5.',
    ],
    [
      'an empty batch',
      () => ({ batchSize: 0 }),
      'option',
      'batchSize: expected a whole number, at least 1, got 0.',
    ],
    [
      'a batch larger than the data',
      () => ({ batchSize: 9 }),
      'option',
      'batchSize: expected a whole number from 1 to the number of training images (8), got 9.',
    ],
    ['a seed that is none', () => ({ seed: NaN }), 'option', 'seed: expected a whole number, got NaN.'],
    [
      'another number of classes',
      () => ({ students: [tinyNetwork(2, { classes: 4 })] }),
      'shape',
      "students[0] 'tiny4': expected 3 logits, one per class of dataset 'tiny', got 4.",
    ],
    [
      'a teacher of other classes',
      () => ({ teacher: tinyNetwork(1, { classes: 5 }) }),
      'shape',
      "teacher 'tiny4': expected 3 logits, one per class of dataset 'tiny', got 5.",
    ],
    [
      'other validation data',
      () => ({ validation: tinyDataset(8, 1, 4) }),
      'shape',
      'validation: expected [6, 6, 2], 3 classes, got [6, 6, 2], 4 classes.',
    ],
    [
      'a method of another contract',
      () => ({ method: { ...student(), spec: 'v2' as 'v1' } }),
      'contract',
      "method 'student': expected a method of contract v1, got contract v2. Update the older of the two packages",
    ],
    [
      'too few means',
      () => ({ normalization: { mean: [0.5], std: [0.5, 0.5] } }),
      'option',
      'normalization.mean: expected one finite number per channel (2), got [0.5].',
    ],
    [
      'a deviation of 0',
      () => ({ normalization: { mean: [0.5, 0.5], std: [0.5, 0] } }),
      'option',
      'normalization.std: expected one number above 0 per channel (2), got [0.5, 0].',
    ],
  ])('%s', async (_, change, code, message) => {
    const error = await caught(() => distill(options(change())));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  it('a method that reads a teacher when there is none', async () => {
    const error = await caught(() => distill(options({ method: kd() })));
    expect(error.message).toBe("method 'kd': expected a teacher, got none. Pass `teacher` to distill().");
  });
});

describe('distill takes', () => {
  it('bare models, and a teacher that is frozen already', async () => {
    const frozen = freeze(tinyNetwork(1));
    const model = chain('bare', through(conv('conv', 2)));
    const result = await distill(options({ students: [model], teacher: frozen, method: kd() }));
    expect(result.student.model).toBe(model);
    expect(result.history).toHaveLength(1);
    result.dispose();
    // Whoever froze it frees it.
    expect(tf.tidy(() => frozen.forward(tf.zeros([1, 6, 6, 2])).logits.shape)).toEqual([1, 3]);
    frozen.dispose();
  });

  it('normalization as it is given, and tells the one that it took', async () => {
    const normalization = { mean: [0.5, 0.4], std: [0.2, 0.3] };
    expect((await distill(options({ normalization }))).normalization).toEqual(normalization);
    expect((await distill(options())).normalization.mean[0]).toBeGreaterThan(0.3);
  });
});

describe('a network belongs to one run at a time', () => {
  /** Gives its images later, so that runs are under way together. */
  const slow = (): DistillOptions['train'] => {
    const data = tinyDataset(8, 1);
    return {
      ...data,
      image: async (index) => {
        await new Promise((resolve) => setImmediate(resolve));
        return data.image(index);
      },
    };
  };
  const together = async (...runs: DistillOptions[]): Promise<string[]> => {
    const ends = await Promise.allSettled(runs.map((run) => distill(run)));
    return ends.map((end) => (end.status === 'fulfilled' ? 'done' : String(end.reason)));
  };

  it('as student, or as student of one and teacher of another', async () => {
    const shared = tinyNetwork(2);
    const train = slow();
    const trains = options({ students: [shared], train });
    const [first, second] = await together(trains, trains);
    expect(first).toBe('done');
    expect(second).toMatch(
      /students\[0\] 'tiny\d+': expected a network that no other run uses meanwhile, got one that a run under way trains\. Wait for that run/,
    );
    const reads = options({ teacher: shared, method: kd(), train });
    expect((await together(trains, reads))[1]).toMatch(/teacher .*got one that a run under way trains/);
    expect((await together(reads, trains))[1]).toMatch(/students.*got the teacher of a run under way/);
  });

  it('but may teach several, and learn again afterwards', async () => {
    const teacher = tinyNetwork(1);
    const reads = (): DistillOptions => options({ teacher, method: kd(), train: slow() });
    expect(await together(reads(), reads())).toEqual(['done', 'done']);
    expect(await together(options({ students: [teacher], train: slow() }))).toEqual(['done']);
  });
});
