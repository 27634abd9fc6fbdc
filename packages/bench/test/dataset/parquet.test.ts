import { describe, expect, it } from 'vitest';
import { PNG } from 'pngjs';
import type { Split } from '../../src/dataset/format.js';
import { parquetItems } from '../../src/dataset/parquet.js';
import type { ParquetItems, ParquetSource } from '../../src/dataset/parquet.js';
import { FIXTURE_LABELS, fixture, inFolder, refusalOf } from './array-fixture.js';

const parquet = (name: string): Buffer => fixture(`parquet/${name}.parquet`);
const TRAIN = {
  'data/train-00000-of-00002.parquet': parquet('train-00000-of-00002'),
  'data/train-00001-of-00002.parquet': parquet('train-00001-of-00002'),
};
const read = (
  dir: string,
  options: Partial<ParquetSource> = {},
  wanted: readonly Split[] = ['train', 'test'],
): Promise<ParquetItems> => parquetItems({ dir, ...options }, wanted);

/** The red of an image's pixels: 20 times its number. */
async function red(items: ParquetItems, split: Split, at: number): Promise<number | undefined> {
  const image = PNG.sync.read(Buffer.from((await items.items[split]?.[at]?.source?.read()) ?? []));
  expect([image.width, image.height]).toEqual([8, 10]);
  return image.data[0];
}

describe('Parquet', () => {
  it('reads shards in order, with class names of the hub', async () => {
    await inFolder({ ...TRAIN, 'data/test-00000-of-00001.parquet': parquet('zstd') }, async (dir) => {
      const found = await read(dir);
      expect(found.classNames).toEqual(['ape', 'bee', 'cat']);
      expect(found.items.train?.map(({ label }) => label)).toEqual(FIXTURE_LABELS);
      expect(found.items.test?.map(({ label }) => label)).toEqual([2, 0]);
      // By several at a time, in no order.
      const reds = await Promise.all([5, 0, 3, 1, 4, 2].map((at) => red(found, 'train', at)));
      expect(reds).toEqual([100, 0, 60, 20, 80, 40]);
      expect(await red(found, 'test', 1)).toBe(80);
      const stamps = new Set(found.items.train?.map(({ path, source }) => `${path} ${source?.stamp ?? ''}`));
      expect(stamps.size).toBe(6);
    });
  });

  it('takes fine and coarse labels, and folders per split', async () => {
    const files = {
      'cifar100/train/0000.parquet': parquet('fine'),
      'cifar100/test/0000.parquet': parquet('fine'),
    };
    await inFolder(files, async (dir) => {
      const found = await read(dir);
      expect(found.items.test?.map(({ label, superclass }) => [label, superclass])).toEqual(
        FIXTURE_LABELS.map((label, at) => [label, [0, 1, 1, 0, 1, 1][at]]),
      );
      expect(await red(found, 'test', 2)).toBe(40);
    });
  });

  it('takes texts as labels, images without a path, and other columns by name', async () => {
    await inFolder({ 'train.parquet': parquet('texts') }, async (dir) => {
      const found = await read(dir);
      expect(found.classNames).toEqual(['ape', 'bee', 'cat']);
      expect(found.items.train?.map(({ label }) => label)).toEqual([1, 0, 2]);
      expect(await red(found, 'train', 1)).toBe(20);
      const groups = await read(dir, { superclassColumn: 'label' });
      expect(groups.items.train?.map(({ superclass }) => superclass)).toEqual([1, 0, 2]);
    });
    await inFolder({ 'mine.parquet': parquet('bytes') }, async (dir) => {
      const found = await read(`${dir}/mine.parquet`, { imageColumn: 'jpg', labelColumn: 'cls' });
      expect(found.classNames).toEqual(['0', '1', '2']);
      expect(await red(found, 'train', 2)).toBe(40);
    });
  });

  it('keeps the images of each column apart in the cache', async () => {
    await inFolder({ 'train.parquet': parquet('fine') }, async (dir) => {
      // Which column is read of does not matter here: the images are read later.
      const stampOf = async (imageColumn: string): Promise<string | undefined> =>
        (await read(dir, { imageColumn })).items.train?.[0]?.source?.stamp;
      expect(await stampOf('img')).toBe(await stampOf('img'));
      expect(await stampOf('img')).not.toBe(await stampOf('coarse_label'));
    });
  });

  it('leaves out files that begin with a dot, as macOS puts beside others', async () => {
    const files = {
      'train.parquet': parquet('fine'),
      '._train.parquet': Buffer.from('0005160700020000', 'hex'),
    };
    await inFolder(files, async (dir) => {
      expect((await read(dir)).items.train).toHaveLength(6);
    });
  });

  it('takes validation images for the test where there are no others, or where it is told to', async () => {
    await inFolder({ ...TRAIN, 'data/validation-00000-of-00001.parquet': parquet('gzip') }, async (dir) => {
      const found = await read(dir);
      expect(found.items.test).toHaveLength(2);
      expect(found.notes).toEqual(['There are no test images: the validation images are used for the test.']);
    });
    const both = {
      ...TRAIN,
      'data/validation-00000-of-00001.parquet': parquet('gzip'),
      'data/test-00000-of-00001.parquet': parquet('unlabelled'),
    };
    expect(await refusalOf(both, read)).toContain(
      "DIR/data/test-00000-of-00001.parquet, column 'label': expected labels from 0 to 2, got -1 for image 0. Images without labels (−1), as in the test parts of contests: use a part that has labels, e.g. dataset.testSplit: validation.",
    );
    await inFolder(both, async (dir) => {
      expect((await read(dir, { testSplit: 'validation' })).items.test).toHaveLength(2);
    });
  });

  it('says what is missing', async () => {
    expect(await refusalOf({ 'a.txt': '' }, read)).toContain(
      'expected Parquet files (train-00000-of-00001.parquet, …), got a.txt',
    );
    const [name] = Object.keys(TRAIN) as [keyof typeof TRAIN];
    expect(await refusalOf({ [name]: TRAIN[name] }, read)).toBe(
      'DIR: expected 2 train files, as their names say, got 1; 1 missing. Copy or download the others.',
    );
    const versions = { 'a/train/0.parquet': parquet('fine'), 'b/train/0.parquet': parquet('fine') };
    expect(await refusalOf(versions, read)).toContain(
      'The folder has several versions of the set: name one of these folders.',
    );
    expect(
      await refusalOf({ 'train.parquet': parquet('fine') }, (dir) => read(dir, { labelColumn: 'kind' })),
    ).toBe(
      "DIR/train.parquet: expected a column 'kind', got the columns img, fine_label, coarse_label. Name it in dataset.labelColumn.",
    );
  });

  it('refuses rows without the image itself', async () => {
    const message = await refusalOf({ 'train.parquet': parquet('paths') }, async (dir) => {
      await (await read(dir)).items.train?.[0]?.source?.read();
    });
    expect(message).toContain(
      'DIR/train.parquet, row 0: expected the bytes of an image file, got a path alone, 0.png.',
    );
  });

  it('names a damaged file', async () => {
    const whole = parquet('fine');
    expect(await refusalOf({ 'train.parquet': Buffer.from('<html>') }, read)).toContain(
      'expected a Parquet file (PAR1)',
    );
    expect(await refusalOf({ 'train.parquet': Buffer.alloc(0) }, read)).toContain(
      'expected a Parquet file (PAR1)',
    );
    expect(await refusalOf({ 'train.parquet': whole.subarray(0, 900) }, read)).toContain(
      'DIR/train.parquet: expected a Parquet file that can be read, got',
    );
    // Any byte of the file: it still reads, or the error is ours.
    for (let at = 0; at < whole.length; at += 13) {
      const flipped = Buffer.from(whole);
      flipped[at] = (flipped[at] ?? 0) ^ 0x55;
      const outcome = refusalOf({ 'train.parquet': flipped }, async (dir) => {
        const { items } = await read(dir);
        for (const { source } of items.train ?? []) await source?.read();
      }).catch((error: unknown) => (error as Error).message);
      expect(await outcome).toMatch(/DIR\/train\.parquet|nothing was thrown/);
    }
  });
});
