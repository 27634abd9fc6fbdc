import { describe, expect, it } from 'vitest';
import { loadParquet, parquetItems } from '../../src/dataset/parquet.js';
import type { ParquetItems } from '../../src/dataset/parquet.js';
import { classesOf, labelsOf, labelTexts } from '../../src/dataset/parquet-file/labels.js';
import type { Labels } from '../../src/dataset/parquet-file/labels.js';
import type { Shard } from '../../src/dataset/parquet-file/shard.js';
import { fixture, inFolder, refusalOf } from './array-fixture.js';

const parquet = (name: string): Buffer => fixture(`parquet/${name}.parquet`);
const KINDS = { 'train.parquet': parquet('label-kinds') };
const read = (dir: string, labelColumn?: string): Promise<ParquetItems> =>
  parquetItems({ dir, labelColumn }, ['train', 'test']);
const labels = ({ items }: ParquetItems): readonly number[] => (items.train ?? []).map(({ label }) => label);

describe('labels in Parquet', () => {
  it.each([
    ['lists', 'got lists, such as [1]. Save one class per image: of one-hot rows, the place of the 1.'],
    ['one_hot', 'got lists, such as [0, 1]. Save one class per image'],
    ['structures', 'got structures with the fields id. Save the field that says the class'],
    ['byte_strings', 'got byte strings. Save the names as texts'],
    ['dates', 'got dates. Name the column of the labels in dataset.labelColumn.'],
  ])('of another kind are refused: %s', async (column, message) => {
    expect(await refusalOf(KINDS, (dir) => read(dir, column))).toContain(
      `DIR/train.parquet, column '${column}': expected labels that are numbers or texts, one per image, ${message}`,
    );
  });

  it('that count from 1 are refused with what to do', async () => {
    expect(await refusalOf(KINDS, (dir) => read(dir, 'from_one'))).toContain(
      "column 'from_one': expected training images of each class, got labels from 1 to 2. Do the labels count from 1? Subtract 1 from all of them, or save them as texts.",
    );
    await inFolder(KINDS, async (dir) => {
      expect((await read(dir, 'gap')).classNames).toEqual(['0', '1', '2', '3']);
      const loaded = loadParquet({ dir, labelColumn: 'gap', imageSize: 8, cacheDir: `${dir}/cache` });
      await expect(loaded).rejects.toThrow('expected train images of every class, got no image of 1, 2.');
    });
    const named = { 'train.parquet': parquet('label-names') };
    expect(await refusalOf(named, read)).toContain(
      'expected labels from 0 to 1, got 2 for image 1. Do the labels count from 1? Subtract 1 from all of them',
    );
  });

  it('are one class in every spelling of blanks and accents; an empty text is no label', async () => {
    await inFolder(KINDS, async (dir) => {
      const blanks = await read(dir, 'blanks');
      expect([blanks.classNames, labels(blanks)]).toEqual([['ape', 'cat'], [1, 0, 1, 0]]); // prettier-ignore
      const accents = await read(dir, 'accents');
      expect([accents.classNames, labels(accents)]).toEqual([['Ape', 'ape', 'café'], [2, 1, 2, 0]]); // prettier-ignore
      expect(accents.notes?.[0]).toContain('separate classes: Ape and ape.');
      expect((await read(dir, 'whole')).classNames).toEqual(['0', '1']);
    });
    expect(await refusalOf(KINDS, (dir) => read(dir, 'empty'))).toContain(
      'got -1 for image 2. Images without labels (−1)',
    );
  });

  it('that are NaN are none', () => {
    const shard = { path: 'train.parquet', features: {} } as Shard;
    const labels = labelTexts(shard, 'label', [1, NaN, 0n, true]);
    expect(labels.values).toEqual([1, undefined, 0, 1]);
    expect(() => labelsOf(labels, classesOf([{ labels }]))).toThrow(
      'expected labels from 0 to 1, got -1 for image 1. Images without labels',
    );
  });

  it('of the test are of the same kind: numbers are no places in an order of names', async () => {
    const files = { 'train.parquet': parquet('texts'), 'test.parquet': parquet('gzip') };
    expect(await refusalOf(files, read)).toContain(
      "test.parquet, column 'label': expected classes that the training images have, as texts, got the number 2.",
    );
  });

  it('are the same classes where a file lists their names in another order', () => {
    const shard = { path: 'train.parquet', features: {} } as Shard;
    const of = (values: readonly unknown[], described?: readonly string[]): Labels => ({
      ...labelTexts({ ...shard, path: 'test.parquet' }, 'label', values),
      described,
    });
    const classes = classesOf([{ labels: of([0, 1, 2], ['ape', 'bee', 'cat']) }]);
    expect([...labelsOf(of([1, 0, 2], ['cat', 'ape', ' bee']), classes)]).toEqual([0, 2, 1]);
    // A split without apes, numbered by itself.
    expect([...labelsOf(of([0, 1], ['bee', 'cat']), classes)]).toEqual([1, 2]);
    expect([...labelsOf(of([2, 0]), classes)]).toEqual([2, 0]);
    expect(() => labelsOf(of([0], ['dog', 'ape']), classes)).toThrow(
      "test.parquet, column 'label': expected classes that the training images have, got 'dog'",
    );
    const texts = classesOf([{ labels: of(['bee', 'ape']) }]);
    expect([...labelsOf(of([0, 1], ['bee', 'ape']), texts)]).toEqual([1, 0]);
    const numbers = classesOf([{ labels: of([0, 1]) }]);
    expect([...labelsOf(of([0, 1], ['bee', 'ape']), numbers)]).toEqual([0, 1]);
    const twice = ['crane', 'crane'];
    expect([...labelsOf(of([0, 1], twice), classesOf([{ labels: of([0, 1], twice) }]))]).toEqual([0, 1]);
  });

  it('are read beside a column without values that LZ4 has compressed', async () => {
    await inFolder({ 'train.parquet': parquet('lz4') }, async (dir) => {
      const found = await read(dir);
      expect(labels(found)).toEqual([0, 1, 0, 1]);
      expect(await found.items.train?.[3]?.source?.read()).toBeInstanceOf(Uint8Array);
    });
  });
});
