import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { main } from '../../src/cli.js';
import { imageTree, png } from '../dataset/image-files.js';

const files = (from: number): Record<string, Buffer> =>
  Object.fromEntries(
    Array.from({ length: 6 }, (_, at) => [
      `${at % 2 === 0 ? 'cat' : 'dog'}/${at}.png`,
      png(16, 16, [from + at, at % 2 === 0 ? 255 : 0, 51]),
    ]),
  );
let tree: ReturnType<typeof imageTree>;
beforeAll(() => {
  const part = (name: string, from: number): Record<string, Buffer> =>
    Object.fromEntries(Object.entries(files(from)).map(([path, bytes]) => [`${name}/${path}`, bytes]));
  tree = imageTree({ ...part('train', 0), ...part('test', 100) });
});
afterAll(() => {
  tree.remove();
});
afterEach(() => {
  vi.restoreAllMocks();
});

async function data(...argv: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
  let text = '';
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  const size = ['--set', 'dataset.imageSize=8', '--set', `dataset.cacheDir=${tree.cacheDir}`];
  const code = await main(['data', ...argv, '--data-dir', tree.dir, ...size]);
  vi.restoreAllMocks();
  return { code, text };
}

describe('distill-bench data', () => {
  it('stats: counts by class and split, and the statistics of the channels', async () => {
    const { code, text } = await data('stats', '--json');
    const { splits, classNames } = JSON.parse(text) as {
      classNames: string[];
      splits: { split: string; perClass: number[]; mean: number[]; std: number[] }[];
    };
    expect([code, classNames]).toEqual([0, ['cat', 'dog']]);
    expect(splits.map(({ split, perClass }) => [split, perClass])).toEqual([
      ['train', [3, 3]],
      ['test', [3, 3]],
    ]);
    // Red is 0 to 5, green 255 and 0 in turn, blue 51 of 255.
    expect(splits[0]?.mean).toEqual([
      expect.closeTo(2.5 / 255, 10),
      expect.closeTo(0.5, 10),
      expect.closeTo(0.2, 10),
    ]);
    expect(splits[0]?.std[1]).toBeCloseTo(0.5, 10);
    expect((await data('stats')).text).toMatch(
      /train: 6 images of 8×8×3, mean \[0\.0098, 0\.5000, 0\.2000\]/,
    );
  });

  it('verify: finds nothing where nothing is wrong', async () => {
    const { code, text } = await data('verify');
    expect(code).toBe(0);
    expect(text).toContain('No damaged files, no duplicates.');
  });

  it('verify: takes a configuration of the dataset alone', async () => {
    const file = join(tree.dir, '..', 'data.yaml');
    writeFileSync(file, `dataset: { name: folder, imageSize: 8 }\n`);
    const { code, text } = await data('verify', '--config', file);
    expect([code, text]).toEqual([0, expect.stringContaining('12 images can be read')]);
  });

  it('verify: an image without a label is of no other class than its copy', async () => {
    tree.write('copies/a.png', readFileSync(join(tree.dir, 'train/cat/0.png')));
    const rows = Array.from(
      { length: 6 },
      (_, at) => `train/${at % 2 === 0 ? 'cat' : 'dog'}/${at}.png,${at % 2}`,
    );
    tree.write('list.csv', ['path,label', ...rows, 'copies/a.png,'].join('\n'));
    const file = join(tree.dir, '..', 'list.yaml');
    writeFileSync(
      file,
      `dataset: { name: list, file: ${JSON.stringify(join(tree.dir, 'list.csv'))}, imageSize: 8, splitSeed: 1 }`,
    );
    const { text } = await data('verify', '--config', file);
    rmSync(join(tree.dir, 'copies'), { recursive: true });
    rmSync(join(tree.dir, 'list.csv'));
    expect(text).toMatch(/7 images can be read/);
    expect(text).not.toContain('in several classes');
  });

  it('takes --split and --out for preview alone, and no folder as the sheet', async () => {
    for (const flag of [
      ['--split', 'test'],
      ['--out', 'a.png'],
    ])
      expect((await data('stats', ...flag)).code).toBe(2);
    expect((await data('preview', '--out', tree.dir)).code).toBe(2);
  });

  it('verify: names damaged files, leakage, and images under two classes', async () => {
    const same = readFileSync(join(tree.dir, 'train/cat/0.png'));
    tree.write('test/cat/leaked.png', same);
    tree.write('train/cat/copy.png', readFileSync(join(tree.dir, 'train/cat/2.png')));
    tree.write('train/dog/wrong.png', readFileSync(join(tree.dir, 'train/cat/4.png')));
    tree.write('train/dog/cut.jpg', same.subarray(0, 40));
    const { code, text } = await data('verify');
    expect(code).toBe(1);
    expect(text).toMatch(/Damaged files: 1\n {2}.*train\/dog\/cut\.jpg: PNG: /);
    expect(text).toMatch(
      /in several splits \(leakage\): 1\n {2}.*cat\/0\.png \(train\) = .*leaked\.png \(test\)/,
    );
    expect(text).toMatch(/in several classes: 1\n {2}.*cat\/4\.png \(train\) = .*dog\/wrong\.png \(train\)/);
    expect(text).toMatch(/within a class and split: 1\n {2}.*cat\/2\.png \(train\) = .*copy\.png \(train\)/);
    expect(text).not.toContain('files left out');
  });

  it('verify: has the notes of the dataset', async () => {
    tree.write('loose.png', png(16, 16, [1, 2, 3]));
    const { text } = await data('verify');
    expect(text).toContain('1 image beside the class folders belong to no class and are left out.');
  });

  it('preview: a sheet with a row of images for each class', async () => {
    const out = join(tree.dir, 'sheet.png');
    const { text } = await data('preview', '--split', 'test', '--out', out);
    expect(text).toContain('test images; rows from the top: 1 cat, 2 dog');
    const { width, height, data: pixels } = PNG.sync.read(readFileSync(out));
    expect([width, height]).toEqual([10 * 100 + 4, 2 * 100 + 4]);
    const at = (x: number, y: number): number[] => [
      ...pixels.subarray((y * width + x) * 4, (y * width + x) * 4 + 3),
    ];
    expect(at(50, 50)).toEqual([100, 255, 51]);
    expect(at(50, 150)).toEqual([101, 0, 51]);
    // The next preview takes its place; a picture of the user's keeps its own.
    await data('preview', '--split', 'train', '--out', out);
    expect(PNG.sync.read(readFileSync(out)).width).toBe(10 * 100 + 4);
    const own = PNG.sync.write(new PNG({ width: 1, height: 1 }));
    writeFileSync(out, own);
    expect((await data('preview', '--split', 'test', '--out', out)).code).toBe(2);
    expect(readFileSync(out).equals(own)).toBe(true);
  });
});
