import { DistillError } from '../error/index.js';
import { shapeText } from '../tensor/index.js';
import type { Numbers, OnnxSession } from './onnx-session.js';

/** Axis order of an ONNX graph's images. */
export type ImageLayout = 'nchw' | 'nhwc';

/** A session, and the form of the images that it takes. */
export interface OnnxImages {
  /** The file, for messages. */
  readonly where: string;
  readonly session: OnnxSession;
  readonly layout: ImageLayout;
  /** The graph's fixed batch size; undefined for any size. */
  readonly batch: number | undefined;
  /** The axis of the channels in values with four axes; those that are missing have the images' order. */
  readonly channelAxes: ReadonlyMap<string, number>;
}

/** Computes values for a batch, in parts if the graph has a fixed batch size. Input and output maps are NHWC. */
export async function askOnnx(
  graph: OnnxImages,
  given: { readonly values: Float32Array; readonly shape: readonly [number, number, number, number] },
  wanted: readonly string[],
): Promise<ReadonlyMap<string, Pick<Numbers, 'values' | 'shape'>>> {
  const [count, ...axes] = given.shape;
  const size = given.values.length / count;
  const batch = graph.batch ?? count;
  const parts: ReadonlyMap<string, Numbers>[] = [];
  for (let start = 0; start < count; start += batch) {
    // The last part is padded with zeros, whose rows are dropped.
    const images = new Float32Array(batch * size);
    images.set(given.values.subarray(start * size, Math.min(count, start + batch) * size));
    parts.push(await runPart(graph, images, [batch, ...axes], wanted));
  }
  return new Map(
    wanted.map((value) => {
      const all = parts.map((part) => part.get(value) as Numbers);
      const { shape } = expectRows(graph.where, value, all[0] as Numbers, batch);
      const row = shape.slice(1).reduce((product, axis) => product * axis, 1);
      const joined = new Float32Array(all.length * batch * row);
      all.forEach((part, at) => {
        joined.set(isChannelsFirst(graph, value, shape) ? channelsLast(part) : part.values, at * batch * row);
      });
      return [
        value,
        { values: joined.subarray(0, count * row), shape: [count, ...imageAxes(graph, value, shape)] },
      ] as const;
    }),
  );
}

const hasRows = ({ shape, type }: Numbers, batch: number): boolean =>
  shape[0] === batch && type.startsWith('float');

/** @throws DistillError code `network` for a value without floats, or without a row per image */
function expectRows(where: string, value: string, numbers: Numbers, batch: number): Numbers {
  if (hasRows(numbers, batch)) return numbers;
  throw new DistillError({
    code: 'network',
    where: `${where}, value '${value}'`,
    expected: `floats with a row per image, ${batch} here`,
    got: `${numbers.type} of shape ${shapeText(numbers.shape)}`,
    hint: 'Name another value as tap; if it is the output, export the model with a batch axis of any size.',
  });
}

/**
 * The shapes of values without the batch axis, maps as NHWC; those without floats or a row per image are missing.
 *
 * @param required values that must not be missing
 */
export async function askShapes(
  graph: OnnxImages,
  axes: readonly [height: number, width: number, channels: number],
  names: readonly string[],
  required: readonly string[] = [],
): Promise<ReadonlyMap<string, readonly number[]>> {
  // With two images, an axis of length 1 is not taken for the batch.
  const batch = graph.batch ?? 2;
  const blank = new Float32Array(axes.reduce((product, axis) => product * axis, batch));
  const found = await runPart(graph, blank, [batch, ...axes], names);
  for (const name of required) expectRows(graph.where, name, found.get(name) as Numbers, batch);
  return new Map(
    [...found]
      .filter(([, numbers]) => hasRows(numbers, batch))
      .map(([name, { shape }]) => [name, imageAxes(graph, name, shape)]),
  );
}

function runPart(
  { session, layout }: OnnxImages,
  images: Float32Array,
  [batch, height, width, channels]: readonly [number, number, number, number],
  wanted: readonly string[],
): Promise<ReadonlyMap<string, Numbers>> {
  if (layout === 'nhwc') return session.run(images, [batch, height, width, channels], wanted);
  const turned = swapped(images, batch, height * width, channels);
  return session.run(turned, [batch, channels, height, width], wanted);
}

const isChannelsFirst = (
  { layout, channelAxes }: OnnxImages,
  value: string,
  shape: readonly number[],
): boolean => shape.length === 4 && (channelAxes.get(value) ?? (layout === 'nchw' ? 1 : 3)) === 1;

const imageAxes = (graph: OnnxImages, value: string, shape: readonly number[]): readonly number[] => {
  const [, channels = 0, height = 0, width = 0] = shape;
  return isChannelsFirst(graph, value, shape) ? [height, width, channels] : shape.slice(1);
};

const channelsLast = ({ values, shape: [n = 0, c = 0, h = 0, w = 0] }: Numbers): Float32Array =>
  swapped(values, n, c, h * w);

/** Transposes `[n, rows, columns]` to `[n, columns, rows]`. */
function swapped(values: Float32Array, n: number, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let at = 0, image = 0; image < n; image++)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        result[image * rows * columns + column * rows + row] = values[at++] ?? 0;
  return result;
}
