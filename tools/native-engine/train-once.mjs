/**
 * Trains a small net on the native engine and prints the result as one line of JSON ({@link Trained}).
 *
 * Runs in a separate process, `node train-once.mjs PACKAGE_FOLDER`, because an incompatible binding crashes it.
 *
 * @typedef {object} Trained
 * @property {string} backend name of the tfjs backend that ran
 * @property {string} tensorflowVersion of the libraries that were loaded
 * @property {boolean} gpu
 * @property {readonly number[]} losses one per step
 * @property {number} product an element of the product of two 1024x1024 matrices of ones; 1024 when right
 * @property {number} matmulMs median of ten such products
 */
import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';
import util from 'node:util';

// tfjs-node 4.22.0 calls it; Node 23 removed it.
Reflect.set(
  util,
  'isNullOrUndefined',
  (/** @type {unknown} */ value) => value === null || value === undefined,
);

// Only the reason, without a stack.
process.on('uncaughtException', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});

const STEPS = 30;
const SIZE = 1024;

const folder = process.argv[2] ?? '';
/** @type {import('@tensorflow/tfjs')} */
const tf = createRequire(import.meta.url)(folder);

const net = tf.sequential({
  layers: [
    tf.layers.conv2d({
      inputShape: [8, 8, 3],
      filters: 8,
      kernelSize: 3,
      padding: 'same',
      useBias: false,
      ...seeded(1),
    }),
    tf.layers.batchNormalization(),
    tf.layers.reLU(),
    tf.layers.maxPooling2d({ poolSize: 2 }),
    tf.layers.flatten(),
    tf.layers.dense({ units: 4, ...seeded(2) }),
  ],
});
const images = tf.randomNormal([32, 8, 8, 3], 0, 1, 'float32', 3);
const labels = tf.oneHot(tf.range(0, 32, 1, 'int32').mod(tf.scalar(4, 'int32')), 4);
const optimizer = tf.train.momentum(0.05, 0.9);

const losses = [];
for (let step = 0; step < STEPS; step += 1) {
  const loss = optimizer.minimize(() => {
    const logits = /** @type {import('@tensorflow/tfjs').Tensor} */ (net.apply(images, { training: true }));
    return tf.losses.softmaxCrossEntropy(labels, logits).asScalar();
  }, true);
  losses.push(loss?.dataSync()[0] ?? Number.NaN);
}

const ones = tf.ones([SIZE, SIZE]);
const times = [];
let product = Number.NaN;
for (let i = 0; i < 10; i += 1) {
  const start = performance.now();
  product = tf.matMul(ones, ones).dataSync()[SIZE + 1] ?? Number.NaN;
  times.push(performance.now() - start);
}
times.sort((a, b) => a - b);

const backend = /** @type {{ binding?: { TF_Version?: string }, isUsingGpuDevice?: boolean }} */ (
  tf.backend()
);
/** @type {Trained} */
const trained = {
  backend: tf.getBackend(),
  tensorflowVersion: backend.binding?.TF_Version ?? 'unknown',
  gpu: backend.isUsingGpuDevice === true,
  losses,
  product,
  matmulMs: times[times.length / 2] ?? Number.NaN,
};
process.stdout.write(`${JSON.stringify(trained)}\n`);

/** @param {number} seed */
function seeded(seed) {
  return { kernelInitializer: tf.initializers.heNormal({ seed }) };
}
