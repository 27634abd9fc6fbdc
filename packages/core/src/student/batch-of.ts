import { describeValue, DistillError } from '../error/index.js';
import { fitImage } from '../image/index.js';
import type { Raster } from '../image/index.js';
import type { ModelMetadata } from '../model-file/index.js';
import type { Pixels } from './read-image.js';

/** Images resized to the network's input and normalized with the same arithmetic as in training. */
export function batchOf(
  images: readonly Pixels[],
  { imageSize, scale, ...metadata }: ModelMetadata,
): Float32Array {
  const [height, width, channels] = imageSize;
  const { mean, std } = metadata.normalization;
  const factor = std.map((each) => 1 / (scale * each));
  const shift = mean.map((each, channel) => each / (std[channel] ?? 1));
  const size = height * width * channels;
  const batch = new Float32Array(images.length * size);
  for (const [at, image] of images.entries()) {
    if (![1, 3, 4].includes(channels) && (image.width !== width || image.height !== height))
      throw new DistillError({
        code: 'data',
        where: 'classify',
        expected: `images of ${height}×${width}: those of ${channels} channels are not resized`,
        got: `one of ${image.height}×${image.width}`,
      });
    const isFitting = image.width === width && image.height === height && image.channels === channels;
    const data =
      isFitting && (image.orientation ?? 1) === 1
        ? image.data
        : fitImage(
            rasterOf(image, channels),
            { height, width, channels: channels as 1 | 3 | 4, resize: metadata.resize ?? 'crop' },
            image.orientation,
          ).data;
    for (let place = 0; place < size; place++) {
      const channel = place % channels;
      batch[at * size + place] = (data[place] ?? 0) * (factor[channel] ?? 1) - (shift[channel] ?? 0);
    }
  }
  return batch;
}

function rasterOf({ width, height, channels, data }: Pixels, wanted: number): Raster {
  const canConvert = [1, 2, 3, 4].includes(channels) && [1, 3, 4].includes(wanted);
  if (!canConvert && channels !== wanted) {
    const expected = `images of ${wanted} channels`;
    throw new DistillError({ code: 'data', where: 'classify', expected, got: describeValue(channels) });
  }
  const bytes =
    data instanceof Uint8Array ? data : Uint8Array.from(data, (value) => Math.min(255, Math.round(value)));
  return { width, height, channels: channels as Raster['channels'], data: bytes };
}
