import { describe, expect, it } from 'vitest';
import { loadNpz } from '../../src/dataset/npz.js';
import type { NpzSource } from '../../src/dataset/npz.js';
import type { Split } from '../../src/dataset/format.js';
import { FIXTURE_LABELS, fixture, fixturePixels, inFolder, pixelsOf, refusalOf } from './array-fixture.js';

const read = (dir: string, options: Partial<NpzSource> = {}, wanted?: Split[]): ReturnType<typeof loadNpz> =>
  loadNpz({ dir, ...options }, wanted);
const npz = (name: string): Buffer => fixture(`arrays/${name}.npz`);

describe('npz', () => {
  it.each(['deflated', 'stored', 'fortran'])('reads both splits of one file: %s', async (name) => {
    await inFolder({ 'mnist.npz': npz(name) }, async (dir) => {
      for (const place of [dir, `${dir}/mnist.npz`]) {
        const { train, test } = (await read(place)).splits;
        expect(train).toMatchObject({ size: 6, classes: 3, imageShape: [5, 4, 3] });
        expect([...(train?.labels ?? [])]).toEqual(FIXTURE_LABELS);
        expect([...(test?.labels ?? [])]).toEqual([...FIXTURE_LABELS].reverse());
        expect(pixelsOf(train, 1)).toEqual(fixturePixels(1));
        expect(pixelsOf(test, 1)).toEqual(fixturePixels(4));
      }
      const { train } = (await read(dir, { trainSize: 2 })).splits;
      expect(train?.size).toBe(2);
      expect(pixelsOf(train, 1)).toEqual(fixturePixels(1));
    });
  });

  it.each([
    ['planes', { layout: 'nchw' }],
    ['int64', {}],
    ['big-endian-16', {}],
    ['half', {}],
    ['signed', { range: [-1, 1] }],
    ['one-hot-fortran', {}],
    ['fortran-rows', { imageShape: [5, 4, 3] }],
  ] as const)('gives the same pixels from arrays of another kind or order: %s', async (name, options) => {
    await inFolder({ 'train.npz': npz(name), 'test.npz': npz(name) }, async (dir) => {
      const { train, test } = (await read(dir, options)).splits;
      for (const dataset of [train, test]) {
        expect([...(dataset?.labels ?? [])]).toEqual(FIXTURE_LABELS);
        const pixels = pixelsOf(dataset, 3);
        fixturePixels(3).forEach((value, at) => {
          // Half floats have eleven bits.
          expect(Math.abs((pixels[at] ?? NaN) - value)).toBeLessThan(name === 'half' ? 0.07 : 1e-4);
        });
      }
    });
  });

  it('reads batches in order of their numbers, and takes validation images for the test where there are no others', async () => {
    const files = {
      'train_batch_10.npz': npz('planes'),
      'train_batch_9.npz': npz('planes'),
      'val_data.npz': npz('planes'),
    };
    await inFolder(files, async (dir) => {
      const { splits, notes } = await read(dir, { trainSize: 8, layout: 'nchw' });
      expect(splits.train?.size).toBe(8);
      expect(pixelsOf(splits.train, 7)).toEqual(fixturePixels(1));
      expect(splits.test?.size).toBe(6);
      expect(notes).toEqual(['There are no test images: the validation images are used for the test.']);
    });
  });

  it('reads arrays in files of their own', async () => {
    const files = {
      'x_train.npy': fixture('arrays/x_train.npy'),
      'y_train.npy': fixture('arrays/y_train.npy'),
    };
    await inFolder(files, async (dir) => {
      const { train, test } = (await read(dir, { testFraction: 0.5 })).splits;
      // Of each class half.
      expect([train?.size, test?.size]).toEqual([3, 3]);
      expect([...(test?.labels ?? [])].sort()).toEqual([0, 1, 2]);
    });
  });

  it('names its own option where too few images can go to the test', async () => {
    const files = {
      'x_train.npy': fixture('arrays/x_train.npy'),
      'y_train.npy': fixture('arrays/y_train.npy'),
    };
    await inFolder(files, async (dir) => {
      await expect(read(dir, { testFraction: 0.01 })).rejects.toThrow(/^dataset\.testFraction: expected/);
    });
  });

  it('refuses an image shape that the arrays do not have', async () => {
    const files = { 'train.npz': npz('int64'), 'test.npz': npz('int64') };
    expect(await refusalOf(files, (dir) => read(dir, { imageShape: [4, 5, 3] }))).toContain(
      'expected images of 4×5×3, as dataset.imageShape says, got the shape 6×5×4×3. It is for flat rows: leave it out.',
    );
  });

  it('takes arrays by the names that it is told', async () => {
    await inFolder({ 'a.npz': npz('deflated') }, async (dir) => {
      const arrays = {
        trainImages: 'x_test',
        trainLabels: 'y_test',
        testImages: 'x_train',
        testLabels: 'y_train',
      };
      expect(pixelsOf((await read(dir, { arrays })).splits.train, 0)).toEqual(fixturePixels(5));
    });
    // Both files have arrays of these names: those of the test are not batches of the training images.
    await inFolder({ 'train.npz': npz('int64'), 'test.npz': npz('int64') }, async (dir) => {
      const named = { trainImages: 'images', trainLabels: 'labels' };
      const { train, test } = (await read(dir, { arrays: named })).splits;
      expect([train?.size, test?.size]).toEqual([6, 6]);
    });
    const arrays = { trainImages: 'pictures' };
    expect(await refusalOf({ 'a.npz': npz('deflated') }, (dir) => read(dir, { arrays }))).toContain(
      "expected an array 'pictures', got the arrays a.npz: x_train, a.npz: y_train, a.npz: x_test, a.npz: y_test. Name them in dataset.arrays",
    );
  });

  it('refuses pickles and texts', async () => {
    expect(await refusalOf({ 'train.npz': npz('pickle') }, read)).toContain(
      "DIR/train.npz, array 'images': expected an array of numbers (integers or floats of up to 64 bits), got Python objects (a pickle). A pickle can run any program",
    );
    expect(await refusalOf({ 'train.npz': npz('texts') }, read)).toContain(
      "array 'labels': expected an array of numbers",
    );
    const pickled = Buffer.from('80049507000000000000008c0361626394', 'hex');
    expect(await refusalOf({ 'x_train.npy': pickled, 'y_train.npy': pickled }, read)).toContain(
      'got a Python pickle',
    );
  });

  it('says what is wrong with damaged files', async () => {
    const whole = npz('deflated');
    const of = (bytes: Uint8Array): Promise<string> => refusalOf({ 'a.npz': bytes }, read);
    expect(await of(whole.subarray(0, 800))).toContain(
      'DIR/a.npz: expected a zip of numpy arrays, got End of central directory',
    );
    expect(await of(Buffer.from('not a zip at all, but a text'))).toContain('expected a zip of numpy arrays');
    expect(await of(Buffer.alloc(0))).toContain('expected a zip of numpy arrays');
    const stored = npz('stored');
    const flipped = Buffer.from(stored);
    // A pixel of the first array.
    flipped[250] = (flipped[250] ?? 0) ^ 1;
    expect(await of(flipped)).toMatch(/array 'x_train': expected bytes with the checksum [\da-f]+, got/);
    expect(await refusalOf({ 'a.txt': '' }, read)).toContain(
      'expected numpy files (.npz, or .npy), got a.txt',
    );
  });

  it('refuses a zip that promises more than its bytes can hold', async () => {
    const bomb = Buffer.from(npz('deflated'));
    // The uncompressed sizes in the central directory, 24 bytes into each of its entries.
    for (
      let at = bomb.indexOf('PK\x01\x02', 0, 'latin1');
      at >= 0;
      at = bomb.indexOf('PK\x01\x02', at + 1, 'latin1')
    )
      bomb.writeUInt32LE(4_000_000_000, at + 24);
    expect(await refusalOf({ 'a.npz': bomb }, read)).toContain(
      'expected an array that its compressed bytes can hold, got 4000000000 bytes from',
    );
  });

  it('says what does not fit together', async () => {
    const options = { arrays: { trainImages: 'y_train', trainLabels: 'y_train' } };
    expect(await refusalOf({ 'a.npz': npz('deflated') }, (dir) => read(dir, options))).toContain(
      'got the shape 6',
    );
    expect(await refusalOf({ 'train.npz': npz('fortran-rows') }, read)).toContain(
      'expected rows that are square grey images, got the shape 6×60. Set dataset.imageShape',
    );
    expect(await refusalOf({ 'train.npz': npz('planes') }, read)).toContain(
      'Set dataset.layout to nhwc (channels last)',
    );
    expect(await refusalOf({ 'train.npz': npz('signed') }, read)).toContain(
      'expected pixels from 0 to 255, got values from -1 to 1. Say which numbers are black and white with dataset.range, e.g. [-1, 1].',
    );
    expect(
      await refusalOf({ 'train.npz': npz('planes') }, (dir) =>
        read(dir, { layout: 'nchw', classNames: ['a', 'b'] }),
      ),
    ).toContain('expected labels from 0 to 1, got 2 for image 2');
  });
});
