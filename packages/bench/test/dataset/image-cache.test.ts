import {
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { channelStatistics, createRandom } from '@distilljs/core';
import type { Dataset } from '@distilljs/core';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { prepareAll } from '../../src/dataset/decoded/pool.js';
import { imageFacts, imageFolder, splitValidation } from '../../src/dataset/index.js';
import type { FolderOptions, Surroundings } from '../../src/dataset/index.js';
import { imageTree, png, refusalOf } from './image-files.js';

const colour = (at: number): Buffer => png(12, 12, [at, 2 * at, 255 - at]);
let tree: ReturnType<typeof imageTree>;
beforeEach(() => {
  const files = Array.from(
    { length: 12 },
    (_, at) => [`${at % 2 === 0 ? 'even' : 'odd'}/${at}.png`, colour(at)] as const,
  );
  tree = imageTree(Object.fromEntries(files));
});
afterEach(() => {
  tree.remove();
});

/** The splits, and how many images were decoded for them. */
async function load(
  options: Partial<FolderOptions> = {},
  surroundings: Surroundings = {},
): Promise<{ readonly train: Dataset; readonly test: Dataset; readonly decoded: number }> {
  let decoded = 0;
  const meter = (_: string, total: number): { update(): void; stop(): void } => {
    decoded = total;
    return { update: () => undefined, stop: () => undefined };
  };
  const where = { dir: tree.dir, cacheDir: tree.cacheDir, imageSize: 8 };
  const { splits } = await imageFolder({ ...where, ...options }, ['train', 'test'], {
    meter,
    ...surroundings,
  });
  return { train: splits.train as Dataset, test: splits.test as Dataset, decoded };
}

/** The shards of all caches. */
const shards = (): readonly string[] =>
  readdirSync(tree.cacheDir).flatMap((folder) =>
    readdirSync(join(tree.cacheDir, folder)).map((name) => join(tree.cacheDir, folder, name)),
  );

describe('the cache of decoded images', () => {
  it('names the folder that cannot be made, and how to choose another', async () => {
    vi.stubEnv('DISTILLJS_CACHE', join(tree.dir, 'even/0.png'));
    await expect(load({ cacheDir: undefined })).rejects.toThrow(
      /^cache of decoded images, .*0\.png.*: expected a folder that can be made, got a path below a file\. Name another folder with the environment variable DISTILLJS_CACHE/,
    );
    vi.unstubAllEnvs();
  });

  it('decodes each image once, and writes nothing into the data folder', async () => {
    const before = readdirSync(tree.dir);
    const once = await load();
    const again = await load();
    expect([once.decoded, again.decoded]).toEqual([12, 0]);
    expect(readdirSync(tree.dir)).toEqual(before);
    expect(again.train.fingerprint).toBe(once.train.fingerprint);
    expect(await again.train.image(3)).toEqual(await once.train.image(3));
    // Other splits are made of the same images, other sizes are not.
    expect((await load({ splitSeed: 3, testFraction: 0.5 })).decoded).toBe(0);
    expect((await load({ imageSize: [8, 16] })).decoded).toBe(12);
  });

  it('notices files that are changed, added and removed', async () => {
    const { train } = await load();
    tree.write('even/0.png', colour(99));
    tree.write('odd/new.png', colour(77));
    const after = await load();
    expect(after.decoded).toBe(2);
    expect(after.train.fingerprint).not.toBe(train.fingerprint);
    // Another time of change alone may mean another content.
    utimesSync(join(tree.dir, 'odd/1.png'), new Date(1e12), new Date(1e12));
    expect((await load()).decoded).toBe(1);
  });

  it('has a fingerprint of pixels and labels, wherever the files are', async () => {
    const { train } = await load();
    const other = imageTree(
      Object.fromEntries(
        Array.from({ length: 12 }, (_, at) => [`${at % 2 === 0 ? 'even' : 'odd'}/${at}.png`, colour(at)]),
      ),
    );
    const moved = await load({ dir: other.dir });
    other.remove();
    expect(moved.train.fingerprint).toBe(train.fingerprint);
  });

  it('decodes again what is cut off', async () => {
    await load();
    const [shard = ''] = shards();
    truncateSync(shard, statSync(shard).size - 5);
    expect((await load()).decoded).toBe(12);
  });

  it('refuses pixels that changed on the disk, and makes them again the next time', async () => {
    const { train } = await load();
    const [shard = ''] = shards();
    const bytes = readFileSync(shard);
    bytes.forEach((byte, at) => {
      if (at < 12 * 192) bytes[at] = byte ^ 1;
    });
    writeFileSync(shard, bytes);
    expect(await refusalOf(Promise.resolve(train.image(0)))).toMatch(
      /expected the pixels that were written, got other bytes\. The file was removed/,
    );
    const after = await load();
    expect(after.decoded).toBe(12);
    expect((await after.train.image(0)).length).toBe(192);
  });

  it('says that the cache was emptied', async () => {
    const { train } = await load();
    rmSync(tree.cacheDir, { recursive: true });
    expect(await refusalOf(Promise.resolve(train.image(0)))).toMatch(
      /expected decoded images, got no such file\. Was the cache emptied\? The same command decodes its images again\.$/,
    );
  });

  it.runIf(process.platform === 'linux')('opens a shard once, however often a set is loaded', async () => {
    const open = (): number => readdirSync('/proc/self/fd').length;
    await (await load()).train.image(0);
    const before = open();
    for (let again = 0; again < 5; again++) await (await load()).train.image(0);
    expect(open() - before).toBeLessThan(3);
  });

  it('knows the channel statistics of every part without reading a pixel', async () => {
    const { train } = await load();
    const { validation } = splitValidation(train, 0.5, createRandom(1));
    for (const part of [train, validation]) {
      const unread = { ...part, image: () => Promise.reject(new Error('was read')) };
      const unknown = { ...part, pixelSums: () => undefined };
      expect(await channelStatistics(unread)).toEqual(await channelStatistics(unknown));
    }
  });

  it('serves two at the same time', async () => {
    const [one, two] = await Promise.all([load(), load()]);
    expect(one.train.fingerprint).toBe(two.train.fingerprint);
    expect((await load()).decoded).toBe(0);
  });

  it('keeps what is done when it is stopped, and leaves nothing unfinished', async () => {
    const stop = new AbortController();
    const meter = (): { update(done: number): void; stop(): void } => ({
      update: (done) => {
        if (done === 5) stop.abort();
      },
      stop: () => undefined,
    });
    await expect(load({}, { meter, signal: stop.signal })).rejects.toThrow('aborted');
    expect(shards().every((path) => path.endsWith('.images'))).toBe(true);
    expect((await load()).decoded).toBe(7);
  });
});

describe('threads', () => {
  it('prepare the same pixels, in any order, and say what is damaged', async () => {
    const bundle = fileURLToPath(
      new URL('../../../../node_modules/.cache/decode-worker-test.mjs', import.meta.url),
    );
    await build({
      entryPoints: [fileURLToPath(new URL('../../src/dataset/decoded/worker.ts', import.meta.url))],
      outfile: bundle,
      bundle: true,
      format: 'esm',
      platform: 'node',
      packages: 'external',
      conditions: ['@distilljs/source'],
      alias: { '@distilljs/core': fileURLToPath(new URL('../../../core/src/index.ts', import.meta.url)) },
      logLevel: 'error',
    });
    const { train } = await load();
    const paths = [...(imageFacts(train)?.paths ?? [])];
    const jobs = [
      ...Array.from({ length: 60 }, (_, at) => paths[at % paths.length] ?? ''),
      join(tree.dir, 'gone.png'),
    ];
    const digests = new Map<number, string>();
    await prepareAll(
      jobs.length,
      (at) => Promise.resolve({ path: jobs[at] ?? '' }),
      { height: 8, width: 8, channels: 3, resize: 'crop', decoder: 'auto' },
      (at, prepared) => {
        digests.set(at, 'reason' in prepared ? prepared.reason : prepared.digest);
        return Promise.resolve();
      },
      { script: pathToFileURL(bundle) },
    );
    const expected = imageFacts(train)?.digests ?? [];
    expect(digests.size).toBe(61);
    for (let at = 0; at < 60; at++) expect(digests.get(at)).toBe(expected[at % expected.length]);
    expect(digests.get(60)).toBe('no such file');
  });
});
