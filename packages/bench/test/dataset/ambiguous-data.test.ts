import { createRandom } from '@distilljs/core';
import { describe, expect, it } from 'vitest';
import { loadSplits, splitValidation, synthetic } from '../../src/dataset/index.js';
import { firstOfEach } from '../../src/dataset/divide.js';
import { plainNames, sortedNames } from '../../src/dataset/label-names.js';
import { loadNpz } from '../../src/dataset/npz.js';
import { decodeImage } from '../../src/image/index.js';
import { inFolder, pixelsOf, refusalOf } from './array-fixture.js';
import { cifarRecords } from './cifar-fixture.js';

/** A `.npy` file of numbers of one kind, little-endian. */
function npy(kind: 'f4' | 'u1' | 'b1', shape: readonly number[], values: readonly number[]): Buffer {
  const sign = kind === 'f4' ? '<f4' : kind === 'b1' ? '|b1' : '|u1';
  const axes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${sign}', 'fortran_order': False, 'shape': (${axes}), }`;
  const header = `${text.padEnd(117)}\n`;
  const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0]);
  const data = kind === 'f4' ? Float32Array.from(values) : Uint8Array.from(values);
  return Buffer.concat([start, Buffer.from(header), Buffer.from(data.buffer)]);
}
const LABELS = npy('u1', [2], [0, 1]);

describe('images without a label', () => {
  const all = synthetic({
    classes: 4,
    superclasses: 2,
    size: 80,
    seed: 1,
    difficulty: 0,
    split: 'train',
    imageSize: 8,
  });
  const partly = { ...all, labels: all.labels.map((label, at) => (at % 4 === 0 ? label : -1)) };

  it('do not count for the share that validation takes', () => {
    const { train, validation } = splitValidation(partly, 0.2, createRandom(1));
    expect(validation.size).toBe(4);
    expect(validation.labels.some((label) => label < 0)).toBe(false);
    expect(train.labels.filter((label) => label >= 0)).toHaveLength(16);
  });

  it('are left out by a size like the others', () => {
    const items = Array.from({ length: 12 }, (_, at) => ({ path: `${at}`, label: at < 6 ? at % 2 : -1 }));
    const { items: kept } = firstOfEach(
      { items: { train: items }, classNames: ['a', 'b'] },
      { trainSize: 6 },
    );
    expect(kept.train).toHaveLength(6);
    expect(kept.train?.filter(({ label }) => label >= 0)).toHaveLength(3);
  });
});

describe('arrays', () => {
  const images = (values: readonly number[]): Buffer => npy('f4', [2, 1, 1], values);
  const files = (test: readonly number[]): Record<string, Buffer> => ({
    'x_train.npy': images([0, 0.9]),
    'y_train.npy': LABELS,
    'x_test.npy': images(test),
    'y_test.npy': LABELS,
  });

  it('have one range in all splits, with rounding', async () => {
    await inFolder(files([0.5, 1.0000001]), async (dir) => {
      const { train, test } = (await loadNpz({ dir })).splits;
      expect(pixelsOf(train, 1)[0]).toBeCloseTo(229.5, 3);
      expect(pixelsOf(test, 0)[0]).toBeCloseTo(127.5, 3);
      expect(pixelsOf(test, 1)[0]).toBe(255);
    });
  });

  it('have the range of the training images, which test images do not change', async () => {
    expect(await refusalOf(files([0, 200]), (dir) => loadNpz({ dir }))).toMatch(
      /test.*expected pixels from 0 to 1, got values from 0 to 200\. .*dataset\.range/,
    );
  });

  it('are refused with floats that end between 1 and 2', async () => {
    const train = { ...files([0, 1]), 'x_train.npy': images([0, 1.5]) };
    expect(await refusalOf(train, (dir) => loadNpz({ dir }))).toMatch(
      /expected floats from 0 to 1, or from 0 to 255, got values from 0 to 1\.5\. .*dataset\.range/,
    );
    expect(await refusalOf(files([0.5, 1.5]), (dir) => loadNpz({ dir }))).toMatch(
      /expected pixels from 0 to 1, got values from 0\.5 to 1\.5\. .*dataset\.range/,
    );
  });

  it('of booleans are black and white', async () => {
    const given = { 'x_train.npy': npy('b1', [2, 1, 1], [0, 1]), 'y_train.npy': LABELS };
    await inFolder({ ...given, 'x_test.npy': given['x_train.npy'], 'y_test.npy': LABELS }, async (dir) => {
      const { train } = (await loadNpz({ dir })).splits;
      expect([pixelsOf(train, 0)[0], pixelsOf(train, 1)[0]]).toEqual([0, 255]);
    });
  });

  it('of booleans as labels are classes, one per image or one-hot', async () => {
    const shots = npy('u1', [4, 1, 1], [1, 2, 3, 4]);
    const single = { 'x_train.npy': shots, 'y_train.npy': npy('b1', [4], [0, 1, 1, 0]) };
    const oneHot = { 'x_train.npy': shots, 'y_train.npy': npy('b1', [4, 2], [1, 0, 0, 1, 0, 1, 1, 0]) };
    for (const train of [single, oneHot]) {
      const test = { 'x_test.npy': shots, 'y_test.npy': train['y_train.npy'] };
      await inFolder({ ...train, ...test }, async (dir) => {
        const { splits } = await loadNpz({ dir });
        for (const split of [splits.train, splits.test])
          expect([split?.classes, [...(split?.labels ?? [])]]).toEqual([2, [0, 1, 1, 0]]);
      });
    }
  });

  it('about others are no labels and no images, also where arrays are named', async () => {
    const about = ['class_names', 'target_names', 'num_classes', 'image_mean', 'y_test_names'];
    const extra = Object.fromEntries(about.map((name) => [`${name}.npy`, LABELS]));
    await inFolder({ ...files([0, 1]), ...extra }, async (dir) => {
      expect((await loadNpz({ dir })).splits.test?.size).toBe(2);
    });
    const plain = {
      'images.npy': npy('u1', [4, 1, 1], [1, 2, 3, 4]),
      'labels.npy': npy('u1', [4], [0, 0, 1, 1]),
    };
    await inFolder({ ...plain, ...extra }, async (dir) => {
      const { splits } = await loadNpz({ dir, testFraction: 0.5 }, ['train']);
      expect(splits.train?.classes).toBe(2);
    });
    // Another array of no split does not matter once the training arrays are known.
    const odd = { 'classes.npy': LABELS, 'labels2.npy': LABELS };
    await inFolder({ ...files([0, 1]), ...odd }, async (dir) => {
      expect((await loadNpz({ dir })).splits.test?.size).toBe(2);
    });
    await inFolder({ ...plain, ...odd }, async (dir) => {
      const arrays = { trainImages: 'images', trainLabels: 'labels' };
      expect((await loadNpz({ dir, arrays }, ['train'])).splits.train?.classes).toBe(2);
    });
  });

  it('with NaN among their pixels are refused without talk of a range', async () => {
    const message = await refusalOf({ ...files([0, 1]), 'x_train.npy': images([NaN, 1]) }, (dir) =>
      loadNpz({ dir }),
    );
    expect(message).toMatch(/got NaN among them\. Replace them before saving/);
    expect(message).not.toContain('range');
  });

  it('that are numbered are two at most', async () => {
    const names = ['arr_0', 'arr_1', 'arr_2', 'arr_3'];
    const given = Object.fromEntries(
      names.map((name, at) => [`${name}.npy`, at % 2 === 0 ? images([0, 1]) : LABELS]),
    );
    expect(await refusalOf(given, (dir) => loadNpz({ dir }))).toMatch(
      /arrays with names, or two alone.*dataset\.arrays/s,
    );
  });
});

it('labels that are whole numbers are in their order, whatever their decimals', () => {
  const labels = plainNames(['10.0', '2.0', undefined, '1.0']);
  expect(labels).toEqual(['10', '2', undefined, '1']);
  expect(sortedNames(['10', '2', '1'])).toEqual(['1', '2', '10']);
  expect(plainNames(['10.0', 'b'])).toEqual(['10.0', 'b']);
  expect(sortedNames(['b', '10', 'a'])).toEqual(['10', 'a', 'b']);
});

it('CIFAR with a gap in the numbers of its files says so', async () => {
  const records = cifarRecords([[0], [1]]);
  const files = { 'data_batch_1.bin': records, 'data_batch_3.bin': records, 'test_batch.bin': records };
  await inFolder(files, async (dir) => {
    const { notes, splits } = await loadSplits({ name: 'cifar10', dir }, ['train', 'test']);
    expect(splits.train?.size).toBe(4);
    expect(notes?.[0]).toMatch(
      /are missing in .* \(2\): only the images of data_batch_1\.bin, data_batch_3\.bin/,
    );
  });
});

describe('a TIFF', () => {
  /** An uncompressed one of 2×1 pixels with 8 bits a sample. */
  function tiff(
    photometric: number,
    samples: readonly number[],
    extra?: number,
    changed: Readonly<Record<number, number | undefined>> = {},
  ): Uint8Array {
    const perPixel = samples.length / 2;
    const entries = [
      ...[
        [256, 3, 1, 2],
        [257, 3, 1, 1],
        [258, 3, 1, 8],
        [259, 3, 1, 1],
        [262, 3, 1, photometric],
      ],
      ...[
        [273, 4, 1, 8],
        [277, 3, 1, perPixel],
        [278, 3, 1, 1],
        [279, 4, 1, samples.length],
      ],
      ...(extra === undefined ? [] : [[338, 3, 1, extra]]),
    ].flatMap(([tag = 0, type, count, value]) => {
      const other = tag in changed ? changed[tag] : value;
      return other === undefined ? [] : [[tag, type, count, other]];
    });
    const data = Buffer.alloc(8 + samples.length + 2 + 12 * entries.length + 4);
    data.write('II*\0', 'latin1');
    data.writeUInt32LE(8 + samples.length, 4);
    data.set(samples, 8);
    let at = 8 + samples.length;
    data.writeUInt16LE(entries.length, at);
    at += 2;
    for (const [tag = 0, type = 0, count = 0, value = 0] of entries) {
      data.writeUInt16LE(tag, at);
      data.writeUInt16LE(type, at + 2);
      data.writeUInt32LE(count, at + 4);
      data.writeUInt32LE(value, at + 8);
      at += 12;
    }
    return data;
  }
  const pixels = async (bytes: Uint8Array): Promise<readonly number[]> => {
    const { raster } = await decodeImage(bytes, 'a.tiff', 'javascript');
    return [...raster.data];
  };

  it('in which 0 is white is no negative', async () => {
    expect(await pixels(tiff(1, [0, 200]))).toEqual([0, 200]);
    expect(await pixels(tiff(0, [0, 200]))).toEqual([255, 55]);
  });

  it('has the transparency that it says it has', async () => {
    const four = [10, 20, 30, 0, 40, 50, 60, 0];
    expect(await pixels(tiff(2, four, 2))).toEqual(four);
    expect(await pixels(tiff(2, four, 0))).toEqual([10, 20, 30, 40, 50, 60]);
  });

  it.each([
    [{ 258: 1 }, '1 bit a sample'],
    [{ 258: undefined }, '1 bit a sample'],
    [{ 258: 32 }, '32 bits a sample'],
    [{ 259: 7 }, 'compression JPEG'],
    [{ 259: 32773 }, 'Compression PackBits'],
    [{ 262: 5 }, 'CMYK'],
  ])('of a kind that cannot be read is told from a damaged one: %o', async (changed, kind) => {
    await expect(pixels(tiff(1, [0, 200], undefined, changed))).rejects.toThrow(
      `TIFF: ${kind} is not supported: convert it to PNG`,
    );
  });

  it('with room for more than 4 GB is told from a damaged one', async () => {
    const big = tiff(1, [0, 200]);
    big[2] = 43;
    await expect(pixels(big)).rejects.toThrow('a BigTIFF, which is not supported: convert it to PNG');
  });
});
