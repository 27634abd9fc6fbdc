import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { loadIdx } from '../../src/dataset/idx.js';
import type { IdxSource } from '../../src/dataset/idx.js';
import { fitImage } from '../../src/image/index.js';
import { FIXTURE_LABELS, fixture, fixturePixels, inFolder, pixelsOf, refusalOf } from './array-fixture.js';

const images = fixture('arrays/grey-images-idx3-ubyte');
const labels = fixture('arrays/labels-idx1-ubyte');
const MNIST = {
  'train-images-idx3-ubyte': images,
  'train-labels-idx1-ubyte': labels,
  't10k-images-idx3-ubyte': images,
  't10k-labels-idx1-ubyte': labels,
};
const train = async (dir: string, options: Partial<IdxSource> = {}) =>
  (await loadIdx({ dir, ...options }, ['train'])).splits.train;
const trainFiles = (x: Uint8Array, y: Uint8Array = labels): Record<string, Uint8Array> => ({
  'train-images-idx3-ubyte': x,
  'train-labels-idx1-ubyte': y,
});

describe('IDX', () => {
  it('reads both splits', async () => {
    await inFolder(MNIST, async (dir) => {
      const { splits } = await loadIdx({ dir, testSize: 4 });
      expect(splits.train).toMatchObject({ size: 6, classes: 3, imageShape: [5, 4, 1] });
      expect([...(splits.train?.labels ?? [])]).toEqual(FIXTURE_LABELS);
      expect(splits.test?.size).toBe(4);
      for (const image of [0, 3]) expect(pixelsOf(splits.test, image)).toEqual(fixturePixels(image, 1));
      expect(pixelsOf(splits.train, 5)).toEqual(fixturePixels(5, 1));
    });
  });

  it.each([
    ['gzipped', ['train-images-idx3-ubyte.gz', 'train-labels-idx1-ubyte.gz'], true],
    [
      'unpacked under the name of the archive',
      ['train-images-idx3-ubyte.gz', 'train-labels-idx1-ubyte.gz'],
      false,
    ],
    ['with a dot for a hyphen', ['train-images.idx3-ubyte', 'train-labels.idx1-ubyte'], false],
    ['upper case', ['TRAIN-IMAGES-IDX3-UBYTE', 'TRAIN-LABELS-IDX1-UBYTE'], false],
    [
      'as torchvision keeps them',
      ['MNIST/raw/train-images-idx3-ubyte', 'MNIST/raw/train-labels-idx1-ubyte'],
      false,
    ],
    [
      'unpacked into folders of the same names',
      ['train-images-idx3-ubyte/train-images-idx3-ubyte', 'train-labels-idx1-ubyte/train-labels-idx1-ubyte'],
      false,
    ],
  ])('takes files %s', async (_, [imageName = '', labelName = ''], zipped) => {
    const end = zipped ? '.gz' : '';
    const files = {
      [imageName]: fixture(`arrays/grey-images-idx3-ubyte${end}`),
      [labelName]: fixture(`arrays/labels-idx1-ubyte${end}`),
    };
    await inFolder(files, async (dir) => {
      expect(pixelsOf(await train(dir), 4)).toEqual(fixturePixels(4, 1));
    });
  });

  it('takes an archive and what was unpacked from it as one', async () => {
    const packed = { 'train-images-idx3-ubyte.gz': gzipSync(images) };
    await inFolder({ ...MNIST, ...packed }, async (dir) => {
      expect((await train(dir))?.size).toBe(6);
    });
  });

  it('reads colours, floats and labels of four bytes', async () => {
    const files = trainFiles(fixture('arrays/float-images-idx4'), fixture('arrays/labels-idx1-int'));
    await inFolder(files, async (dir) => {
      const dataset = await train(dir);
      expect(dataset?.imageShape).toEqual([5, 4, 3]);
      const pixels = pixelsOf(dataset, 2);
      fixturePixels(2).forEach((value, at) => {
        expect(pixels[at]).toBeCloseTo(value, 3);
      });
    });
  });

  it("turns EMNIST's images, and takes one of several sets by prefix", async () => {
    const files = {
      'emnist-letters-train-images-idx3-ubyte': fixture('arrays/transposed-images-idx3-ubyte'),
      'emnist-letters-train-labels-idx1-ubyte': Buffer.from(
        labels.map((byte, at) => (at < 8 ? byte : byte + 1)),
      ),
      'emnist-digits-train-images-idx3-ubyte': images,
      'emnist-digits-train-labels-idx1-ubyte': labels,
    };
    await inFolder(files, async (dir) => {
      const options = { prefix: 'emnist-letters', firstLabel: 1, classNames: ['a', 'b', 'c'] };
      const dataset = await train(dir, options);
      expect(dataset).toMatchObject({ imageShape: [4, 5, 1], classes: 3, classNames: ['a', 'b', 'c'] });
    });
    expect(await refusalOf(files, (dir) => train(dir))).toContain(
      'Say how the names of the set begin with dataset.prefix.',
    );
    const counted = { ...files, 'emnist-digits-train-images-idx3-ubyte': '' };
    expect(await refusalOf(counted, (dir) => train(dir, { prefix: 'emnist-letters' }))).toContain(
      'got none with label 0. Do the labels count from 1? Set dataset.firstLabel to 1.',
    );
  });

  it('gives images of another size, by the arithmetic of image files', async () => {
    await inFolder(trainFiles(images), async (dir) => {
      const stored = await train(dir);
      for (const resize of ['crop', 'stretch', 'letterbox'] as const) {
        const other = await train(dir, { imageSize: [10, 12], resize });
        expect(other).toMatchObject({ size: 6, imageShape: [10, 12, 1], resize });
        const data = Uint8Array.from(pixelsOf(stored, 3));
        const fit = { height: 10, width: 12, channels: 1, resize } as const;
        expect(pixelsOf(other, 3)).toEqual([
          ...fitImage({ width: 4, height: 5, channels: 1, data }, fit).data,
        ]);
        expect(other?.fingerprint).not.toBe(stored?.fingerprint);
      }
      expect((await train(dir, { imageSize: [5, 4] }))?.fingerprint).toBe(stored?.fingerprint);
    });
  });

  it('says what is wrong with damaged files', async () => {
    const of = (x: Uint8Array, y?: Uint8Array): Promise<string> =>
      refusalOf(trainFiles(x, y), (dir) => train(dir));
    expect(await of(images.subarray(0, 50))).toBe(
      'DIR/train-images-idx3-ubyte, byte 16: expected the images, 120 bytes, got at most 34 more. The file is cut off or damaged: copy or download it again.',
    );
    expect(await of(gzipSync(images).subarray(0, 60))).toContain('data that end too early');
    expect(await of(Buffer.concat([images, Buffer.from('x')]))).toContain(
      'expected nothing after the images, got more bytes',
    );
    expect(await of(Buffer.from('\x89PNG0000'))).toContain('expected an IDX file');
    expect(await of(Buffer.alloc(0))).toContain('the head of an IDX file, 4 bytes, got at most 0 more');
    expect(await of(labels)).toContain('got 1 axes (6). Is this the file of the images?');
    expect(await of(images, images)).toContain('expected one label per image: an IDX file of one axis');
    expect(await of(images, Buffer.from([0, 0, 8, 1, 0, 0, 0, 2, 0, 1]))).toContain(
      'expected as many labels as images, 6, got 2',
    );
    const huge = Buffer.from([0, 0, 8, 3, 255, 255, 255, 255, 0, 0, 16, 0, 0, 0, 16, 0]);
    expect(await of(huge)).toContain('expected as many labels as images, 4,294,967,295, got 6');
    const manyLabels = Buffer.from([0, 0, 8, 1, 255, 255, 255, 255]);
    expect(await of(huge, manyLabels)).toContain('the labels, 4,294,967,295 bytes, got at most 0 more');
    expect(await of(gzipSync(huge), gzipSync(manyLabels))).toContain('got at most');
    const negative = Buffer.from([0, 0, 9, 1, 0, 0, 0, 6, 0, 1, 2, 0, 1, 255]);
    expect(await of(images, negative)).toContain(
      'got -1 for image 5. Images without labels (−1), as in the test parts of contests: use a part that has labels.',
    );
  });

  it('finds a flipped bit by the checksum of the archive', async () => {
    const packed = gzipSync(images);
    packed[packed.length - 6] = (packed[packed.length - 6] ?? 0) ^ 1;
    expect(await refusalOf(trainFiles(packed), (dir) => train(dir))).toContain('incorrect data check');
  });

  it('names what is missing', async () => {
    const files = { 'train-images-idx3-ubyte': images, 't10k-images-idx3-ubyte': images };
    expect(await refusalOf(files, (dir) => train(dir))).toContain(
      'expected train-images-idx3-ubyte and train-labels-idx1-ubyte, gzipped or not, got t10k-images-idx3-ubyte, train-images-idx3-ubyte.',
    );
  });
});
