import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  missingTrainingKernels,
  registerTrainingKernels,
  trainingKernels,
} from '../../../src/engine/kernels/register.js';
import { loadBackends, relativeDifference, tensor } from './backends.js';
import type { Backend } from './backends.js';

let backends: Backend[];
beforeAll(async () => {
  backends = await loadBackends();
});

test('every backend that loads has the kernels that training needs; an absent one has none', () => {
  for (const { name, absent } of backends)
    if (absent === null) expect(missingTrainingKernels(name)).toEqual([]);
  expect(missingTrainingKernels('absent')).toEqual(trainingKernels);
});

test('registering twice has no effect', () => {
  const kernels = (): unknown[] => tf.getKernelsForBackend('wasm').map(({ kernelFunc }) => kernelFunc);
  const before = kernels();
  registerTrainingKernels();
  expect(kernels()).toEqual(before);
});

test('a removed kernel is named as missing and comes back', () => {
  tf.unregisterKernel(tf.UnsortedSegmentSum, 'wasm');
  expect(missingTrainingKernels('wasm')).toEqual([tf.UnsortedSegmentSum]);
  registerTrainingKernels();
  expect(missingTrainingKernels('wasm')).toEqual([]);
});

type Op = (x: tf.Tensor4D) => tf.Tensor;
/** One entry for each op that the usual layers and losses are made of. */
const ops: Record<string, Op> = {
  conv2d: (x) => tf.conv2d(x, tensor([3, 3, 4, 2], 2), 1, 'same'),
  depthwiseConv2d: (x) => tf.depthwiseConv2d(x, tensor([3, 3, 4, 2], 2), 2, 'same'),
  separableConv2d: (x) => tf.separableConv2d(x, tensor([3, 3, 4, 1], 2), tensor([1, 1, 4, 3], 3), 1, 'same'),
  conv2dTranspose: (x) => tf.conv2dTranspose(x, tensor([3, 3, 2, 4], 2), [2, 12, 12, 2], 2, 'same'),
  matMul: (x) => tf.matMul(tf.reshape(x, [18, 16]), tensor([16, 5], 2)),
  'matMul transposed': (x) => tf.matMul(tf.reshape(x, [16, 18]), tensor([16, 5], 2), true, false),
  batchNorm: (x) =>
    tf.batchNorm(
      x,
      ...(tf.unstack(tf.abs(tensor([4, 4], 2))) as [tf.Tensor1D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D]),
    ),
  moments: (x) => tf.moments(x, [0, 1, 2]).variance,
  relu: tf.relu,
  relu6: (x) => tf.relu6(tf.mul(x, 9)),
  leakyRelu: (x) => tf.leakyRelu(x, 0.1),
  prelu: (x) => tf.prelu(x, tf.abs(tensor([4], 2))),
  elu: tf.elu,
  selu: tf.selu,
  sigmoid: tf.sigmoid,
  tanh: tf.tanh,
  softplus: tf.softplus,
  swish: (x) => tf.mul(x, tf.sigmoid(x)),
  gelu: (x) => tf.mul(x, tf.add(tf.erf(tf.div(x, Math.SQRT2)), 1)),
  maxPool: (x) => tf.maxPool(x, 3, 2, 'same'),
  avgPool: (x) => tf.avgPool(x, 2, 2, 'valid'),
  'avgPool same': (x) => tf.avgPool(x, 3, 2, 'same'),
  'global average': (x) => tf.mean(x, [1, 2]),
  'global maximum': (x) => tf.max(x, [1, 2]),
  'global minimum': (x) => tf.min(x, [1, 2]),
  resizeNearestNeighbor: (x) => tf.image.resizeNearestNeighbor(x, [12, 12]),
  resizeBilinear: (x) => tf.image.resizeBilinear(x, [12, 12]),
  softmax: (x) => tf.softmax(x),
  logSoftmax: (x) => tf.logSoftmax(x),
  logSumExp: (x) => tf.logSumExp(x, 3),
  sum: (x) => tf.sum(x, 3),
  gather: (x) => tf.gather(x, [1, 0, 1], 0),
  'gather channels': (x) => tf.gather(x, [3, 0, 3], 3),
  pad: (x) =>
    tf.pad(x, [
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 0],
    ]),
  mirrorPad: (x) => tf.reverse(x, 1),
  concat: (x) => tf.concat([x, tf.square(x)], 3),
  stack: (x) => tf.stack([x, tf.square(x)], 0),
  split: (x) => tf.mul(...(tf.split(x, 2, 3) as [tf.Tensor, tf.Tensor])),
  unstack: (x) => tf.mul(...(tf.unstack(x) as [tf.Tensor, tf.Tensor])),
  slice: (x) => tf.slice(x, [0, 1, 1, 0], [2, 4, 4, 4]),
  transpose: (x) => tf.transpose(x, [0, 3, 1, 2]),
  tile: (x) => tf.tile(x, [1, 2, 1, 1]),
  expandDims: (x) => tf.expandDims(x, 1),
  sqrt: (x) => tf.sqrt(tf.add(tf.abs(x), 0.1)),
  rsqrt: (x) => tf.rsqrt(tf.add(tf.abs(x), 0.1)),
  exp: tf.exp,
  log: (x) => tf.log(tf.add(tf.abs(x), 0.1)),
  abs: tf.abs,
  sign: (x) => tf.mul(tf.sign(x), x),
  pow: (x) => tf.pow(tf.add(tf.abs(x), 0.1), 1.5),
  squaredDifference: (x) => tf.squaredDifference(x, tensor([4], 2)),
  maximum: (x) => tf.maximum(x, tensor([4], 2)),
  minimum: (x) => tf.minimum(x, tensor([4], 2)),
  clipByValue: (x) => tf.clipByValue(x, -0.5, 0.5),
  where: (x) => tf.where(tf.greater(tensor(x.shape, 2), 0.2), x, tf.square(x)),
  div: (x) => tf.div(x, tf.add(tf.square(x), 1)),
  norm: (x) => tf.norm(x, 2, 3),
  cosineSimilarity: (x) => tf.div(tf.sum(tf.mul(x, tensor([4], 2)), 3), tf.norm(x, 2, 3)),
};

async function gradient(backend: string, op: Op): Promise<Float32Array> {
  await tf.setBackend(backend);
  return tf.tidy(() => {
    const x = tensor<tf.Rank.R4>([2, 6, 6, 4], 1);
    return tf
      .grad(op as (x: tf.Tensor) => tf.Tensor)(x, tensor(op(x).shape, 9))
      .dataSync<'float32'>();
  });
}

describe('gradients of the ops of layers and losses', () => {
  test.each(Object.entries(ops))('%s: wasm equal to cpu', async (_name, op) => {
    expect(relativeDifference(await gradient('wasm', op), await gradient('cpu', op))).toBeLessThan(1e-5);
  });

  test('they run no kernel that is not listed as needed', async () => {
    await tf.setBackend('wasm');
    for (const [name, op] of Object.entries(ops)) {
      const { kernelNames } = await tf.profile(() =>
        tf.tidy(() => {
          const x = tensor<tf.Rank.R4>([2, 6, 6, 4], 1);
          return tf.grad(op as (x: tf.Tensor) => tf.Tensor)(x);
        }),
      );
      // A name in __op is an op with a custom gradient, not a kernel.
      expect(
        kernelNames.filter((kernel) => !kernel.endsWith('__op') && !trainingKernels.includes(kernel)),
        name,
      ).toEqual([]);
    }
  });
});

describe('UnsortedSegmentSum on wasm', () => {
  const segmentSum = async (backend: string, ids: number[]): Promise<Float32Array> => {
    await tf.setBackend(backend);
    return tf.tidy(() => {
      const x = tensor<tf.Rank.R3>([ids.length, 3, 2], 4);
      return tf.unsortedSegmentSum(x, tf.tensor1d(ids, 'int32'), 5).dataSync<'float32'>();
    });
  };

  test.each([[[0, 1, 2, 3, 4]], [[3, 3, 3, 0, 3, 1]], [[4, -1, 7, 4, 5, -100000]]])(
    'ids %j: equal to cpu',
    async (ids) => {
      expect(relativeDifference(await segmentSum('wasm', ids), await segmentSum('cpu', ids))).toBeLessThan(
        1e-6,
      );
    },
  );

  test("ids of rank 2: TensorFlow's tf.math.unsorted_segment_sum([[[1,2],[3,4]],[[5,6],[7,8]]], [[0,1],[1,0]], 2)", async () => {
    await tf.setBackend('wasm');
    const sums = tf.tidy(() =>
      tf
        .unsortedSegmentSum(
          tf.tensor3d([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]),
          tf.tensor2d(
            [
              [0, 1],
              [1, 0],
            ],
            [2, 2],
            'int32',
          ) as unknown as tf.Tensor1D,
          2,
        )
        .dataSync(),
    );
    // [1 + 7, 2 + 8], [3 + 5, 4 + 6]
    expect([...sums]).toEqual([8, 10, 8, 10]);
  });
});

test('nearest-neighbour resizing on cpu: the gradient sums the copies, in every image of the batch', async () => {
  await tf.setBackend('cpu');
  const upsample = (x: tf.Tensor): tf.Tensor => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [2, 2]);
  const gradient = tf.tidy(() =>
    tf
      .grad(upsample)(tf.zeros([2, 1, 1, 1]), tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2, 1]))
      .dataSync(),
  );
  // 1 + 2 + 3 + 4 and 5 + 6 + 7 + 8
  expect([...gradient]).toEqual([10, 26]);
});
