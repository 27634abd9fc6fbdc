import { describeValue, DistillError, isDistillError, isPromise } from '../error/index.js';
import { firstLine } from '../error/first-line.js';
import type { Dataset } from './dataset.js';
import { isList } from './lists.js';

/**
 * Reads images, checks them and passes the pixels of each to `use`: immediately if the dataset returns them
 * synchronously, else as they arrive. All reads run at the same time.
 *
 * @param use receives the pixels and the index in `positions`; synchronous pixels may be overwritten after it
 *   returns
 * @returns undefined if all images were synchronous; else a promise that resolves after the last call of `use`.
 *   It rejects after all reads have ended, with the error of the first wrong image in `positions`.
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
    // Earlier reads may fail too, but no longer have a listener: avoid unhandled rejections.
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

/**
 * Waits for all reads, so that none is pending when an error is thrown and the choice of error is
 * deterministic.
 */
async function allOf(reading: readonly Promise<void>[]): Promise<void> {
  const ends = await Promise.allSettled(reading);
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

function checkedPixels(dataset: Dataset, position: number, pixels: unknown): ArrayLike<number> {
  const [height, width, channels] = dataset.imageShape;
  if (isList(pixels) && pixels.length === height * width * channels) {
    if (pixels instanceof Uint8Array) return pixels;
    const wrong = firstNotFinite(pixels);
    if (wrong === undefined) return pixels as ArrayLike<number>;
    throw wrongImage(dataset, position, `finite pixels`, `${describeValue(pixels[wrong])} at value ${wrong}`);
  }
  throw wrongImage(
    dataset,
    position,
    `${height * width * channels} values (${height}×${width}×${channels})`,
    isList(pixels) ? String(pixels.length) : describeValue(pixels),
  );
}

/** Wraps a reader's error with the image that it was to read. */
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

function firstNotFinite(pixels: ArrayLike<unknown>): number | undefined {
  for (let at = 0; at < pixels.length; at++) if (!Number.isFinite(pixels[at])) return at;
  return undefined;
}
