import * as tf from '@tensorflow/tfjs-core';
import { askTeacher, resolveEngine } from '@distilljs/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { clipTeacher, spoken } from '../../playground/src/clip-teacher.js';
import type { Transformers } from '../../playground/src/clip-teacher.js';

interface Image {
  readonly data: Uint8ClampedArray;
}

/** A library whose texts are axes, and whose images point along the axis of their mean's hundred. */
function library(asked: { prompts: string[]; sizes: number[] }): Transformers {
  const rows = (indices: readonly number[], length: number) => {
    const data = new Float32Array(indices.length * 512);
    indices.forEach((axis, row) => {
      data[row * 512 + axis] = length;
    });
    return { data, dims: [indices.length, 512] };
  };
  const loaded = <Call>(call: Call) => ({ from_pretrained: () => Promise.resolve(call) });
  return {
    AutoTokenizer: loaded((texts: string[]) => ({ texts })),
    AutoProcessor: loaded((images: object[]) => Promise.resolve({ images })),
    CLIPTextModelWithProjection: {
      from_pretrained: (_: string, options: { progress_callback?: (report: object) => void } = {}) => {
        options.progress_callback?.({ status: 'initiate', file: 'text.onnx' });
        options.progress_callback?.({ status: 'progress', file: 'text.onnx', loaded: 1, total: 2 });
        return Promise.resolve((inputs: object) => {
          asked.prompts = (inputs as { texts: string[] }).texts;
          return Promise.resolve({
            text_embeds: rows(
              asked.prompts.map((_, at) => at),
              7,
            ),
          });
        });
      },
    },
    CLIPVisionModelWithProjection: loaded((inputs: object) => {
      const { images } = inputs as { images: Image[] };
      asked.sizes.push(images.length);
      const means = images.map(({ data }) => data.reduce((sum, value) => sum + value / data.length, 0));
      return Promise.resolve({
        image_embeds: rows(
          means.map((mean) => Math.round(mean / 100)),
          3,
        ),
      });
    }),
    RawImage: class {
      constructor(
        readonly data: Uint8ClampedArray,
        readonly width: number,
        readonly height: number,
        readonly channels: number,
      ) {}
    },
  };
}

beforeAll(async () => {
  await resolveEngine('cpu');
});

describe('CLIP as the teacher of the playground', () => {
  const classNames = ['red_fox', 'SnowOwl', 'cat'];

  it('gives a hundred times the cosine of image and prompt, and the image as embedding', async () => {
    const asked = { prompts: [] as string[], sizes: [] as number[] };
    const seen: object[] = [];
    const teacher = await clipTeacher({
      classNames,
      imageShape: [2, 2, 3],
      load: () => Promise.resolve(library(asked)),
      onDownload: (report) => seen.push(report),
    });
    expect(asked.prompts).toEqual(['a photo of a red fox', 'a photo of a snow owl', 'a photo of a cat']);
    expect(seen).toEqual([{ file: 'text.onnx', loaded: 1, total: 2 }]);
    // Twenty images, which are more than it asks for together.
    const values = Float32Array.from({ length: 20 * 12 }, (_, at) => (Math.floor(at / 12) % 3) * 100);
    const output = await askTeacher(teacher, tf.tensor4d(values, [20, 2, 2, 3]), ['embedding']);
    const rows = output.logits.arraySync();
    expect(rows.slice(0, 3)).toEqual([
      [100, 0, 0],
      [0, 100, 0],
      [0, 0, 100],
    ]);
    expect(rows[19]).toEqual([0, 100, 0]);
    expect(output.tap('embedding').shape).toEqual([20, 512]);
    expect(asked.sizes).toEqual([16, 4]);
  });

  it('says in one sentence what it could not get, and what is available instead', async () => {
    const load = () => Promise.reject(new TypeError('Failed to fetch dynamically imported module'));
    await expect(clipTeacher({ classNames, imageShape: [2, 2, 3], load })).rejects.toMatchObject({
      code: 'platform',
      where: 'teacher CLIP',
      got: '"Failed to fetch dynamically imported module"',
      hint: expect.stringContaining('built-in teacher') as string,
    });
  });

  it.each([
    ['red_fox', 'red fox'],
    ['GoldenRetriever', 'golden retriever'],
    ['ice-cream ', 'ice cream'],
    ['Ähre', 'ähre'],
  ])('reads the folder %s as "%s"', (name, said) => {
    expect(spoken(name)).toBe(said);
  });
});
