import { describeOnEngines } from '@distilljs/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { adaptiveAveragePool, poolingMatrix } from '../src/index.js';
import { asTensor3D, golden, largestGap } from './golden.js';

await describeOnEngines('adaptive average pooling', () => {
  test.each(golden.adaptivePool)(
    '$inHW to $outHW',
    ({ inHW, outHW, input, output, rowMatrix, colMatrix }) => {
      const [height = 0, width = 0] = outHW;
      tf.tidy(() => {
        const pooled = adaptiveAveragePool(asTensor3D([input]), { height, width });
        expect(pooled.shape).toEqual([1, height, width]);
        expect(largestGap(pooled, [output])).toBeLessThan(1e-5);
        expect(largestGap(poolingMatrix(inHW[0] ?? 0, height), rowMatrix)).toBeLessThan(1e-7);
        expect(largestGap(poolingMatrix(inHW[1] ?? 0, width), colMatrix)).toBeLessThan(1e-7);
      });
    },
  );

  test('hands the gradient back by the same weights', () => {
    tf.tidy(() => {
      const maps = asTensor3D([
        [
          [1, 2],
          [3, 4],
        ],
      ]);
      const gradient = tf.grad((x) => {
        const up = adaptiveAveragePool(x as tf.Tensor3D, { height: 3, width: 3 });
        return tf.sum(tf.mul(up, tf.tensor3d([1, 0, 0, 0, 2, 0, 0, 0, 0], [1, 3, 3])));
      })(maps);
      // The corner is the first pixel alone, the middle a quarter of each.
      expect(
        largestGap(gradient, [
          [
            [1.5, 0.5],
            [0.5, 0.5],
          ],
        ]),
      ).toBeLessThan(1e-6);
    });
  });

  test('is average pooling downwards and repetition upwards for whole ratios', () => {
    tf.tidy(() => {
      const maps = tf.randomUniform<tf.Rank.R4>([2, 8, 8, 1], 0, 1, 'float32', 3);
      const flat = tf.reshape<tf.Rank.R3>(maps, [2, 8, 8]);
      const down = adaptiveAveragePool(flat, { height: 2, width: 4 });
      expect(
        largestGap(
          tf.sub(down, tf.reshape(tf.avgPool(maps, [4, 2], [4, 2], 'valid'), [2, 2, 4])),
          tf.zeros([2, 2, 4]).arraySync() as number[][][],
        ),
      ).toBeLessThan(1e-6);
      const up = adaptiveAveragePool(flat, { height: 16, width: 16 });
      const repeated = tf.reshape(tf.image.resizeNearestNeighbor(maps, [16, 16]), [2, 16, 16]);
      expect(largestGap(up, repeated.arraySync() as number[][][])).toBeLessThan(1e-6);
    });
  });
});
