import { evaluate, fitImage, resolveEngine, studentOf } from '@distilljs/core';
import type { Raster, RankedClass } from '@distilljs/core';
import { unzipSync } from 'fflate';
import { archiveOf } from './archive.js';
import { datasetOf, sampleData } from './data.js';
import { readyEngines } from './engine.js';
import { MOST_UNPACKED } from './limits.js';
import { openModel } from './model-files.js';
import { readOwnImages } from './own-data.js';
import type { OwnData, OwnFiles } from './own-data.js';
import { reportHtml } from './results.js';
import type { RunResults } from './results.js';
import { serveTasks } from './serve-tasks.js';
import type { Told } from './serve-tasks.js';
import { IMAGE, isLitter, nextId, sorted } from './sources.js';
import type { Given, Path } from './sources.js';
import { factsOf, measureTeacher } from './teacher.js';
import type { TeacherFacts } from './teacher.js';
import type { Cell, Measured, ModelFiles, OwnTeacher, PageData, SampleOptions } from './types.js';

/* Everything that the page wants done beside training, and that would hold up its frames. */

/** The engine for what is small: the same on every machine. */
const ready = readyEngines().then(() => resolveEngine('wasm'));

/** The visitor's images until training begins: the page has none of them. */
let own: Given = { files: [], emptyFolders: [] };

/** Paths of folders that the page is still handing over, by the number it gave the folder. */
const arriving = new Map<number, Path[]>();

/** Decoded images of one size: pictures from the camera are added one by one. */
let decoded: { readonly edge: number; readonly pixels: Map<number, Uint8Array> } | undefined;

const tasks = {
  sample: (options: SampleOptions): PageData => sampleData(options),

  /** Takes a few files of a folder; with the last ones the images among all of them by class. */
  takeFiles({ batch, paths, isLast }: Piece): Kept {
    const all = arriving.get(batch) ?? [];
    all.push(...paths);
    arriving.set(batch, all);
    if (!isLast) return keptSoFar();
    arriving.delete(batch);
    return keep(sorted(all));
  },

  /** Takes a picture of the camera. */
  takePicture: ({ folder, name, blob }: Picture): Kept =>
    keep({ files: [{ folder, name, blob, id: nextId() }], emptyFolders: [] }),

  async ownImages(
    { edge: wanted, isSampled }: Pick<OwnFiles, 'edge' | 'isSampled'>,
    told: Told,
  ): Promise<OwnData> {
    if (decoded?.edge !== wanted) decoded = { edge: wanted, pixels: new Map() };
    const { pixels } = decoded;
    const given = own;
    const blobs = new Map(given.files.map(({ id, blob }) => [id, blob]));
    const decode = async (id: number, edge: number): Promise<Uint8Array> => {
      const known = pixels.get(id);
      if (known !== undefined) return known;
      const blob = blobs.get(id) ?? new Blob();
      // Square, by the arithmetic of all other image data.
      const shape = { height: edge, width: edge, channels: 3, resize: 'crop' } as const;
      const { data } = fitImage(await rasterOf(blob), shape);
      pixels.set(id, data);
      return data;
    };
    return await readOwnImages({ ...given, edge: wanted, isSampled }, decode, told);
  },

  forgetImages(): void {
    own = { files: [], emptyFolders: [] };
    arriving.clear();
    decoded = undefined;
  },

  /** Takes the images of zips. */
  async unzip(files: readonly Blob[]): Promise<Kept> {
    const all = await Promise.all(files.map(unzipped));
    return keep(sorted(all.flat()));
  },

  async teacherFacts(teacher: Pick<OwnTeacher, 'name' | 'files'>): Promise<TeacherFacts> {
    await ready;
    return factsOf(teacher);
  },

  async measureTeacher(
    { teacher, data }: { readonly teacher: OwnTeacher; readonly data: PageData },
    told: Told,
  ): Promise<Measured> {
    const engine = await ready;
    return { ...(await measureTeacher(teacher, data, told)), engine };
  },

  async classify({
    files,
    image,
  }: {
    readonly files: ModelFiles;
    readonly image: Blob;
  }): Promise<readonly RankedClass[]> {
    await ready;
    const model = await openModel('student', files);
    const student = studentOf(model);
    try {
      return (await student.classify(await rasterOf(image))).classes;
    } finally {
      student.dispose();
    }
  },

  report: (results: RunResults): Promise<string> => reportHtml(results),

  /** The student with its page and its card, as a zip. */
  async archive({
    results,
    cell,
  }: {
    readonly results: RunResults;
    readonly cell: Cell;
  }): Promise<Uint8Array> {
    await ready;
    const { run, finished } = results;
    const files = finished[cell.name]?.files;
    if (files === undefined) throw new Error(`${cell.name} is not trained yet`);
    const model = await openModel(cell.method, files);
    const test = await datasetOf(run.data, 'test');
    const { normalization } = studentOf(model).metadata;
    // What the files give, not what the training remembered.
    const exported = (await evaluate(model, test, normalization)).accuracy;
    model.dispose();
    return await archiveOf(results, cell, exported);
  },
};

async function unzipped(file: Blob): Promise<readonly Path[]> {
  const refuse = (why: string): Error => new Error(`${why} Unpack it and drop the folder instead.`);
  if (file.size > MOST_UNPACKED) throw refuse('The zip is larger than 1 GB.');
  let bytes = 0;
  // Their folders are named when they hold no image.
  const others: string[] = [];
  let files: Record<string, Uint8Array<ArrayBuffer>>;
  try {
    files = unzipSync(new Uint8Array(await file.arrayBuffer()), {
      filter: ({ name, originalSize }) => {
        const isWanted = IMAGE.test(name) && !isLitter(name);
        if (isWanted) bytes += originalSize;
        else others.push(name);
        return isWanted && bytes <= MOST_UNPACKED;
      },
    });
  } catch {
    throw refuse('This is not a zip file, or it is damaged or encrypted.');
  }
  if (bytes > MOST_UNPACKED) throw refuse('The images in the zip take more than 1 GB.');
  return [
    ...Object.entries(files).map(([path, content]) => ({ path, blob: new Blob([content]) })),
    ...others.filter((path) => !path.endsWith('/')).map((path) => ({ path, blob: new Blob() })),
  ];
}

/** What the page needs to know of the visitor's images before they are decoded. */
interface Kept {
  /** All there are. */
  readonly images: number;
  readonly hasEmptyFolders: boolean;
}

interface Piece {
  readonly batch: number;
  readonly paths: readonly Path[];
  readonly isLast: boolean;
}

interface Picture {
  readonly folder: string;
  readonly name: string;
  readonly blob: Blob;
}

const keptSoFar = (): Kept => ({
  images: own.files.length,
  hasEmptyFolders: own.emptyFolders.length > 0,
});

function keep({ files, emptyFolders }: Given): Kept {
  own = { files: [...own.files, ...files], emptyFolders: [...own.emptyFolders, ...emptyFolders] };
  return keptSoFar();
}

async function rasterOf(blob: Blob): Promise<Raster> {
  // As stored, upright, and without colour management.
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: 'none' });
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (context === null) throw new Error('this browser draws no images in a worker');
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return {
    width,
    height,
    channels: 4,
    data: new Uint8Array(context.getImageData(0, 0, width, height).data.buffer),
  };
}

/** What a page may ask for. */
export type DeskTasks = typeof tasks;

serveTasks(tasks);
