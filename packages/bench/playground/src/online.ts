import * as tf from '@tensorflow/tfjs-core';
import { askTeacher, resolveEngine } from '@distilljs/core';
import { CLIP_INPUT, clipTeacher } from './clip-teacher.js';
import { datasetOf } from './data.js';
import { readyEngines } from './engine.js';
import { serveTasks } from './serve-tasks.js';
import type { Told } from './serve-tasks.js';
import { measured } from './teacher.js';
import type { Finished, PageData } from './types.js';

/* The one thread that uses the network, when somebody asks for CLIP: it downloads the model, and ends when it has answered. */

/** Images that CLIP is asked about at a time, between two words about how far it is. */
const BATCH = 8;

const tasks = {
  /** What CLIP says of each training image, and how good it is on the others. */
  async clip(data: PageData, { progress, signal }: Told): Promise<Finished> {
    await readyEngines();
    const engine = await resolveEngine('wasm');
    const { imageShape, classNames } = data;
    progress({ done: 0, total: 1, words: 'Asking cdn.jsdelivr.net for transformers.js.' });
    const teacher = await clipTeacher({
      classNames,
      imageShape,
      onDownload: ({ file, loaded, total }) => {
        const words = `Downloading ${file} from huggingface.co: ${megabytes(loaded)} of ${megabytes(total)} MB.`;
        progress({ done: loaded, total, words });
      },
    });
    const train = await datasetOf(data, 'train');
    const rows: { logits: Float32Array<ArrayBuffer>; embedding: Float32Array<ArrayBuffer> }[] = [];
    for (let at = 0; at < train.size && !signal.aborted; at += BATCH) {
      const positions = Array.from({ length: Math.min(BATCH, train.size - at) }, (_, place) => at + place);
      const pixels = Float32Array.from(positions.flatMap((each) => [...(train.image(each) as Uint8Array)]));
      const images = tf.tensor4d(pixels, [positions.length, ...imageShape]);
      const output = await askTeacher(teacher, images, ['embedding']);
      rows.push({
        logits: Float32Array.from(await output.logits.data<'float32'>()),
        embedding: Float32Array.from(await output.tap('embedding').data<'float32'>()),
      });
      images.dispose();
      output.dispose();
      const words = `Looking at image ${Math.min(at + BATCH, train.size)} of ${train.size}.`;
      progress({ done: at + BATCH, total: train.size, words });
    }
    const told: Told = {
      signal,
      progress: ({ done, total }) => {
        progress({ done, total, words: 'Looking at the test images.' });
      },
    };
    const figures = await measured(teacher, CLIP_INPUT, {
      data,
      told,
      source: 'CLIP, by the names of the classes',
    });
    return {
      measured: { ...figures, engine },
      files: undefined,
      outputs: {
        logits: new Blob(rows.map(({ logits }) => logits)),
        embedding: new Blob(rows.map(({ embedding }) => embedding)),
      },
    };
  },
};

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

/** What may be asked. */
export type OnlineTasks = typeof tasks;

serveTasks(tasks);
