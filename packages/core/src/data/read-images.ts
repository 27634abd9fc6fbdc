import { describeValue, DistillError, isDistillError, isPromise } from '../error/index.js';
import { firstLine } from '../error/first-line.js';
import type { Dataset } from './dataset.js';

/**
 * Reads some images and hands the pixels of each to `use`, checked: at once where the dataset has them at hand, and as they
 * arrive where it reads them. All reads are under way together.
 *
 * @param use gets the pixels and the place in `positions`; those of images at hand are overwritten after it returns
 * @returns undefined when all images were at hand; else a promise that is done when the last was used. It rejects after all
 *   reads have ended, with the error of the first wrong image in `positions`.
 * @throws DistillError code `data`, naming dataset and image
 */
export function readImages(
  dataset: Dataset,
  positions: ArrayLike<number>,
  use: (pixels: ArrayLike<number>, place: number) => void,
): Promise<void> | undefined {
  const reading: Promise<void>[] = [];
  try {
    for (let place = 0; place < positions.length; place++) {
      const position = positions[place] ?? NaN;
      const given = ask(dataset, position);
      if (!isPromise(given)) use(checkedPixels(dataset, position, given), place);
      else reading.push(received(dataset, position, given as Promise<unknown>, use, place));
    }
  } catch (error) {
    // Those before it may be wrong too; nobody waits for them any more.
    void Promise.allSettled(reading);
    throw error;
  }
  return reading.length === 0 ? undefined : allOf(reading);
}

function ask(dataset: Dataset, position: number): unknown {
  if (!(Number.isInteger(position) && position >= 0 && position < dataset.size)) {
    const where = `dataset '${dataset.name}'`;
    const expected = `an image from 0 to ${dataset.size - 1}`;
    throw new DistillError({ code: 'data', where, expected, got: describeValue(position) });
  }
  try {
    return dataset.image(position);
  } catch (error) {
    throw unreadable(dataset, position, error);
  }
}

async function received(
  dataset: Dataset,
  position: number,
  given: Promise<unknown>,
  use: (pixels: ArrayLike<number>, place: number) => void,
  place: number,
): Promise<void> {
  let pixels: unknown;
  try {
    pixels = await given;
  } catch (error) {
    throw unreadable(dataset, position, error);
  }
  use(checkedPixels(dataset, position, pixels), place);
}

/** Waits for all, so that nothing is left under way when an error is told; which error that is does not depend on time. */
async function allOf(reading: readonly Promise<void>[]): Promise<void> {
  const ends = await Promise.allSettled(reading);
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

function checkedPixels(dataset: Dataset, position: number, pixels: unknown): ArrayLike<number> {
  const [height, width, channels] = dataset.imageShape;
  if (isPixels(pixels) && pixels.length === height * width * channels) {
    if (pixels instanceof Uint8Array) return pixels;
    const wrong = firstNotFinite(pixels);
    if (wrong === undefined) return pixels;
    throw wrongImage(dataset, position, `finite pixels`, `${describeValue(pixels[wrong])} at value ${wrong}`);
  }
  throw wrongImage(
    dataset,
    position,
    `${height * width * channels} values (${height}×${width}×${channels})`,
    isPixels(pixels) ? String(pixels.length) : describeValue(pixels),
  );
}

/** What a reader failed with, and the image that it was to read. */
function unreadable(dataset: Dataset, position: number, error: unknown): DistillError {
  if (!isDistillError(error))
    return wrongImage(dataset, position, 'an image that can be read', firstLine(error), { cause: error });
  const { code, where, expected, got, hint } = error;
  return new DistillError({
    ...{ code, expected, got, hint, cause: error },
    where: `${placeOf(dataset, position)}: ${where}`,
  });
}

function wrongImage(
  dataset: Dataset,
  position: number,
  expected: string,
  got: string,
  more: { readonly cause?: unknown } = {},
): DistillError {
  return new DistillError({ code: 'data', where: placeOf(dataset, position), expected, got, ...more });
}

const placeOf = ({ name, size }: Dataset, position: number): string =>
  `dataset '${name}', image ${position} of ${size}`;

const isPixels = (value: unknown): value is ArrayLike<number> =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));

function firstNotFinite(pixels: ArrayLike<unknown>): number | undefined {
  for (let at = 0; at < pixels.length; at++) if (!Number.isFinite(pixels[at])) return at;
  return undefined;
}
