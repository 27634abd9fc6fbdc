import * as tf from '@tensorflow/tfjs-core';
import { arrayDataset, evaluate } from '@distilljs/core';
import type { Dataset, Network } from '@distilljs/core';
import { testEngines, tinyNetwork } from '@distilljs/core/testing';
import { expect, it } from 'vitest';
import { describeOn } from '../on-engines.js';

/** A network whose logits are the pixels: the tests write the logits into the images. */
function reader(classes: number): Network {
  const forward: Network['forward'] = (images) => ({
    logits: tf.reshape<tf.Rank.R2>(images, [-1, classes]),
    tap: () => images,
  });
  return { ...tinyNetwork(1), classes, forward };
}

const dataset = (rows: readonly (readonly number[])[], labels: readonly number[]): Dataset => {
  const classes = rows[0]?.length ?? 1;
  return arrayDataset({
    images: Float32Array.from(rows.flat()),
    labels,
    imageShape: [1, 1, classes],
    classes,
  });
};
const asPixels = (channels: number): { mean: number[]; std: number[] } => ({
  mean: new Array<number>(channels).fill(0),
  std: new Array<number>(channels).fill(1 / 255),
});

describeOn(await testEngines(), 'evaluate', () => {
  // Seven classes, so that five highest are not all: ranks of the right class are 1, 2, 5, 6, 7.
  const row = [7, 6, 5, 4, 3, 2, 1];
  const rows = [row, row, row, row, row];
  const labels = [0, 1, 4, 5, 6];

  it('gives accuracy, top five and mean cross-entropy', async () => {
    const found = await evaluate(reader(7), dataset(rows, labels), asPixels(7));
    expect(found.accuracy).toBe(0.2);
    expect(found.top5).toBeCloseTo(0.6, 6);
    expect(found.images).toBe(5);
    const total = Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0));
    const loss = labels.reduce((sum, label) => sum + total - (row[label] ?? NaN), 0) / 5;
    expect(found.loss).toBeCloseTo(loss, 4);
  });

  it('does not depend on how many images a pass takes', async () => {
    const data = dataset(rows, labels);
    const whole = await evaluate(reader(7), data, asPixels(7));
    for (const batchSize of [1, 2, 3, 5]) {
      const found = await evaluate(reader(7), data, asPixels(7), batchSize);
      expect(found).toMatchObject({ accuracy: whole.accuracy, top5: whole.top5 });
      expect(found.loss).toBeCloseTo(whole.loss, 5);
    }
  });

  it('has all classes among the five highest where there are no more', async () => {
    const found = await evaluate(
      reader(3),
      dataset(
        [
          [3, 2, 1],
          [3, 2, 1],
        ],
        [2, 2],
      ),
      asPixels(3),
    );
    expect(found).toMatchObject({ accuracy: 0, top5: 1 });
  });

  it('leaves the network and no tensors', async () => {
    const network = reader(7);
    const data = dataset(rows, labels);
    const before = tf.memory().numTensors;
    await evaluate(network, data, asPixels(7), 2);
    expect(tf.memory().numTensors).toBe(before);
  });
});
