import type { InMemoryDataset } from './dataset.js';
import type { DatasetFromOptions, ImageSource } from './read-stream.js';

/**
 * Reads a `tf.data.Dataset`, an iterable or an async iterable into memory until it ends, and disposes its
 * tensors. Integers in 0…255 take one byte each. For arrays of all images use `arrayDataset`. For more images
 * than fit in memory write a `Dataset` whose `image` returns promises.
 *
 * ```ts
 * const train = await datasetFrom(tf.data.generator(photos), { classNames: ['cat', 'dog'] });
 * ```
 *
 * @throws DistillError code `data`, naming the element that is refused; `option` for a wrong `scale`
 */
export async function datasetFrom(
  source: ImageSource,
  options: DatasetFromOptions = {},
): Promise<InMemoryDataset> {
  const { readStream } = await import('./read-stream.js');
  return readStream(source, options);
}
