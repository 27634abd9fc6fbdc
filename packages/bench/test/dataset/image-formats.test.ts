import { join } from 'node:path';
import { PNG } from 'pngjs';
import { describe, expect, it } from 'vitest';
import { loadIdentitySets } from '../../src/dataset/identities.js';
import { loadSplits } from '../../src/dataset/registry.js';
import type { DatasetSource } from '../../src/dataset/registry.js';
import { fixture, inFolder, refusalOf } from './array-fixture.js';

/** A PNG of one red. */
function png(red: number, [width, height] = [8, 10]): Buffer {
  const image = new PNG({ width, height });
  for (let at = 0; at < image.data.length; at += 4) image.data.set([red, 40, 60, 255], at);
  return PNG.sync.write(image);
}

interface Source {
  readonly name: string;
  readonly testFraction?: number;
}

/** Loads a set from these files, each at 8×8; the first pixel of every image by split, with its label. */
async function reds(
  files: Readonly<Record<string, Buffer | string>>,
  source: Source,
): Promise<Readonly<Record<string, readonly string[]>>> {
  return await inFolder({ ...files, 'cache/x': '' }, async (dir) => {
    const whole = { imageSize: 8, ...source, dir: join(dir, 'set'), cacheDir: join(dir, 'cache') };
    const { splits } = await loadSplits(whole as unknown as DatasetSource, ['train', 'validation', 'test']);
    const found: Record<string, string[]> = {};
    for (const [split, dataset] of Object.entries(splits)) {
      if (dataset === undefined) continue;
      expect(dataset.imageShape).toEqual([8, 8, 3]);
      const lines: string[] = [];
      for (let at = 0; at < dataset.size; at++) {
        const pixels = await Promise.resolve(dataset.image(at));
        expect([pixels[1], pixels[2], pixels.length]).toEqual([40, 60, 192]);
        lines.push(`${pixels[0] ?? NaN} ${dataset.labels?.[at] ?? NaN}`);
      }
      found[split] = lines;
    }
    return found;
  });
}

const files = (entries: readonly (readonly [path: string, red: number])[]): Record<string, Buffer> =>
  Object.fromEntries(entries.map(([path, red]) => [`set/${path}`, png(red)]));
const [TENCH, FISH] = ['n01440764', 'n01443537'] as const;

describe('sets of image files, decoded', () => {
  it('CINIC-10', async () => {
    const names = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];
    const all = ['train', 'valid', 'test'].flatMap((part, p) =>
      names.map((name, label) => [`${part}/${name}/a.png`, 100 * p + label] as const),
    );
    const found = await reds(files(all), { name: 'cinic10' });
    expect(found['train']).toEqual(names.map((_, label) => `${label} ${label}`));
    expect(found['validation']?.[3]).toBe('103 3');
    expect(found['test']?.[9]).toBe('209 9');
  });

  it('Tiny-ImageNet and ImageNet, whose val is the test', async () => {
    const train = [
      [`train/${FISH}/images/a.png`, 10],
      [`train/${TENCH}/images/a.png`, 20],
    ] as const;
    const val = [
      ['val/images/val_0.png', 30],
      ['val/images/val_1.png', 40],
    ] as const;
    const list = { 'set/val/val_annotations.txt': `val_0.png ${FISH}\nval_1.png ${TENCH}\n` };
    for (const name of ['tiny-imagenet', 'imagenet'] as const) {
      const found = await reds({ ...files([...train, ...val]), ...list }, { name });
      expect(found).toEqual({ train: ['20 0', '10 1'], test: ['30 1', '40 0'] });
    }
  });

  it('Parquet, and its own split for the test where the files have none', async () => {
    const train = {
      'set/train-00000-of-00002.parquet': fixture('parquet/train-00000-of-00002.parquet'),
      'set/train-00001-of-00002.parquet': fixture('parquet/train-00001-of-00002.parquet'),
    };
    const whole = await reds(
      { ...train, 'set/test.parquet': fixture('parquet/zstd.parquet') },
      { name: 'parquet' },
    );
    expect(whole).toEqual({
      train: ['0 1', '20 0', '40 2', '60 1', '80 0', '100 2'],
      test: ['100 2', '80 0'],
    });
    const split = await reds(train, { name: 'parquet', testFraction: 0.5 });
    expect([split['train']?.length, split['test']?.length]).toEqual([3, 3]);
    expect([...(split['train'] ?? []), ...(split['test'] ?? [])].sort()).toEqual(
      [...(whole['train'] ?? [])].sort(),
    );
  });

  it('identities, with queries and gallery apart', async () => {
    const people = {
      ...files([
        ['train/0/0_0_01_a.png', 10],
        ['train/1/1_0_02_a.png', 20],
        ['test/0/0_0_01_b.png', 30],
        ['test/0/0_1_02_b.png', 40],
        ['test/1/1_1_03_b.png', 50],
      ]),
      'set/list_train.txt': '0/0_0_01_a.png 0\n1/1_0_02_a.png 1\n',
      'set/list_val.txt': '1/1_0_02_a.png 1\n',
      'set/list_query.txt': '0/0_0_01_b.png 0\n',
      'set/list_gallery.txt': '1/1_1_03_b.png 1\n0/0_1_02_b.png 0\n',
    };
    expect(await reds(people, { name: 'identities' })).toEqual({ train: ['10 0', '20 1'], test: ['20 1'] });
    await inFolder(people, async (dir) => {
      const options = { dir: join(dir, 'set'), imageSize: 8, cacheDir: join(dir, 'cache') };
      const { query, gallery, distractors } = await loadIdentitySets(options);
      expect([...(query?.labels ?? [])]).toEqual([0]);
      expect([...(gallery?.labels ?? []), ...(gallery?.cameras ?? [])]).toEqual([1, 0, 3, 2]);
      expect((await Promise.resolve(gallery?.dataset.image(1)))?.[0]).toBe(40);
      expect(distractors).toBeUndefined();
    });
  });

  it('name a damaged image by its row', async () => {
    const message = await refusalOf({ 'set/train.parquet': fixture('parquet/notes.parquet') }, (dir) =>
      loadSplits({ name: 'parquet', dir: join(dir, 'set'), imageSize: 8, cacheDir: join(dir, 'cache') }, [
        'train',
      ]),
    );
    expect(message).toMatch(/1 damaged file among \d/);
    expect(message).toContain('train.parquet#1');
  });
});
