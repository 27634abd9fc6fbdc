import { execFileSync } from 'node:child_process';
import { symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Dataset } from '@distilljs/core';
import { afterEach, describe, expect, it } from 'vitest';
import { imageFacts, imageFolder } from '../../src/dataset/index.js';
import type { FolderOptions } from '../../src/dataset/index.js';
import { imageTree, png, refusalOf } from './image-files.js';

const RED = png(20, 10, [200, 10, 20]);
const GREEN = png(10, 20, [10, 200, 20]);

let tree: ReturnType<typeof imageTree> | undefined;
afterEach(() => {
  tree?.remove();
  tree = undefined;
});
const withTree = (files: Parameters<typeof imageTree>[0]): ReturnType<typeof imageTree> =>
  (tree = imageTree(files));

async function load(
  { dir, cacheDir }: { readonly dir: string; readonly cacheDir: string },
  options: Partial<FolderOptions> = {},
): Promise<{ train: Dataset; validation: Dataset | undefined; test: Dataset; notes: readonly string[] }> {
  const { splits, notes = [] } = await imageFolder({ dir, cacheDir, imageSize: 8, ...options });
  const { train, validation, test } = splits;
  return { train: train as Dataset, validation, test: test as Dataset, notes };
}
const firstPixel = async (dataset: Dataset, index: number): Promise<number[]> => [
  ...(await dataset.image(index)).slice(0, 3),
];
const labelsOf = ({ labels }: { readonly labels?: Int32Array | undefined }): number[] => [...(labels ?? [])];
const many = (name: string, image: Buffer, count: number): Record<string, Buffer> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`${name}/${at}.png`, image]));

describe('a folder of class folders', () => {
  it('is split by seed, every class alike', async () => {
    const place = withTree({ ...many('red', RED, 10), ...many('green', GREEN, 5) });
    const { train, test, validation } = await load(place);
    expect(train).toMatchObject({
      name: 'folder',
      classes: 2,
      classNames: ['green', 'red'],
      imageShape: [8, 8, 3],
    });
    // A fifth of 5 and of 10 images.
    expect([train.size, test.size, validation]).toEqual([12, 3, undefined]);
    expect(labelsOf(test)).toEqual([0, 1, 1]);
    expect(await firstPixel(train, 0)).toEqual([10, 200, 20]);
    expect(await firstPixel(test, 2)).toEqual([200, 10, 20]);
    const again = await load(place);
    expect(imageFacts(again.test)?.paths).toEqual(imageFacts(test)?.paths);
    const other = await load(place, { splitSeed: 5, testFraction: 0.4 });
    expect([other.train.size, other.test.size]).toEqual([9, 6]);
    const fewer = await load(place, { trainSize: 6, testSize: 2 });
    expect([labelsOf(fewer.train), fewer.test.size]).toEqual([[0, 0, 1, 1, 1, 1], 2]);
  });

  it('takes image files alone, in any spelling, Unicode names and folders inside a class', async () => {
    const place = withTree({
      'Ärger/Übung 1.PNG': RED,
      'Ärger/mehr/tief/ß.png': RED,
      'zoo/a.JPEG': GREEN,
      'zoo/b.png': GREEN,
      'zoo/.DS_Store': 'x',
      'zoo/._a.png': 'x',
      'zoo/Thumbs.db': 'x',
      'zoo/notes.txt': 'x',
      '__MACOSX/zoo/a.png': 'x',
      // Smaller copies of the images, as network drives keep them: they would be in training and test at once.
      'zoo/@eaDir/b.png/SYNOPHOTO_THUMB_M.png': GREEN,
      '@eaDir/zoo.png': GREEN,
      '#recycle/old.png': RED,
      '$RECYCLE.BIN/S-1-5/a.png': RED,
      'System Volume Information/a.png': RED,
      'lost+found/#12.png': RED,
      '.git/a.png': 'x',
      'readme.md': 'x',
    });
    const { train, test } = await load(place);
    // Bytes of UTF-8: z is 7a, Ä begins with c3.
    expect(train.classNames).toEqual(['zoo', 'Ärger']);
    expect(train.size + test.size).toBe(4);
  });

  it('says what to do where no image can go to the test', async () => {
    const place = withTree({ 'a/1.png': RED, 'b/1.png': GREEN });
    expect(await refusalOf(load(place))).toBe(
      'dataset.testFraction: expected a class of at least two images, so that one can go to the test, got at most one image in each of 2 classes. Add images: one of each class has to stay in training.',
    );
  });

  it('says which images belong to no class', async () => {
    const place = withTree({ ...many('a', RED, 2), ...many('b', GREEN, 2), 'loose.png': RED });
    expect((await load(place)).notes).toEqual([
      '1 image beside the class folders belong to no class and are left out.',
    ]);
  });
});

describe('train, val and test folders', () => {
  const files = { 'Train/a/1.png': RED, 'Train/b/1.png': GREEN, 'test/a/1.png': RED, 'test/b/1.png': GREEN };

  it('are the splits', async () => {
    const place = withTree({
      ...files,
      'valid/a/1.png': RED,
      'valid/b/1.png': GREEN,
      'valid/b/2.png': GREEN,
    });
    const { train, validation, test, notes } = await load(place);
    expect([train.size, validation?.size, test.size]).toEqual([2, 3, 2]);
    expect(notes).toEqual([]);
    expect(imageFacts(test)?.paths[0]).toBe(join(place.dir, 'test/a/1.png'));
  });

  it('without test, validation is the test, with a note', async () => {
    const place = withTree({
      'train/a/1.png': RED,
      'train/b/1.png': GREEN,
      'val/a/1.png': RED,
      'val/b/1.png': GREEN,
    });
    const { validation, test, notes } = await load(place);
    expect([validation, test.size]).toEqual([undefined, 2]);
    expect(notes[0]).toContain('There is no test folder: the images of val are the test');
  });

  it.each([
    ['train', 'dev', 2],
    ['train', 'eval', 2],
    ['Train_Set', 'test_set', 2],
    ['train2017', 'val2017', 2],
  ])('may have other usual names: %s and %s', async (train, test, size) => {
    const place = withTree({
      [`${train}/a/1.png`]: RED,
      [`${train}/b/1.png`]: GREEN,
      [`${test}/a/1.png`]: RED,
      [`${test}/b/1.png`]: GREEN,
    });
    const found = await load(place);
    expect([found.train.classNames, found.test.size]).toEqual([['a', 'b'], size]);
    expect(imageFacts(found.test)?.paths[0]).toBe(join(place.dir, test, 'a/1.png'));
  });

  it.each([
    ['train', 'holdout'],
    ['train', 'val.bak'],
    ['images', 'masks'],
    ['test', 'validation'],
  ])('are no classes under names that are none of splits: %s and %s', async (one, other) => {
    const files = [one, other].flatMap((part) => ['a', 'b'].map((name) => [`${part}/${name}/1.png`, RED]));
    const message = await refusalOf(load(withTree(Object.fromEntries(files) as Record<string, Buffer>)));
    expect(message).toMatch(/expected one folder of images per class, got /);
    expect(message).toMatch(/: a, b\. Are these splits\? Name them train, val and test|the names of splits/);
  });

  it('are no classes where one lacks a class, or where images lie in them without classes', async () => {
    const place = withTree({ 'train/a/1.png': RED, 'train/b/1.png': RED, 'more/c/1.png': RED });
    expect(await refusalOf(load(place))).toContain('got folders in train: a, b. Are these splits?');
    const flat = withTree({ 'train/a.png': RED, 'test/b.png': RED });
    expect(await refusalOf(load(flat))).toContain('got test, train, the names of splits. Put the images');
    place.remove();
  });

  it('may hold classes with folders of their own in them', async () => {
    const place = withTree({ 'a/images/1.png': RED, 'a/images/2.png': RED, 'b/images/1.png': RED, 'b/images/2.png': RED }); // prettier-ignore
    expect((await load(place)).train.classNames).toEqual(['a', 'b']);
  });

  it('say which images belong to no class, and which classes have almost one name', async () => {
    const parts = ['train', 'test'].flatMap((part) => ['Cat', 'cat', '01', '1'].map((name) => [`${part}/${name}/1.png`, RED] as const)); // prettier-ignore
    const place = withTree({ ...Object.fromEntries(parts), 'train/loose.png': RED });
    const { notes } = await load(place);
    expect(notes[0]).toMatch(/^1 image beside the class folders/);
    expect(notes[1]).toMatch(/only in upper and lower case .*separate classes: 01 and 1, Cat and cat\. /);
  });

  it('a class may be called train', async () => {
    const place = withTree({ ...many('train', RED, 2), ...many('bus', GREEN, 2) });
    expect((await load(place)).train.classNames).toEqual(['bus', 'train']);
  });

  it('must have the same classes; one error lists all that differ', async () => {
    const place = withTree({ ...files, 'test/c/1.png': RED, 'Train/d/1.png': RED, 'Train/e/notes.txt': 'x' });
    expect(await refusalOf(load(place))).toContain(
      'expected images of each of the 5 classes in Train, test, got Train has none of c, e; test has none of d, e',
    );
  });

  it('are the only folders', async () => {
    const place = withTree({ ...files, 'extra/a/1.png': RED });
    expect(await refusalOf(load(place))).toContain(
      'expected the folders Train, test and no others, got also extra',
    );
  });
});

describe('what is wrong with a folder is one error', () => {
  it('classes without images', async () => {
    const place = withTree({ ...many('a', RED, 2), 'b/notes.txt': 'x', 'c/.DS_Store': 'x' });
    expect(await refusalOf(load(place))).toContain(
      'expected images of each of the 3 classes, got none of b, c',
    );
  });

  it('no folder, a file, one class, images without a folder', async () => {
    const place = withTree({
      'inner/a/1.png': RED,
      'inner/b/1.png': RED,
      'archive.zip': 'x',
      'flat/1.png': RED,
    });
    const at = (name: string): Promise<string> => refusalOf(load({ ...place, dir: join(place.dir, name) }));
    expect(await at('nowhere')).toContain('got no such folder');
    expect(await at('archive.zip')).toContain('got a file. That is a file: unpack it');
    expect(await at('archive.zip/images')).toContain('got no such folder');
    expect(await at('flat')).toContain(
      'expected folders of at least two classes, got 1 images and no folder',
    );
    const outer = withTree({ 'inner/a/1.png': RED, 'inner/b/1.png': RED });
    expect(await refusalOf(load(outer))).toContain(
      `got one folder, inner. Is ${join(outer.dir, 'inner')} meant?`,
    );
    place.remove();
  });

  it('damaged files, each with its reason; or they are left out', async () => {
    const place = withTree({
      ...many('a', RED, 4),
      ...many('b', GREEN, 4),
      'a/cut.png': RED.subarray(0, 60),
      'b/empty.jpg': '',
      'b/page.jpg': '<!DOCTYPE html>',
    });
    symlinkSync(join(place.dir, 'gone.png'), join(place.dir, 'a/link.png'));
    symlinkSync(join(place.dir, 'a/circle.png'), join(place.dir, 'a/circle.png'));
    execFileSync('mkfifo', [join(place.dir, 'b/pipe.jpg')]);
    const message = await refusalOf(load(place));
    expect(message).toContain('6 damaged files among 14');
    for (const part of [
      'a/cut.png (PNG: ',
      'a/link.png (no such file)',
      'a/circle.png (a link in a circle)',
      'b/empty.jpg (an empty file)',
      'b/page.jpg (a web page)',
      'b/pipe.jpg (a named pipe)',
      'onDamaged: skip',
    ])
      expect(message).toContain(part);
    const { train, test, notes } = await load(place, { onDamaged: 'skip' });
    expect(train.size + test.size).toBe(8);
    expect(notes[0]).toContain('6 damaged files left out: a/circle.png (a link in a circle)');
  });

  it('a link that leads nowhere, where a class may be meant', async () => {
    for (const target of ['gone', 'b/class']) {
      const place = withTree({ ...many('a', RED, 4), ...many('b', GREEN, 4) });
      symlinkSync(join(place.dir, target), join(place.dir, 'b/class'));
      expect(await refusalOf(load(place, { onDamaged: 'skip' }))).toMatch(
        /b.class: expected a link to a folder of images, got one that leads nowhere\. Mend or remove the link/,
      );
    }
  });

  it('lists ten of many damaged files', async () => {
    const place = withTree({ ...many('a', RED, 2), ...many('b', Buffer.alloc(9), 30) });
    expect(await refusalOf(load(place))).toMatch(
      /30 damaged files among 32.*b\/0\.png \(9 bytes of 0\).* and 20 more\./,
    );
    expect(await refusalOf(load(place, { onDamaged: 'skip' }))).toMatch(
      /expected train images of every class, got no image of b\. Damaged files were left out: b\/0\.png/,
    );
  });

  it('a link that leads back to all classes brings no image of another class', async () => {
    const place = withTree({ ...many('a', RED, 2), ...many('b', GREEN, 2) });
    symlinkSync(place.dir, join(place.dir, 'a/back'));
    const { train, test } = await load(place);
    expect(train.size + test.size).toBe(4);
    expect([...(train.labels ?? []), ...(test.labels ?? [])].sort()).toEqual([0, 0, 1, 1]);
    unlinkSync(join(place.dir, 'a/back'));
  });
});
