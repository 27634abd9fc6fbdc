import type { OnnxSession } from './onnx-session.js';

/** Axis order of an ONNX graph's images. */
export type ImageLayout = 'nchw' | 'nhwc';

/** A session, and the form of the images that it takes. */
export interface OnnxImages {
  readonly session: OnnxSession;
  readonly layout: ImageLayout;
  /** The graph's fixed batch size; undefined for any size. */
  readonly batch: number | undefined;
}

/** Values of a batch. */
export interface Numbers {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

/** Computes values for a batch, in parts if the graph has a fixed batch size. Input and output maps are NHWC. */
export async function askOnnx(
  { session, layout, batch: fixed }: OnnxImages,
  given: { readonly values: Float32Array; readonly shape: readonly [number, number, number, number] },
  wanted: readonly string[],
): Promise<ReadonlyMap<string, Numbers>> {
  const [count, height, width, channels] = given.shape;
  const size = height * width * channels;
  const batch = fixed ?? count;
  const parts: ReadonlyMap<string, Numbers>[] = [];
  for (let start = 0; start < count; start += batch) {
    // The last part is padded with zeros, whose rows are dropped.
    const images = new Float32Array(batch * size);
    images.set(given.values.subarray(start * size, Math.min(count, start + batch) * size));
    const found =
      layout === 'nhwc'
        ? await session.run(images, [batch, height, width, channels], wanted)
        : await session.run(
            channelsFirst(images, [batch, height, width, channels]),
            [batch, channels, height, width],
            wanted,
          );
    parts.push(found);
  }
  return new Map(
    wanted.map((value) => {
      const all = parts.map((part) => part.get(value) as Numbers);
      const [, ...axes] = all[0]?.shape ?? [];
      const isMap = layout === 'nchw' && axes.length === 3;
      const row = axes.reduce((product, axis) => product * axis, 1);
      const joined = new Float32Array(all.length * batch * row);
      all.forEach(({ values, shape }, at) => {
        joined.set(isMap ? channelsLast(values, shape) : values, at * batch * row);
      });
      const [c = 0, h = 0, w = 0] = axes;
      const shape = [count, ...(isMap ? [h, w, c] : axes)];
      return [value, { values: joined.subarray(0, count * row), shape }] as const;
    }),
  );
}

const channelsFirst = (values: Float32Array, [n, h, w, c]: readonly number[]): Float32Array =>
  swapped(values, n ?? 0, (h ?? 0) * (w ?? 0), c ?? 0);
const channelsLast = (values: Float32Array, [n, c, h, w]: readonly number[]): Float32Array =>
  swapped(values, n ?? 0, c ?? 0, (h ?? 0) * (w ?? 0));

/** Transposes `[n, rows, columns]` to `[n, columns, rows]`. */
function swapped(values: Float32Array, n: number, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let at = 0, image = 0; image < n; image++)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        result[image * rows * columns + column * rows + row] = values[at++] ?? 0;
  return result;
}
