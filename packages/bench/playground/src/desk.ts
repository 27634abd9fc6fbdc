import { evaluate, fitImage, resolveEngine, studentOf } from '@distilljs/core';
import type { Raster, RankedClass } from '@distilljs/core';
import { unzipSync } from 'fflate';
import { archiveOf } from './archive.js';
import { datasetOf, sampleData } from './data.js';
import { readyEngines } from './engine.js';
import { openModel } from './model-files.js';
import { reportHtml } from './results.js';
import type { RunResults } from './results.js';
import { factsOf, measureTeacher } from './teacher.js';
import type { TeacherFacts } from './teacher.js';
import type { Measured, ModelFiles, OwnTeacher, PageData, SampleOptions } from './types.js';

/* Everything that the page wants done beside training, and that would hold up its frames. */

/** The engine for what is small: the same on every machine. */
const ready = readyEngines().then(() => resolveEngine('wasm'));

const tasks = {
  sample: (options: SampleOptions): PageData => sampleData(options),

  /** An image file as square pixels, by the arithmetic of all other image data. */
  async decode({ blob, edge }: { readonly blob: Blob; readonly edge: number }): Promise<Uint8Array> {
    return fitImage(await rasterOf(blob), { height: edge, width: edge, channels: 3, resize: 'crop' }).data;
  },

  async unzip(file: Blob): Promise<readonly { readonly path: string; readonly blob: Blob }[]> {
    const entries = Object.entries(unzipSync(new Uint8Array(await file.arrayBuffer())));
    return entries
      .filter(([path]) => !path.endsWith('/'))
      .map(([path, bytes]) => ({ path, blob: new Blob([bytes]) }));
  },

  async teacherFacts(teacher: Pick<OwnTeacher, 'name' | 'files'>): Promise<TeacherFacts> {
    await ready;
    return factsOf(teacher);
  },

  async measureTeacher({
    teacher,
    data,
  }: {
    readonly teacher: OwnTeacher;
    readonly data: PageData;
  }): Promise<Measured> {
    const engine = await ready;
    const sets = {
      train: datasetOf(data, data.train),
      validation: datasetOf(data, data.validation),
      test: datasetOf(data, data.test),
    };
    return { ...(await measureTeacher(teacher, data, sets)), engine };
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
    method,
  }: {
    readonly results: RunResults;
    readonly method: string;
  }): Promise<Uint8Array> {
    await ready;
    const { run, finished } = results;
    const files = finished[method]?.files;
    if (files === undefined) throw new Error(`${method} is not trained yet`);
    const model = await openModel(method, files);
    const test = datasetOf(run.data, run.data.test);
    const { normalization } = studentOf(model).metadata;
    // What the files give, not what the training remembered.
    const exported = (await evaluate(model, test, normalization)).accuracy;
    model.dispose();
    return await archiveOf(results, method, exported);
  },
};

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

interface Asked {
  readonly id: number;
  readonly task: keyof DeskTasks;
  readonly given: unknown;
}

self.addEventListener('message', ({ data: { id, task, given } }: MessageEvent<Asked>) => {
  Promise.resolve()
    .then(() => (tasks as Record<string, (given: unknown) => unknown>)[task]?.(given))
    .then(
      (value) => {
        self.postMessage({ id, value });
      },
      (error: unknown) => {
        self.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
      },
    );
});
