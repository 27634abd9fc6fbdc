import { join } from 'node:path';
import {
  arrayDataset,
  createNetwork,
  createRandom,
  distill,
  evaluate,
  resolveEngine,
  sgd,
  student,
} from '@distilljs/core';
import { constantRate } from '@distilljs/core';
import { imageFolder } from '@distilljs/bench/data/folder';

/** One side of {@link file://./main.mjs}: sends `ready`, then takes turns on request. */

const { role, dir, edge, memoryImages, batch, model, engine } = JSON.parse(process.env['LARGE_SET'] ?? '{}');
// Type-checking the bench's sources needs the bench's own settings.
const { buildModel, splitValidation, subset } = await import(/** @type {string} */ ('@distilljs/bench'));
/** @type {Record<string, number>} */
const seconds = {};
/** Number of validation images evaluated at the end. */
const JUDGED = 512;

/** @template T @param {string} what @param {() => Promise<T>} work @returns {Promise<T>} */
async function timed(what, work) {
  const started = performance.now();
  const result = await work();
  seconds[what] = (performance.now() - started) / 1000;
  return result;
}

const { splits } = await timed('opening the set', () =>
  imageFolder(
    { dir: join(dir, 'photos'), cacheDir: join(dir, 'cache'), imageSize: edge, testFraction: 0.05 },
    ['train'],
  ),
);
if (splits.train === undefined) throw new Error('no training images');
const { train: all, validation } = splitValidation(splits.train, 0.05, createRandom(0));
if (role === 'decode') await serve(async () => ({ times: [], cpu: 0 }));
else await train();

async function train() {
  const train = role === 'memory' ? await inMemory(subset(all, every(memoryImages))) : all;
  await resolveEngine(engine);
  const network = createNetwork(
    buildModel(model, { imageShape: train.imageShape, classes: train.classes }).model,
  );
  const stop = new AbortController();
  /** @type {number[]} */
  let times = [];
  let [left, begun] = [0, 0];
  /** @type {(value?: unknown) => void} */
  let goOn = () => undefined;
  /** @type {(value?: unknown) => void} */
  let done = () => undefined;
  const wait = () => new Promise((resolve) => (goOn = resolve));
  const prepared = new Promise((resolve) => (done = resolve));
  const began = performance.now();
  const running = distill({
    students: [network],
    method: student(),
    train,
    epochs: 1_000_000,
    batchSize: batch,
    seed: 0,
    optimizer: sgd({ learningRate: constantRate(0.01), momentum: 0.9 }),
    augmentation: { padCrop: 0, flip: true, padValue: 0 },
    signal: stop.signal,
    callbacks: [
      {
        name: 'turns',
        async start() {
          seconds['statistics and checks'] = (performance.now() - began) / 1000;
          done();
          await wait();
          begun = performance.now();
        },
        async step() {
          times.push(performance.now() - begun);
          if (--left === 0) {
            done();
            await wait();
          }
          begun = performance.now();
        },
      },
    ],
  });
  await Promise.race([prepared, running]);
  await serve(
    async (steps) => {
      times = [];
      left = steps;
      const turn = new Promise((resolve) => (done = resolve));
      const before = process.cpuUsage();
      goOn();
      await Promise.race([turn, running]);
      const { user, system } = process.cpuUsage(before);
      return { times, cpu: (user + system) / 1000 / steps };
    },
    async () => {
      stop.abort();
      left = Infinity;
      goOn();
      const result = await running;
      const judged = subset(
        validation,
        every(JUDGED).filter((at) => at < validation.size),
      );
      await timed('512 validation images', () => evaluate(network, judged, result.normalization));
      result.dispose();
    },
  );
}

/** @param {number} count */
function every(count) {
  return Array.from({ length: count }, (_, at) => at);
}

/** @param {import('@distilljs/core').Dataset} read */
async function inMemory(read) {
  const size = read.imageShape.reduce((product, axis) => product * axis, 1);
  const images = new Uint8Array(read.size * size);
  for (let at = 0; at < read.size; at++) images.set(await read.image(at), at * size);
  const { imageShape, classes, labels = new Int32Array() } = read;
  return arrayDataset({ name: 'memory', images, labels, imageShape, classes });
}

/**
 * @param {(steps: number) => Promise<{ times: number[], cpu: number }>} turn
 * @param {() => Promise<void>} [end]
 */
async function serve(turn, end) {
  const tell = (/** @type {object} */ more) =>
    process.send?.({
      ...more,
      rss: process.memoryUsage.rss(),
      peak: 1024 * process.resourceUsage().maxRSS,
      seconds,
    });
  process.on('message', (/** @type {{ steps?: number, end?: true }} */ message) => {
    void (async () => {
      if (message.end === undefined) return tell(await turn(message.steps ?? 0));
      await end?.();
      return tell({ times: [] });
    })();
  });
  tell({});
}
