import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { concatFlat, splitFlat } from '../../../src/engine/kernels/flat.js';
import { relu } from '../../../src/engine/kernels/relu.js';
import { softmaxCrossEntropy } from '../../../src/engine/kernels/softmax-cross-entropy.js';
import { loadBackends, relativeDifference, tensor } from './backends.js';

describe.each(await loadBackends())('on $name', ({ name, absent }) => {
  const onBackend = (title: string, run: () => void): void => {
    test.skipIf(absent !== null)(absent === null ? title : `${title} (skipped: ${absent})`, async () => {
      await tf.setBackend(name);
      const before = tf.memory().numTensors;
      tf.tidy(run);
      expect(tf.memory().numTensors).toBe(before);
    });
  };

  onBackend('relu: value and gradient, 0 at 0', () => {
    const x = tf.tensor1d([-2, 0, 3, 0.5]);
    const { value, grad } = tf.valueAndGrad((input: tf.Tensor) => relu(input))(x, tf.tensor1d([5, 6, 7, -8]));
    expect([...value.dataSync()]).toEqual([0, 0, 3, 0.5]);
    expect(Array.from(grad.dataSync(), (v) => v + 0)).toEqual([0, 0, 7, -8]);
  });

  onBackend('relu: equal to tf.relu on a feature map', () => {
    const x = tensor([2, 5, 5, 3], 1);
    const dy = tensor([2, 5, 5, 3], 2);
    const got = tf.valueAndGrad((input: tf.Tensor) => relu(input))(x, dy);
    const expected = tf.valueAndGrad((input: tf.Tensor) => tf.relu(input))(x, dy);
    expect(got.value.dataSync()).toEqual(expected.value.dataSync());
    expect(relativeDifference(got.grad.dataSync(), expected.grad.dataSync())).toBe(0);
  });

  onBackend('prelu: an alpha per channel before rows and columns', () => {
    // x = −1 everywhere: the values are −alpha of the channel.
    const y = tf.prelu(tf.fill([1, 2, 2, 2], -1), tf.tensor([3, 5], [2, 1, 1]));
    expect([...y.dataSync()]).toEqual([-3, -3, -3, -3, -5, -5, -5, -5]);
  });

  onBackend('batchNorm: statistics per channel before columns', () => {
    // (x − mean) / √variance: (1 − 0) / 1 and (1 − 3) / 2.
    const of = (...values: number[]): tf.Tensor4D => tf.tensor4d(values, [1, 2, 1, 1]);
    const y = tf.batchNorm4d(tf.ones([1, 2, 2, 1]), of(0, 3), of(1, 4), undefined, undefined, 0);
    expect(relativeDifference(y.dataSync(), [1, 1, -1, -1])).toBeLessThan(1e-6);
  });

  onBackend('cast: every number but 0 is true', () => {
    expect([...tf.cast(tf.tensor1d([0, 0.5, -0.25, 256]), 'bool').dataSync()]).toEqual([0, 1, 1, 1]);
    expect([...tf.cast(tf.tensor1d([0, 256], 'int32'), 'bool').dataSync()]).toEqual([0, 1]);
  });

  onBackend('oneHot: of floats, with values of its own', () => {
    const y = tf.oneHot(tf.tensor1d([1, 0], 'int32'), 2, 2.5, -1, 'float32');
    expect([...y.dataSync()]).toEqual([-1, 2.5, 2.5, -1]);
  });

  onBackend('softmaxCrossEntropy: value and gradient equal those of the composed ops', () => {
    for (const temperature of [1, 4]) {
      const logits = tf.mul<tf.Tensor2D>(tensor([6, 5], 1), 4);
      // The last row's targets sum to 0.5 only.
      const sums = tf.tensor2d([1, 1, 1, 1, 1, 0.5], [6, 1]);
      const targets = tf.mul<tf.Tensor2D>(tf.softmax(tensor([6, 5], 2)), sums);
      const dy = tensor<tf.Rank.R1>([6], 3);
      const got = tf.valueAndGrad((z: tf.Tensor) =>
        softmaxCrossEntropy(targets, z as tf.Tensor2D, temperature),
      )(logits, dy);
      const expected = tf.valueAndGrad((z: tf.Tensor) =>
        tf.neg(tf.sum(tf.mul(targets, tf.logSoftmax(tf.div(z, temperature))), 1)),
      )(logits, dy);
      expect(relativeDifference(got.value.dataSync(), expected.value.dataSync())).toBeLessThan(1e-5);
      expect(relativeDifference(got.grad.dataSync(), expected.grad.dataSync())).toBeLessThan(1e-5);
    }
  });

  onBackend('softmaxCrossEntropy: by hand, and finite for large logits', () => {
    const targets = tf.tensor2d([
      [0, 1],
      [1, 0],
      [0.5, 0.5],
    ]);
    const logits = tf.tensor2d([
      [0, Math.log(3)],
      [1e4, -1e4],
      [1e4, -1e4],
    ]);
    const { value, grad } = tf.valueAndGrad((z: tf.Tensor) => softmaxCrossEntropy(targets, z as tf.Tensor2D))(
      logits,
    );
    // -log(3 / (1 + 3)); -log 1; half of the distance of 2e4.
    const expected = [Math.log(4 / 3), 0, 1e4];
    expect(relativeDifference(value.dataSync(), expected)).toBeLessThan(1e-6);
    expect(Math.abs((value.dataSync()[0] ?? NaN) - Math.log(4 / 3))).toBeLessThan(1e-6);
    expect(relativeDifference(grad.dataSync(), [0.25, -0.25, 0, 0, 0.5, -0.5])).toBeLessThan(1e-6);
  });

  onBackend('splitFlat undoes concatFlat, for variables, scalars and any rank', () => {
    const shapes = [[2, 3], [], [4], [1, 2, 2, 1]];
    const tensors = shapes.map((shape, i) => tensor(shape, i + 1));
    const flat = concatFlat(tensors);
    expect(flat.shape).toEqual([15]);
    expect([...flat.dataSync()]).toEqual(tensors.flatMap((t) => [...t.dataSync()]));
    const parts = splitFlat(flat, shapes);
    expect(parts.map((part) => part.shape)).toEqual(shapes);
    for (const [i, part] of parts.entries()) expect(part.dataSync()).toEqual(tensors[i]?.dataSync());
    expect([...concatFlat([tf.scalar(7)]).dataSync()]).toEqual([7]);
    expect(splitFlat(tf.tensor1d([1, 2]), [[2, 1]])[0]?.shape).toEqual([2, 1]);
  });
});
