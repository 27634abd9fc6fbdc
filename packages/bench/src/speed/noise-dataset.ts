import { arrayDataset, createRandom } from '@distilljs/core';
import type { InMemoryDataset } from '@distilljs/core';

const CLASSES = 10;
const SUPERCLASSES = 5;
const EDGE = 32;

/** Noise images of CIFAR's size: the cost of a step does not depend on the content. */
export function noiseDataset(size: number): InMemoryDataset {
  const random = createRandom(0).fork('noise');
  const indices = Array.from({ length: size }, (_, index) => index);
  return arrayDataset({
    name: 'noise',
    images: Uint8Array.from({ length: size * EDGE * EDGE * 3 }, () => random.integer(256)),
    labels: indices.map((index) => index % CLASSES),
    superclasses: indices.map((index) => index % SUPERCLASSES),
    imageShape: [EDGE, EDGE, 3],
    classes: CLASSES,
  });
}
