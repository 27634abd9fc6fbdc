import { arrayDataset, createRandom } from '@distilljs/core';
import { layers, sequential } from '@tensorflow/tfjs-layers';

/** A small network, the same on every call. @param {number} filters */
export function network(filters) {
  const glorot = (/** @type {number} */ seed) => ({ className: 'GlorotUniform', config: { seed } });
  const model = sequential();
  model.add(
    layers.conv2d({
      inputShape: [8, 8, 1],
      filters,
      kernelSize: 3,
      activation: 'relu',
      kernelInitializer: glorot(1),
    }),
  );
  model.add(layers.globalAveragePooling2d({ name: 'pool', dataFormat: 'channelsLast' }));
  model.add(layers.dense({ units: 3, kernelInitializer: glorot(2) }));
  return model;
}

export function images() {
  const random = createRandom(1);
  return arrayDataset({
    name: 'noise',
    images: Uint8Array.from({ length: 24 * 64 }, () => random.integer(256)),
    labels: Array.from({ length: 24 }, (_, at) => at % 3),
    imageShape: [8, 8, 1],
    classes: 3,
  });
}
