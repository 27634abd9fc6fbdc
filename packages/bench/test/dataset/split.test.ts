import { createRandom } from '@distilljs/core';
import { describe, expect, it } from 'vitest';
import { loadDataset, splitValidation, subset, synthetic } from '../../src/dataset/index.js';
import type { RunConfig } from '../../src/config/index.js';
import { loadRunData } from '../../src/run/datasets.js';
import { tinyConfig } from '../run/tiny-bench.js';
import { cifarRecords, refusal, withFolder } from './cifar-fixture.js';

const dataset = synthetic({
  classes: 4,
  superclasses: 2,
  size: 42,
  seed: 3,
  difficulty: 0,
  split: 'train',
  imageSize: 8,
});

/** Images per class. */
function counts(labels: Int32Array): number[] {
  return [0, 1, 2, 3].map((label) => labels.filter((other) => other === label).length);
}

describe('splitValidation', () => {
  it('takes the same share of every class', () => {
    // Classes have 11, 11, 10 and 10 images; a quarter is 2.75, 2.75, 2.5, 2.5 and of all 10.5 → 11. All are cut to
    // 2, and the three that are missing go to the largest remainders: classes 0, 1 and, first of two equal ones, 2.
    const { train, validation } = splitValidation(dataset, 0.25, createRandom(1));
    expect(counts(dataset.labels)).toEqual([11, 11, 10, 10]);
    expect(counts(validation.labels)).toEqual([3, 3, 3, 2]);
    expect(counts(train.labels)).toEqual([8, 8, 7, 8]);
    expect(train.size + validation.size).toBe(42);
  });

  it('gives disjoint parts that make up the whole', () => {
    const { train, validation } = splitValidation(dataset, 0.25, createRandom(1));
    const hash = (part: typeof train, i: number): string => Buffer.from(part.image(i)).toString('base64');
    const all = [train, validation].flatMap((part) => Array.from(part.labels, (_, i) => hash(part, i)));
    expect(new Set(all).size).toBe(42);
  });

  it('depends on the stream alone', () => {
    const once = splitValidation(dataset, 0.25, createRandom(1));
    const again = splitValidation(dataset, 0.25, createRandom(1));
    const other = splitValidation(dataset, 0.25, createRandom(2));
    expect(again.validation.fingerprint).toBe(once.validation.fingerprint);
    expect(other.validation.fingerprint).not.toBe(once.validation.fingerprint);
    expect(once.train.fingerprint).not.toBe(once.validation.fingerprint);
  });

  it('leaves one image of every class in training, with a note', () => {
    // Classes of 1, 1, 1 and 9 images; half of 12 is 6, and only the last class has some to spare.
    const positions = [0, 1, 2, ...Array.from({ length: 9 }, (_, at) => 4 * at + 3)];
    const { train, validation, note } = splitValidation(subset(dataset, positions), 0.5, createRandom(1));
    expect(counts(train.labels)).toEqual([1, 1, 1, 3]);
    expect(counts(validation.labels)).toEqual([0, 0, 0, 6]);
    expect(note).toBe(
      '3 classes have a single image each, which stay in training: validation does not measure them.',
    );
    expect(splitValidation(dataset, 0.25, createRandom(1)).note).toBeUndefined();
    const most = splitValidation(subset(dataset, positions), 0.9, createRandom(1));
    expect(counts(most.train.labels)).toEqual([1, 1, 1, 1]);
    expect(most.note).toMatch(/; validation has 3 fewer images than asked for\.$/);
    expect(refusal(() => splitValidation(subset(dataset, [0, 1, 2, 3]), 0.5, createRandom(1)))).toContain(
      'expected a class of at least two images, so that one can go to validation, got at most one',
    );
  });

  it.each([0, 1, -0.1, Number.NaN, 0.001])('refuses the fraction %d', (fraction) => {
    expect(refusal(() => splitValidation(dataset, fraction, createRandom(1)))).toContain(
      'option: validationFraction',
    );
  });
});

describe('subset', () => {
  it('keeps order, labels, superclasses and pixels together', () => {
    const part = subset(dataset, [7, 0, 3]);
    expect([...part.labels]).toEqual([3, 0, 3]);
    expect([...(part.superclasses ?? [])]).toEqual([1, 0, 1]);
    expect([...part.image(0)]).toEqual([...dataset.image(7)]);
    expect(refusal(() => part.image(3))).toContain('from 0 to 2, got 3');
    expect(refusal(() => subset(dataset, [42]))).toContain('from 0 to 41, got 42');
  });
});

it('a dataset may be an object of a class, with accessors', () => {
  class Own {
    get name(): string {
      return 'own';
    }
    get size(): number {
      return 8;
    }
    get imageShape(): readonly [number, number, number] {
      return [8, 8, 3];
    }
    get classes(): number {
      return 4;
    }
    get labels(): Int32Array {
      return Int32Array.of(0, 1, 2, 3, 0, 1, 2, 3);
    }
    get fingerprint(): string {
      return 'own';
    }
    image(index: number): Uint8Array {
      return new Uint8Array(192).fill(index);
    }
  }
  const { train, validation } = splitValidation(new Own(), 0.5, createRandom(1));
  for (const part of [train, validation])
    expect(part).toMatchObject({ name: 'own', imageShape: [8, 8, 3], classes: 4, size: 4 });
  expect(validation.image(0)).toHaveLength(192);
});

describe('loadDataset', () => {
  it('makes the splits of a synthetic set', async () => {
    const source = {
      name: 'synthetic',
      classes: 4,
      superclasses: 2,
      trainSize: 8,
      testSize: 4,
      difficulty: 0.5,
      imageSize: 8,
      seed: 0,
    } as const;
    const [train, test] = [await loadDataset(source, 'train'), await loadDataset(source, 'test')];
    expect([train.size, test.size]).toEqual([8, 4]);
    expect(await train.image(0)).not.toEqual(await test.image(0));
  });

  it('cuts a CIFAR split to the size asked for', async () => {
    await withFolder({ 'test_batch.bin': cifarRecords([[1], [2], [3]]) }, async (dir) => {
      const labels = async (testSize: number): Promise<ArrayLike<number>> =>
        (await loadDataset({ name: 'cifar10', dir, testSize }, 'test')).labels ?? [];
      expect(Array.from(await labels(2))).toEqual([1, 2]);
      expect(Array.from(await labels(9))).toEqual([1, 2, 3]);
    });
  });
});

it('classes without a training image, or a test image, are told when a run reads its data', async () => {
  const records = (labels: readonly number[]): Buffer => cifarRecords(labels.map((label) => [label]));
  const all = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  const files = {
    'data_batch_1.bin': records([...all.slice(0, 6), ...all.slice(0, 6), ...all.slice(6), ...all.slice(6)]),
    'test_batch.bin': records(all),
    'batches.meta.txt': all.map((label) => `class-${label}\n`).join(''),
  };
  await withFolder(files, async (dir) => {
    const told: string[] = [];
    const read = async (trainSize?: number, testSize?: number): Promise<void> => {
      const dataset = { name: 'cifar10', dir, trainSize, testSize };
      const config = { ...tinyConfig(), dataset, validationFraction: 0.2 } as RunConfig;
      await loadRunData(config, { say: (text) => told.push(text) });
    };
    await read();
    expect(told).toEqual([]);
    await read(undefined, 9);
    expect(told.splice(0)).toEqual([
      'Warning: 1 of 10 classes have no test image (the first is class-9): test accuracies say nothing about them.',
    ]);
    await read(12);
    expect(told).toEqual([
      'Warning: 4 of 10 classes have no training image (the first is class-6): no network learns them, and every test image of theirs counts as wrong.',
    ]);
  });
});
