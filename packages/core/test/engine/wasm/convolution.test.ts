import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { wasmKernels, wasmKernelsRefusal } from '../../../src/engine/wasm/kernels.js';
import { expectAsOnCpu, valuesOn } from './compare.js';
import { loadBackends, relativeDifference, tensor } from '../kernels/backends.js';

beforeAll(loadBackends);

type Padding = 'same' | 'valid' | tf.backend_util.ExplicitPadding;

const kernels: [number, number][] = [
  [1, 1],
  [3, 3],
  [5, 3],
  [2, 4],
];
const strides: [number, number][] = [
  [1, 1],
  [2, 2],
  [3, 1],
];
const paddings: Padding[] = [
  'same',
  'valid',
  [
    [0, 0],
    [1, 2],
    [4, 0],
    [0, 0],
  ],
];
/** Batch, height, width, channels in and out: 1 to 5 columns of output left over, 1 to 8 channels. */
const shapes: [number, number, number, number, number][] = [
  [1, 7, 7, 1, 1],
  [2, 8, 9, 3, 5],
  [3, 5, 10, 4, 8],
  [2, 6, 11, 7, 9],
  [1, 9, 12, 16, 16],
];

test('the kernels work in the memory of the wasm backend', async () => {
  await tf.setBackend('wasm');
  expect(wasmKernelsRefusal(tf.backend())).toBeUndefined();
  expect(wasmKernels()).not.toBeNull();
});

describe.each(kernels)('convolution by a filter %ix%i on wasm', (...kernel) => {
  test.each(shapes)('of [%i, %i, %i, %i] to %i channels: equal to cpu', async (...shape) => {
    const [batch, height, width, channels, out] = shape;
    for (const stride of strides)
      for (const pad of paddings) {
        await expectAsOnCpu(
          () =>
            tf.conv2d(
              tensor<tf.Rank.R4>([batch, height, width, channels], 3),
              tensor<tf.Rank.R4>([...kernel, channels, out], 5),
              stride,
              pad,
            ),
          { stride, pad },
        );
      }
  });
});

describe('fused convolution on wasm', () => {
  const x = (): tf.Tensor4D => tensor([2, 6, 7, 3], 1);
  const filter = (): tf.Tensor4D => tensor([3, 3, 3, 5], 2);

  test.each(['linear', 'relu', 'relu6', 'elu', 'leakyrelu', 'sigmoid', 'prelu'] as const)(
    'with a bias and %s: equal to cpu',
    async (activation) => {
      const prelu = (): { preluActivationWeights?: tf.Tensor } =>
        activation === 'prelu' ? { preluActivationWeights: tensor([5], 7) } : {};
      for (const bias of [undefined, [5]]) {
        await expectAsOnCpu(
          () =>
            tf.fused.conv2d({
              x: x(),
              filter: filter(),
              strides: 1,
              pad: 'same',
              activation,
              leakyreluAlpha: 0.1,
              ...(bias === undefined ? {} : { bias: tensor(bias, 4) }),
              ...prelu(),
            }),
          { activation, bias },
        );
      }
    },
  );

  test('a dilation, data in NCHW and outputs of few columns: equal to cpu, or refused as by tfjs', async () => {
    await expectAsOnCpu(() => tf.conv2d(x(), filter(), 1, 'same', 'NHWC', 2), 'dilation');
    await expectAsOnCpu(
      () => tf.conv2d(tensor<tf.Rank.R4>([2, 5, 1, 3], 1), filter(), 1, 'same'),
      'one column',
    );
    await expectAsOnCpu(
      () => tf.conv2d(tensor<tf.Rank.R4>([2, 5, 4, 3], 1), filter(), 1, 'valid'),
      'two columns',
    );
    expect(tf.conv2d(tf.zeros<tf.Rank.R4>([0, 5, 5, 3]), filter(), 1, 'same').shape).toEqual([0, 5, 5, 5]);
  });

  test('NaN and infinity stay where they belong', async () => {
    await tf.setBackend('wasm');
    tf.tidy(() => {
      // Two images; a wrong read beyond the first one would spread what is in the second.
      const images = tf.concat<tf.Tensor4D>([tf.ones([1, 5, 5, 3]), tf.fill([1, 5, 5, 3], NaN)]);
      const y = tf.fused.conv2d({ x: images, filter: filter(), strides: 1, pad: 'same', activation: 'relu' });
      const finite = [...tf.isFinite(y).dataSync()];
      expect(finite.slice(0, 125).every(Boolean)).toBe(true);
      expect(finite.slice(125).some(Boolean)).toBe(false);
    });
  });
});

test('the memory may grow during a call, and results stay right', async () => {
  const run = (): tf.Tensor =>
    tf.tidy(() => {
      const x = tensor<tf.Rank.R4>([2, 16, 16, 8], 1);
      const filter = tensor<tf.Rank.R4>([3, 3, 8, 8], 2);
      return tf.add(tf.conv2d(x, filter, 1, 'same'), tf.conv2d(tf.add(x, 1), filter, 1, 'same'));
    });
  const expected = await valuesOn('cpu', run);
  await tf.setBackend('wasm');
  const size = (): number =>
    (tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } }).wasm.HEAPU8.byteLength;
  const before = size();
  const held: tf.Tensor[] = [];
  // As much as makes the memory grow, then the convolution in what is new.
  while (size() === before) held.push(tf.zeros([1 << 18]));
  expect(relativeDifference(await valuesOn('wasm', run), expected)).toBeLessThan(1e-5);
  tf.dispose(held);
});
