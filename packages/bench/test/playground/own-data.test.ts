import { DistillError } from '@distilljs/core';
import { describe, expect, it } from 'vitest';
import { seededSample } from '../../playground/src/data.js';
import { mostImages, sentenceOf } from '../../playground/src/limits.js';
import { METHODS } from '../../playground/src/methods.js';
import { readOwnImages } from '../../playground/src/own-data.js';
import type { OwnFiles } from '../../playground/src/own-data.js';
import { findMethod } from '../../src/run/method-catalog.js';

const files = (sizes: Readonly<Record<string, number>>): OwnFiles['files'] =>
  Object.entries(sizes).flatMap(([folder, count], label) =>
    Array.from({ length: count }, (_, at) => ({
      folder,
      name: `${folder}/${at}.png`,
      id: 1_000_000 * label + at,
    })),
  );
const told = { progress: () => undefined, signal: new AbortController().signal };
const edge = 32;
const given = (sizes: Readonly<Record<string, number>>): OwnFiles => ({
  files: files(sizes),
  emptyFolders: [],
  edge,
  isSampled: false,
});

describe('images of a visitor', () => {
  it('are refused where a tab cannot hold them, before one is decoded', async () => {
    const most = mostImages(edge);
    const decode = (): never => {
      throw new Error('decoded');
    };
    const found = await readOwnImages(given({ cats: most, dogs: 1 }), decode, told);
    expect(found).toMatchObject({ data: undefined, isTooMany: true });
    expect(found.problems).toEqual([
      `${(most + 1).toLocaleString('en-US')} images of 32 × 32 pixels are too many for a tab with 4 GB: ${most.toLocaleString('en-US')} fit. Take a sample, which keeps every class's share, or choose a smaller size.`,
    ]);
  });

  it('are sampled with every class’s share, the same each time', () => {
    const labels = Array.from({ length: 300 }, (_, at) => (at < 200 ? 0 : 1));
    const chosen = seededSample(labels, 2, 30);
    expect(chosen.filter((at) => labels[at] === 0)).toHaveLength(20);
    expect(chosen).toHaveLength(30);
    expect(seededSample(labels, 2, 30)).toEqual(chosen);
  });

  it('lie in three parts, without those that are damaged and classes that are too small', async () => {
    const decode = (id: number, size: number): Promise<Uint8Array> =>
      id === 3
        ? Promise.reject(new Error('no image'))
        : Promise.resolve(new Uint8Array(size * size * 3).fill(id % 256));
    const { data, problems } = await readOwnImages(given({ cats: 11, dogs: 10, one: 1 }), decode, told);
    expect(data?.classNames).toEqual(['cats', 'dogs']);
    const sizes = [data?.train, data?.validation, data?.test].map((part) => part?.labels.length);
    expect(sizes).toEqual([14, 2, 4]);
    expect(data?.train.pixels.size).toBe(14 * 32 * 32 * 3);
    expect(problems).toEqual([
      '1 image cannot be decoded and is left out: cats/3.png.',
      'The class one has fewer than 3 images and is left out. A class needs one image each to train on, to choose the best epoch by, and to test on.',
    ]);
  });

  it('are abandoned when nobody waits for them any more', async () => {
    const stop = new AbortController();
    let decoded = 0;
    const decode = (_: number, size: number): Promise<Uint8Array> => {
      if (++decoded === 2) stop.abort();
      return Promise.resolve(new Uint8Array(size * size * 3));
    };
    const found = await readOwnImages(given({ cats: 5, dogs: 5 }), decode, { ...told, signal: stop.signal });
    expect([found.data, decoded]).toEqual([undefined, 2]);
  });
});

describe('the methods of the page', () => {
  it('are those of the bench, in its words', () => {
    const words = Object.keys(METHODS).map((name) => [name, findMethod(name)?.summary]);
    expect(Object.entries(METHODS)).toEqual(words);
  });
});

describe('errors on the page', () => {
  it.each([
    'Array buffer allocation failed',
    'Aborted(OOM)',
    'WebAssembly.Memory(): could not allocate memory',
  ])('say what to do about %s', (words) => {
    expect(sentenceOf(new RangeError(words))).toMatch(/^There is not enough memory .*smaller student\.$/);
  });

  it('keep the words and the way on of ours', () => {
    const error = new DistillError({
      code: 'engine',
      where: 'step 3',
      expected: 'a device that works',
      got: 'device out of memory',
      hint: 'Use a smaller batch.',
    });
    expect(sentenceOf(error)).toBe(error.message);
  });
});
