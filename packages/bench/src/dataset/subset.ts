import type { Dataset } from '@distilljs/core';
import { digest } from './digest.js';
import { expectIndex } from './expect-index.js';

/**
 * The images of `dataset` at these positions, in this order. Pixels are not copied.
 *
 * @throws DistillError code `data` for a position that the dataset does not have
 */
export function subset(dataset: Dataset, positions: ArrayLike<number>): Dataset {
  const kept = Int32Array.from(positions);
  kept.forEach((position) => {
    expectIndex(dataset.name, position, dataset.size);
  });
  return {
    ...dataset,
    size: kept.length,
    labels: kept.map((position) => dataset.labels[position] ?? 0),
    superclasses: dataset.superclasses && kept.map((position) => dataset.superclasses?.[position] ?? 0),
    image(index) {
      expectIndex(dataset.name, index, kept.length);
      return dataset.image(kept[index] ?? 0);
    },
    fingerprint: digest(dataset.fingerprint, kept),
  };
}
