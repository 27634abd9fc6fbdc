import { dataError } from '../bytes/byte-stream.js';
import { readNumbers } from '../bytes/numbers.js';
import type { Numbers } from '../bytes/numbers.js';
import type { ArrayPart } from './array-parts.js';
import type { NamedArray } from './named-arrays.js';
import type { NpyHeader } from './npy.js';
import { interleaved } from './pixels.js';
import type { ImageAxes, ImageStrides } from './pixels.js';

/** The layout of images in an array, where its shape leaves that open. */
export interface ImageLayout {
  /** Channels last or first. Default: by the axis of length 1, 3 or 4. */
  readonly layout?: 'nhwc' | 'nchw' | undefined;
  /** `[height, width, channels]` of images stored as flat rows. Default: square and greyscale. */
  readonly imageShape?: readonly [number, number, number] | undefined;
}

/** @throws DistillError code `data` for an array that cannot be images */
export async function numpyImages(array: NamedArray, layout: ImageLayout): Promise<ArrayPart['images']> {
  const header = await array.read((_, head) => Promise.resolve(head));
  const { axes, strides } = placed(header, layout, array.where);
  const { height, width, channels, size } = axes;
  const pixels = height * width * channels;
  return {
    where: array.where,
    axes,
    isFloat: header.kind.startsWith('f'),
    valueBytes: header.kind === 'u1' || header.kind === 'b1' ? 1 : 4,
    read: async (count) => {
      // The first images are the first values only where each image is a block.
      const read = strides.image === pixels ? count : size;
      const given = await readAll(array, read * pixels, read === size);
      const numbers = header.kind === 'b1' ? blackAndWhite(given) : given;
      const ordered = interleaved(numbers.values, { ...axes, size: read }, strides);
      return { ...numbers, values: ordered.subarray(0, count * pixels) };
    },
  };
}

function readAll(array: NamedArray, count: number, isAll: boolean): Promise<Numbers> {
  return array.read(async (stream, { kind, littleEndian }) => {
    const numbers = await readNumbers(stream, count, kind, littleEndian, 'the numbers');
    if (isAll && !(await stream.atEnd()))
      throw dataError(array.where, 'nothing after the numbers', 'more bytes');
    return numbers;
  });
}

/** Booleans as pixels. */
const blackAndWhite = ({ values, least, most }: Numbers): Numbers => ({
  values: values.map((value) => 255 * Math.min(1, value)),
  least: 255 * Math.min(1, least),
  most: 255 * Math.min(1, most),
});

function placed(
  { shape, fortran }: NpyHeader,
  { layout, imageShape }: ImageLayout,
  where: string,
): { readonly axes: ImageAxes; readonly strides: ImageStrides } {
  const refuse = (expected: string, hint?: string): Error =>
    dataError(where, expected, `the shape ${shape.length === 0 ? '()' : shape.join('×')}`, hint);
  const [size = 0, ...image] = shape;
  const isEmpty = shape.includes(0);
  if (shape.length < 2 || shape.length > 4 || isEmpty)
    throw refuse('images: N×height×width, N×height×width×channels or N×channels×height×width');
  const [last, first] = [shape.at(-1) ?? 0, shape[1] ?? 0];
  const isChannels = (length: number): boolean => [1, 3, 4].includes(length);
  if (shape.length === 4 && layout === undefined && isChannels(last) === isChannels(first)) {
    const hint = 'Set dataset.layout to nhwc (channels last) or nchw (channels first).';
    throw refuse('1, 3 or 4 channels, last or first', hint);
  }
  const isFirst =
    shape.length === 3
      ? false
      : layout === undefined
        ? shape.length === 4 && isChannels(first)
        : layout === 'nchw';
  const lengths = image.length === 1 ? rowShape(image[0] ?? 0, imageShape, isFirst, refuse) : image;
  const [height = 0, width = 0, channels = 1] = isFirst
    ? [lengths[1] ?? 0, lengths[2] ?? 0, lengths[0] ?? 0]
    : lengths;
  if (!isChannels(channels)) throw refuse('1, 3 or 4 channels');
  if (imageShape !== undefined && imageShape.join() !== [height, width, channels].join())
    throw refuse(
      `images of ${imageShape.join('×')}, as dataset.imageShape says`,
      'It is for flat rows: leave it out.',
    );
  const all = [size, ...lengths];
  // A flat row is one axis: only two axes decide the order of the file.
  const [imageStride, unit] = fortran && image.length === 1 ? [1, size] : [undefined, 1];
  const stridesOf = (axis: number): number => {
    const inside = fortran && imageStride === undefined ? all.slice(0, axis) : all.slice(axis + 1);
    return inside.reduce((product, length) => product * length, unit);
  };
  const [n, a, b, c] = [
    imageStride ?? stridesOf(0),
    stridesOf(1),
    stridesOf(2),
    lengths.length === 3 ? stridesOf(3) : 1,
  ];
  const strides = isFirst
    ? { image: n, channel: a, row: b, column: c }
    : { image: n, row: a, column: b, channel: c };
  return { axes: { size, height, width, channels }, strides };
}

/** The axis lengths of images stored as flat rows, in storage order. */
function rowShape(
  values: number,
  imageShape: ImageLayout['imageShape'],
  isFirst: boolean,
  refuse: (expected: string, hint?: string) => Error,
): readonly number[] {
  const edge = Math.sqrt(values);
  const [height, width, channels] = imageShape ?? [edge, edge, 1];
  if (Number.isInteger(edge) || imageShape !== undefined) {
    if (height * width * channels === values)
      return isFirst ? [channels, height, width] : [height, width, channels];
    throw refuse(`rows of ${height}×${width}×${channels} numbers`);
  }
  throw refuse(
    'rows that are square grey images',
    'Set dataset.imageShape, e.g. [32, 32, 3], and dataset.layout: nchw where colours are planes.',
  );
}

/**
 * The labels of an array: one per image, or one-hot rows.
 *
 * @throws DistillError code `data`
 */
export async function numpyLabels(array: NamedArray): Promise<Numbers> {
  const { shape, fortran } = await array.read((_, head) => Promise.resolve(head));
  const [rows = 0, columns = 1] = shape;
  if (shape.length < 1 || shape.length > 2 || rows === 0 || columns === 0)
    throw dataError(array.where, 'labels: N, N×1, or one-hot N×classes', `the shape ${shape.join('×')}`);
  const numbers = await readAll(array, rows * columns, true);
  if (columns === 1) return numbers;
  const [row, column] = fortran ? [1, rows] : [columns, 1];
  const values = new Float32Array(rows);
  for (let at = 0; at < rows; at++) {
    const cells = Array.from(
      { length: columns },
      (_, place) => numbers.values[at * row + place * column] ?? 0,
    );
    const place = cells.indexOf(1);
    if (place < 0 || cells.some((cell, other) => cell !== (other === place ? 1 : 0))) {
      const got = `${cells.slice(0, 8).join(', ')}${columns > 8 ? ', …' : ''} for image ${at}`;
      throw dataError(
        array.where,
        'one-hot rows: a single 1, the rest 0',
        got,
        'Save one class index per image.',
      );
    }
    values[at] = place;
  }
  return { values, least: 0, most: columns - 1 };
}
