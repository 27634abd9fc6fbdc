import { createHash } from 'node:crypto';
import * as tf from '@tensorflow/tfjs-core';
import { resolveEngine } from '../../../src/engine/resolve-engine.js';
import { batchNormTraining } from '../../../src/engine/kernels/batch-norm-training.js';
import { relu } from '../../../src/engine/kernels/relu.js';
import { numbers } from '../kernels/backends.js';

/** One forward and backward pass of every kernel with threads, big enough to be cut into parts; prints a digest of all bytes. */
const [, , asked] = process.argv;
const engine = await resolveEngine('wasm', asked === undefined ? {} : { threads: Number(asked) });
const draw = numbers(1);
const tensor = (shape: number[]): tf.Tensor => tf.tensor(draw(tf.util.sizeFromShape(shape)), shape);
const x = tensor([32, 16, 16, 16]);
const filter = tensor([3, 3, 16, 24]);
const depthwise = tensor([3, 3, 24, 1]);
const strided = tensor([3, 3, 24, 7]);
const order = tf.tensor1d(
  Array.from({ length: 32 }, (_, i) => (i * 5) % 32),
  'int32',
);
const hash = createHash('sha256');
for (let round = 0; round < 20; round++) {
  tf.tidy(() => {
    const { value, grads } = tf.valueAndGrads((input, first, second, third) => {
      const y = relu(tf.conv2d(input as tf.Tensor4D, first as tf.Tensor4D, 1, 'same'));
      const normal = batchNormTraining(y, null, null, 1e-3).y;
      const pooled = tf.maxPool<tf.Tensor4D>(tf.gather(normal, order), 3, 1, 'same');
      const mixed = tf.depthwiseConv2d(pooled, second as tf.Tensor4D, 1, 'same');
      return tf.sum(tf.square(tf.conv2d(mixed, third as tf.Tensor4D, 2, 'same')));
    })([x, filter, depthwise, strided]);
    // As much new memory as makes it grow between rounds.
    tf.keep(tf.zeros([1 << 20]));
    for (const part of [value, ...grads]) hash.update(part.dataSync<'float32'>());
  });
}
// No process.exit: waiting threads must not keep the program from ending.
console.log(JSON.stringify({ version: engine.version, digest: hash.digest('hex') }));
