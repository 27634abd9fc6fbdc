import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join, relative, resolve } from 'node:path';
import type { Dataset } from '@distilljs/core';
import { decoderIdentity } from '../image/index.js';
import type { Channels, DecoderName, ResizeMode } from '../image/index.js';
import { absenceAt, fileKind, statsAt } from '../file/index.js';
import { prepareAll } from './decoded/pool.js';
import { openStore } from './decoded/store.js';
import type { ImageStore, Stored } from './decoded/store.js';
import type { LoadedSplits, Split, Surroundings } from './format.js';
import type { ImageItem, LayoutItems } from './image-item.js';
import { damagedCount, damagedError, damagedList, expectClasses } from './damaged-files.js';
import type { DamagedFile } from './damaged-files.js';
import { digest, expectIndex } from './subset.js';

/** How image files become images of one size. */
export interface ImageOptions {
  /** Edge, or height and width. */
  readonly imageSize: number | readonly [height: number, width: number];
  /** 1 grey, 3 colours, 4 with alpha. Default 3. Without alpha, transparent pixels are laid over white. */
  readonly channels?: Channels | undefined;
  /** Default `crop`. */
  readonly resize?: ResizeMode | undefined;
  /** What to do with files that cannot be decoded: `error` (default) lists them, `skip` leaves them out, with a note. */
  readonly onDamaged?: 'error' | 'skip' | undefined;
  /** Folder of decoded images. Default: {@link defaultCacheDir}. */
  readonly cacheDir?: string | undefined;
  /** Default `auto`: sharp where it is installed. */
  readonly decoder?: DecoderName | undefined;
}

/** A set of image files. */
export interface ImageSet extends LayoutItems {
  readonly name: string;
  /** Folder that holds the files; part of the cache key. */
  readonly root: string;
  readonly images: ImageOptions;
}

/** The files behind a dataset. */
export interface ImageFacts {
  /** One per image. */
  readonly paths: readonly string[];
  /** Digest of each image's pixels. */
  readonly digests: readonly string[];
  readonly damaged: readonly DamagedFile[];
}

const known = new WeakMap<Dataset, ImageFacts>();

/** The files of a dataset that {@link imageSet} made; undefined for others, and for parts of one. */
export const imageFacts = (dataset: Dataset): ImageFacts | undefined => known.get(dataset);

/** To be raised when the same file and settings would give different pixels. */
const VERSION = 3;

/**
 * Where decoded images are kept: DISTILLJS_CACHE, or the user's cache folder (XDG_CACHE_HOME, ~/.cache, ~/Library/Caches,
 * %LOCALAPPDATA%) with `distilljs` in it.
 */
export function defaultCacheDir(): string {
  const { DISTILLJS_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (DISTILLJS_CACHE !== undefined && DISTILLJS_CACHE !== '') return resolve(DISTILLJS_CACHE);
  if (process.platform === 'win32')
    return join(LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'distilljs');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'distilljs');
  return join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'distilljs');
}

/**
 * Datasets over image files. Each file is decoded once, to the training size, into the cache; later its pixels are read from
 * there. A file whose size or modification time changed is decoded again.
 *
 * @throws DistillError code `data` for damaged files (unless they are skipped), and for a class that has no image
 */
export async function imageSet(
  set: ImageSet,
  wanted: readonly Split[],
  surroundings: Surroundings = {},
): Promise<LoadedSplits> {
  const { items, images, classNames, name } = set;
  const [height, width] =
    typeof images.imageSize === 'number' ? [images.imageSize, images.imageSize] : images.imageSize;
  const { channels = 3, resize = 'crop', decoder = 'auto', onDamaged = 'error' } = images;
  const root = realpathSync(set.root);
  const settings = { height, width, channels, resize, decoder };
  const identity = JSON.stringify([VERSION, root, { ...settings, decoder: await decoderIdentity(decoder) }]);
  const folder = join(
    images.cacheDir ?? defaultCacheDir(),
    `${safeName(root)}-${digest(identity).slice(0, 12)}`,
  );
  const store = openStore(folder, height * width * channels);
  const present = wanted.filter((split) => items[split] !== undefined);
  const all = present.flatMap((split) => (items[split] ?? []).map((item) => ({ split, item })));
  const keyed = all.map((each) => ({ ...each, ...keyOf(each.item, root) }));
  const damaged = await decodeMissing(store, keyed, settings, surroundings);
  for (const { item, reason } of keyed) if (reason !== undefined) damaged.push({ path: item.path, reason });
  if (damaged.length > 0 && onDamaged === 'error') throw damagedError(set.root, damaged, all.length);

  const splits: Partial<Record<Split, Dataset>> = {};
  for (const split of present) {
    const kept = keyed.flatMap((each) => {
      const stored = each.split === split && each.key !== undefined ? store.find(each.key) : undefined;
      return stored === undefined ? [] : [{ item: each.item, stored }];
    });
    expectClasses(set.root, split, kept, classNames, damaged);
    const shape = [height, width, channels] as const;
    const dataset = datasetOf(name, kept, classNames, { shape, resize }, store);
    known.set(dataset, {
      paths: kept.map(({ item }) => item.path),
      digests: kept.map(({ stored }) => stored.digest),
      damaged,
    });
    splits[split] = dataset;
  }
  const left =
    damaged.length === 0 ? [] : [`${damagedCount(damaged.length)} left out: ${damagedList(damaged, root)}`];
  return { splits, notes: [...(set.notes ?? []), ...left] };
}

interface Keyed {
  readonly item: ImageItem;
  /** Undefined where the path is not a file. */
  readonly key?: string | undefined;
  readonly reason?: string | undefined;
}

/** A key that changes when the file does. */
function keyOf({ path, source }: ImageItem, root: string): Omit<Keyed, 'item'> {
  const key = (...parts: readonly unknown[]): { key: string } => ({
    key: createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32),
  });
  if (source !== undefined) return key(path, source.stamp);
  const stats = statsAt(path);
  if (stats === undefined) return { reason: absenceAt(path) ?? 'no such file' };
  if (!stats.isFile()) return { reason: fileKind(stats) };
  return key(relative(root, realPath(path)), stats.size, stats.mtimeMs);
}

function realPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}

/** Decodes the images that the store lacks. When the signal stops it, finished images are kept. */
async function decodeMissing(
  store: ImageStore,
  all: readonly Keyed[],
  settings: Parameters<typeof prepareAll>[2],
  { meter, signal }: Surroundings,
): Promise<DamagedFile[]> {
  const missing = [
    ...new Map(all.flatMap((each) => (each.key === undefined ? [] : [[each.key, each] as const]))),
  ].filter(([key]) => store.find(key) === undefined);
  const damaged: DamagedFile[] = [];
  if (missing.length === 0) return damaged;
  const display = meter?.('Decoding images', missing.length);
  const writer = store.writer();
  let done = 0;
  const load = async (place: number): Promise<{ path: string; bytes?: Uint8Array }> => {
    const item = missing[place]?.[1].item as ImageItem;
    return item.source === undefined
      ? { path: item.path }
      : { path: item.path, bytes: await item.source.read() };
  };
  try {
    await prepareAll(
      missing.length,
      load,
      settings,
      async (place, prepared) => {
        const [key, { item }] = missing[place] as (typeof missing)[number];
        if ('reason' in prepared) damaged.push({ path: item.path, reason: prepared.reason });
        else await writer.add(key, prepared);
        display?.update(++done);
      },
      { signal },
    );
    await writer.close();
  } finally {
    await writer.abandon();
    display?.stop();
  }
  signal?.throwIfAborted();
  return damaged;
}

function datasetOf(
  name: string,
  kept: readonly { readonly item: ImageItem; readonly stored: Stored }[],
  classNames: readonly string[],
  { shape: imageShape, resize }: { readonly shape: Dataset['imageShape']; readonly resize: ResizeMode },
  store: ImageStore,
): Dataset {
  const labels = Int32Array.from(kept, ({ item }) => item.label);
  const superclasses = kept.some(({ item }) => item.superclass !== undefined)
    ? Int32Array.from(kept, ({ item }) => item.superclass ?? 0)
    : undefined;
  const weights = kept.some(({ item }) => item.weight !== undefined)
    ? Float32Array.from(kept, ({ item }) => item.weight ?? 1)
    : undefined;
  return {
    name,
    resize,
    size: kept.length,
    imageShape,
    classes: classNames.length,
    labels,
    superclasses,
    ...(weights !== undefined && { weights }),
    classNames,
    image(index) {
      expectIndex(name, index, kept.length);
      return store.pixels((kept[index] as (typeof kept)[number]).stored);
    },
    pixelSums: (index) => kept[index]?.stored.sums,
    fingerprint: digest(
      'image set',
      JSON.stringify(imageShape),
      labels,
      superclasses ?? '',
      ...(weights === undefined ? [] : [weights.join(' ')]),
      // Joined, not spread as arguments: a million would overflow the stack.
      kept.map(({ stored }) => stored.digest).join(' '),
    ),
  };
}

/** The folder's name in characters that every file system takes. */
const safeName = (root: string): string =>
  basename(root)
    .replace(/[^A-Za-z0-9_-]+/g, '_')
    .slice(0, 40) || 'images';
