import { arrayDataset } from '../data/index.js';
import type { InMemoryDataset } from '../data/index.js';
import { createRandom } from '../random/index.js';

/**
 * Noisy 6×6×2 images whose bright rows identify the class: a tiny network learns it in a few epochs.
 *
 * @param size number of images; the classes alternate
 */
export function tinyDataset(size: number, seed: number, classes = 3): InMemoryDataset {
  const random = createRandom(seed);
  const labels = Int32Array.from({ length: size }, (_, index) => index % classes);
  const images = Uint8Array.from({ length: size * 72 }, (_, at) => {
    const row = Math.floor((at % 72) / 12);
    const bright = row % classes === (labels[Math.floor(at / 72)] ?? 0) ? 90 : 0;
    return bright + random.integer(140);
  });
  return arrayDataset({ images, labels, imageShape: [6, 6, 2], classes, name: 'tiny' });
}
