import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { loadSvhn } from '../../src/dataset/svhn.js';
import { fixture, fixturePixels, inFolder, pixelsOf, refusalOf } from './array-fixture.js';

const both = (name: string): Record<string, Buffer> => ({
  'train_32x32.mat': fixture(`arrays/${name}`),
  'test_32x32.mat': fixture(`arrays/${name}`),
});
const load = (dir: string): ReturnType<typeof loadSvhn> => loadSvhn({ dir });
const damaged = (change: (bytes: Buffer) => Uint8Array, name = 'plain.mat'): Promise<string> =>
  refusalOf({ 'train_32x32.mat': change(fixture(`arrays/${name}`)) }, (dir) => loadSvhn({ dir }, ['train']));

describe('SVHN', () => {
  it.each(['compressed.mat', 'plain.mat'])('reads images column by column, and 10 as 0: %s', async (name) => {
    await inFolder(both(name), async (dir) => {
      const { train, test } = (await load(dir)).splits;
      expect(train).toMatchObject({ name: 'svhn', size: 10, classes: 10, imageShape: [5, 4, 3] });
      expect([...(train?.labels ?? [])]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      for (const image of [0, 3, 5]) expect(pixelsOf(test, image)).toEqual(fixturePixels(image));
    });
  });

  it('takes the folder above, upper-case names, and the first images only', async () => {
    const files = { 'SVHN/cropped/TRAIN_32x32.MAT': fixture('arrays/compressed.mat') };
    await inFolder(files, async (dir) => {
      const { train, test } = (await loadSvhn({ dir, trainSize: 3 }, ['train'])).splits;
      expect(test).toBeUndefined();
      expect(train?.size).toBe(3);
      expect(pixelsOf(train, 2)).toEqual(fixturePixels(2));
    });
  });

  it('does not take one file for training and test', async () => {
    await inFolder(both('plain.mat'), async (dir) => {
      const file = `${dir}/train_32x32.mat`;
      expect((await loadSvhn({ dir: file }, ['train'])).splits.train?.size).toBe(10);
      await expect(load(file)).rejects.toThrow(
        'expected test_32x32.mat of SVHN, format 2 (cropped digits), got a file with another name. Name the folder that holds them.',
      );
    });
  });

  it('reads the extra images where asked to', async () => {
    const files = { 'extra_32x32.mat': fixture('arrays/compressed.mat') };
    await inFolder(files, async (dir) => {
      const { train } = (await loadSvhn({ dir, extra: true }, ['train'])).splits;
      expect(train?.size).toBe(10);
    });
  });

  it('reads big-endian files', async () => {
    await inFolder({ 'train_32x32.mat': bigEndian() }, async (dir) => {
      const { train } = (await loadSvhn({ dir }, ['train'])).splits;
      expect(train).toMatchObject({ size: 10, imageShape: [1, 2, 3] });
      // Column-major: red of both columns, then green, then blue.
      expect(pixelsOf(train, 1)).toEqual([6, 8, 10, 7, 9, 11]);
    });
  });

  it('says what is wrong with other and damaged files', async () => {
    expect(await refusalOf({ 'a.txt': '' }, load)).toBe(
      'DIR: expected train_32x32.mat of SVHN, format 2 (cropped digits), got a.txt. Name the folder that holds them, or one above it.',
    );
    expect(await damaged((bytes) => bytes.subarray(0, 700))).toBe(
      'DIR/train_32x32.mat, byte 136: expected 656 bytes, got 564, then the end. The file is cut off or damaged: copy or download it again.',
    );
    expect(await damaged((bytes) => bytes, 'level4.mat')).toContain('got one of level 4, or another format');
    expect(await damaged((bytes) => bytes, 'names.mat')).toContain(
      "expected an array 'X' of numbers, got the variables data, label. Use format 2 of SVHN",
    );
    expect(await damaged((bytes) => bytes, 'cell.mat')).toContain('got a cell array');
    expect(await damaged(() => Buffer.from('MATLAB 7.3 MAT-file, Platform: GLNXA64'.padEnd(200)))).toContain(
      "got one of level 7.3 (HDF5). Save it with save(…, '-v7')",
    );
    expect(await damaged(() => Buffer.alloc(0))).toContain('expected a MAT-file, level 5, got 0 bytes');
    expect(await damaged(() => Buffer.from('<html>not found</html>'.repeat(20)))).toContain(
      'a MAT-file, level 5',
    );
  });

  it('finds a flipped bit in compressed data', async () => {
    const flipped = (bytes: Buffer): Buffer => {
      bytes[300] = (bytes[300] ?? 0) ^ 1;
      return bytes;
    };
    expect(await damaged(flipped, 'compressed.mat')).toContain('expected compressed data that unpacks');
  });

  it('allocates nothing for impossible sizes', async () => {
    // Labels that say they are 2 GB, in an element of a few bytes; before them the images as they are.
    const heading = Buffer.alloc(64);
    heading.set(u32(14, 2 ** 31, 6, 8, 9, 0, 5, 8, 2_000_000_000, 1, 0x10001, 0x79, 2, 2_000_000_000));
    const packed = deflateSync(heading);
    const images = fixture('arrays/plain.mat').subarray(0, 128 + 664);
    const message = await damaged(() => Buffer.concat([images, u32(15, packed.length), packed]));
    expect(message).toContain("the numbers of 'y', 2,000,000,000 bytes, got at most");
  });

  it('refuses labels that are no digits', async () => {
    const wrong = (bytes: Buffer): Buffer => {
      bytes.writeDoubleLE(77, bytes.length - 8);
      return bytes;
    };
    expect(await damaged(wrong)).toContain(
      'train_32x32.mat, y: expected labels from 0 to 9, got 77 for image 9',
    );
  });
});

const u32 = (...values: number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer);

/** Ten images of 1×2×3 and their labels, by hand, most significant byte first. */
function bigEndian(): Buffer {
  const word = (...values: number[]): Buffer => {
    const bytes = Buffer.alloc(4 * values.length);
    values.forEach((value, at) => bytes.writeUInt32BE(value, 4 * at));
    return bytes;
  };
  const array = (name: string, shape: number[], data: number[]): Buffer => {
    const padded = Buffer.alloc(Math.ceil(data.length / 8) * 8);
    padded.set(data);
    const lengths = Buffer.alloc(Math.ceil(shape.length / 2) * 8);
    shape.forEach((length, axis) => lengths.writeInt32BE(length, 4 * axis));
    const content = Buffer.concat([
      word(6, 8, 9, 0),
      word(5, 4 * shape.length),
      lengths,
      word(0x10001),
      Buffer.from(name.padEnd(4, '\0')),
      word(2, data.length),
      padded,
    ]);
    return Buffer.concat([word(14, content.length), content]);
  };
  const header = Buffer.alloc(128);
  header.write('MATLAB 5.0 MAT-file');
  header.set([1, 0, 0x4d, 0x49], 124);
  const pixels = Array.from({ length: 60 }, (_, at) => at);
  const labels = [10, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  return Buffer.concat([header, array('X', [1, 2, 3, 10], pixels), array('y', [10, 1], labels)]);
}
