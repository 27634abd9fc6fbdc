import { DistillError, teacherFrom } from '@distilljs/core';
import type { FrozenNetwork, TeacherInput } from '@distilljs/core';

/**
 * A teacher that has seen no image of the visitor's classes: CLIP knows them by their names. Radford et al., "Learning
 * Transferable Visual Models From Natural Language Supervision", ICML 2021, https://arxiv.org/abs/2103.00020
 */

/** What is used of `@huggingface/transformers`. */
export interface Transformers {
  readonly AutoTokenizer: Loaded<(texts: string[], options: object) => object>;
  readonly AutoProcessor: Loaded<(images: object[]) => Promise<object>>;
  readonly CLIPTextModelWithProjection: Loaded<(inputs: object) => Promise<{ readonly text_embeds: Rows }>>;
  readonly CLIPVisionModelWithProjection: Loaded<
    (inputs: object) => Promise<{ readonly image_embeds: Rows }>
  >;
  readonly RawImage: new (data: Uint8ClampedArray, width: number, height: number, channels: number) => object;
}
interface Loaded<Call> {
  from_pretrained(model: string, options?: object): Promise<Call>;
}
interface Rows {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** Bytes so far, of the file that is under way. */
export interface Download {
  readonly file: string;
  readonly loaded: number;
  readonly total: number;
}

export interface ClipTeacherOptions {
  readonly classNames: readonly string[];
  readonly imageShape: readonly [number, number, number];
  readonly onDownload?: ((download: Download) => void) | undefined;
  /** Default: the library from jsDelivr, which a thread of `online.html` may ask. */
  readonly load?: (() => Promise<Transformers>) | undefined;
}

const LIBRARY = 'https://cdn.jsdelivr.net/npm/@huggingface/transformers@4.3.2';
export const CLIP_MODEL = 'Xenova/clip-vit-base-patch32';
/** `exp` of the temperature that CLIP learned. */
const SCALE = 100;
/** Numbers of an image's embedding. */
export const CLIP_WIDTH = 512;
/** Asked for together: more would fill a small machine's memory. */
const TOGETHER = 16;

/** Its pixels are 0…255; the model's own processor resizes and normalizes them. */
export const CLIP_INPUT: TeacherInput = {
  normalization: { mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255] },
};

/**
 * Logits are `100 · cos(image, "a photo of a NAME")`; the tap `embedding` is the image's unit vector of 512 numbers.
 *
 * @throws DistillError code `platform` where the library or the model cannot be had
 */
export async function clipTeacher(options: ClipTeacherOptions): Promise<FrozenNetwork> {
  const { classNames, imageShape, onDownload, load = fromNetwork } = options;
  const { RawImage, texts, processor, vision } = await load()
    .then((library) => opened(library, classNames, onDownload))
    .catch((cause: unknown) => {
      throw unreachable(cause);
    });
  const [height, width, channels] = imageShape;
  const size = height * width * channels;
  const embedded = async (values: Float32Array): Promise<Float32Array> => {
    const images = Array.from(
      { length: values.length / size },
      (_, at) =>
        new RawImage(
          Uint8ClampedArray.from(values.subarray(at * size, (at + 1) * size)),
          width,
          height,
          channels,
        ),
    );
    return unitRows((await vision(await processor(images))).image_embeds);
  };
  return teacherFrom(
    async ({ values, shape: [batch] }) => {
      const embedding = new Float32Array(batch * CLIP_WIDTH);
      for (let at = 0; at < batch; at += TOGETHER) {
        const part = values.subarray(at * size, Math.min(at + TOGETHER, batch) * size);
        embedding.set(await embedded(part), at * CLIP_WIDTH);
      }
      return { logits: cosines(embedding, texts, classNames.length), taps: { embedding } };
    },
    {
      name: 'CLIP',
      classes: classNames,
      imageShape,
      taps: { embedding: [CLIP_WIDTH] },
      version: JSON.stringify([CLIP_MODEL, classNames]),
    },
  );
}

async function opened(
  library: Transformers,
  classNames: readonly string[],
  onDownload: ((download: Download) => void) | undefined,
) {
  const options = {
    dtype: 'q8',
    progress_callback: (given: Partial<Download> & { readonly status: string }) => {
      const { status, file = '', loaded = 0, total = 0 } = given;
      if (status === 'progress') onDownload?.({ file, loaded, total });
    },
  };
  const tokenizer = await library.AutoTokenizer.from_pretrained(CLIP_MODEL);
  const processor = await library.AutoProcessor.from_pretrained(CLIP_MODEL);
  const language = await library.CLIPTextModelWithProjection.from_pretrained(CLIP_MODEL, options);
  const prompts = classNames.map((name) => `a photo of a ${spoken(name)}`);
  const texts = unitRows(
    (await language(tokenizer(prompts, { padding: true, truncation: true }))).text_embeds,
  );
  const vision = await library.CLIPVisionModelWithProjection.from_pretrained(CLIP_MODEL, options);
  return { RawImage: library.RawImage, texts, processor, vision };
}

/** A folder's name as one would say it. */
export const spoken = (name: string): string =>
  name
    .replaceAll(/[_-]+/g, ' ')
    .replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .trim()
    .toLowerCase();

function unitRows({ data, dims: [rows = 0] }: Rows): Float32Array {
  const unit = Float32Array.from(data);
  const width = unit.length / rows;
  for (let row = 0; row < rows; row++) {
    const part = unit.subarray(row * width, (row + 1) * width);
    const norm = Math.hypot(...part);
    part.forEach((value, at) => {
      part[at] = value / norm;
    });
  }
  return unit;
}

function cosines(images: Float32Array, texts: Float32Array, classes: number): Float32Array {
  return Float32Array.from({ length: (images.length / CLIP_WIDTH) * classes }, (_, at) => {
    const [image, text] = [Math.floor(at / classes) * CLIP_WIDTH, (at % classes) * CLIP_WIDTH];
    let sum = 0;
    for (let i = 0; i < CLIP_WIDTH; i++) sum += (images[image + i] ?? 0) * (texts[text + i] ?? 0);
    return SCALE * sum;
  });
}

const fromNetwork = async (): Promise<Transformers> =>
  (await import(/* @vite-ignore */ LIBRARY)) as Transformers;

function unreachable(cause: unknown): DistillError {
  return new DistillError({
    code: 'platform',
    where: 'teacher CLIP',
    expected:
      'its model (about 150 MB) from huggingface.co and the library transformers.js from cdn.jsdelivr.net',
    got: `"${(cause instanceof Error ? cause.message : String(cause)).split('\n')[0]?.slice(0, 200) ?? ''}"`,
    hint: 'Connect to the network and try again, or use the built-in teacher, which needs none.',
    cause,
  });
}
