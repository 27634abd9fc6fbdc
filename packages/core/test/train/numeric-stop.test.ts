import * as tf from '@tensorflow/tfjs-core';
import { arrayDataset, checkpoints, distill, kd, memoryStore, resolveEngine, sgd } from '@distilljs/core';
import type { DistillOptions, Network, Scalar, Step } from '@distilljs/core';
import { tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { caught } from '../caught.js';
import { withExtraTerm } from './toy-methods.js';

beforeAll(async () => {
  await resolveEngine('cpu');
});

const setup = (student: Network, extra: (step: Step) => Scalar): DistillOptions => ({
  students: [student],
  method: withExtraTerm(extra),
  train: tinyDataset(12, 1),
  epochs: 4,
  batchSize: 4,
  seed: 1,
});

const allFinite = (student: Network): boolean =>
  Object.values({ ...student.variables, ...student.statistics }).every((variable) =>
    variable.dataSync().every((value) => Number.isFinite(value)),
  );

/** 0 until the fifth step of the run (the second of the second epoch), then this. */
const inFifthStep = (make: (step: Step) => Scalar) => (step: Step) =>
  step.step === 4 ? make(step) : tf.scalar(0);

describe('a number that is not finite ends the run', () => {
  it.each<[string, (step: Step) => Scalar, string]>([
    ['NaN', () => tf.scalar(NaN), 'NaN'],
    ['Infinity', () => tf.scalar(Infinity), 'Infinity'],
    ['log of 0', (step) => tf.mul<Scalar>(tf.log(tf.mul(tf.sum(step.student.logits), 0)), 1), '-Infinity'],
  ])('a term that is %s: term, step and weights', async (_, make, got) => {
    const student = tinyNetwork(2);
    const error = await caught(() => distill(setup(student, inFifthStep(make))));
    expect(error.code).toBe('numeric');
    expect(error.message).toBe(
      `method 'toy', phase 'train', epoch 1, step 4, term 'extra' of update 'student': expected a finite value, got ${got}. ` +
        "Lower the learning rate or the term's weight. There is no checkpoint.",
    );
    expect(allFinite(student)).toBe(true);
  });

  it('a gradient that is NaN while every term is finite', async () => {
    const student = tinyNetwork(2);
    // √0 = 0 has an infinite slope, and 0 · ∞ is NaN.
    const root = (step: Step): Scalar => tf.sqrt(tf.sum(tf.mul(step.student.logits, 0)));
    const error = await caught(() => distill(setup(student, inFifthStep(root))));
    expect(error.code).toBe('numeric');
    expect(error.message).toBe(
      "method 'toy', phase 'train', epoch 1, step 4, weights of update 'student' (all terms are finite): expected a finite value, got NaN. " +
        "Lower the learning rate or the term's weight. There is no checkpoint.",
    );
    expect(allFinite(student)).toBe(true);
  });

  it('names the last good checkpoint', async () => {
    const options = {
      ...setup(
        tinyNetwork(2),
        inFifthStep(() => tf.scalar(NaN)),
      ),
      callbacks: [checkpoints(memoryStore())],
    };
    expect((await caught(() => distill(options))).hint).toMatch(
      /Last good checkpoint: memory, phase-00-epoch-00001-step-0000000\.$/,
    );
    const often = { ...options, callbacks: [checkpoints(memoryStore(), { everySteps: 1 })] };
    expect((await caught(() => distill(often))).hint).toMatch(
      /Last good checkpoint: memory, phase-00-epoch-00001-step-0000001\.$/,
    );
  });

  it('names the checkpoint that the run went on from', async () => {
    const store = memoryStore();
    const callbacks = [checkpoints(store)];
    const stopped = {
      name: 'stop',
      epoch: (_: unknown, run: { stop(reason: string): void }) => {
        run.stop('enough');
      },
    };
    const options = setup(
      tinyNetwork(2),
      inFifthStep(() => tf.scalar(NaN)),
    );
    (await distill({ ...options, callbacks: [...callbacks, stopped] })).dispose();
    const error = await caught(() => distill({ ...options, callbacks }));
    expect(error.hint).toMatch(/Last good checkpoint: memory, phase-00-epoch-00001-step-0000000\.$/);
  });

  it('leaves batch norm statistics unchanged, also when the images are invalid', async () => {
    // Standardized values may be of any size.
    const pixels = Float32Array.from({ length: 12 * 72 }, (_, at) => (at === 800 ? 3e38 : (at % 200) - 100));
    const train = arrayDataset({
      images: pixels,
      labels: Array.from({ length: 12 }, (_, at) => at % 3),
      imageShape: [6, 6, 2],
      classes: 3,
    });
    const student = tinyNetwork(2);
    const normalization = { mean: [0, 0], std: [1, 1] };
    const error = await caught(() =>
      distill({ ...setup(student, () => tf.scalar(0)), train, normalization }),
    );
    expect(error.message).toMatch(/batch norm statistics .*: expected a finite value, got Infinity/);
    expect(allFinite(student)).toBe(true);
  });

  it.each([1e3, 1e6, 1e12, 1e38])(
    'when training diverges, before a weight does: rate %s',
    async (learningRate) => {
      const student = tinyNetwork(2);
      const steep = {
        ...setup(student, (step) => tf.mean(tf.square(step.student.logits))),
        optimizer: sgd({ learningRate }),
        epochs: 50,
      };
      const error = await caught(() => distill(steep));
      expect(error.code).toBe('numeric');
      expect(allFinite(student)).toBe(true);
    },
  );

  it('and frees what the run made', async () => {
    const options = {
      ...setup(
        tinyNetwork(2),
        inFifthStep(() => tf.scalar(NaN)),
      ),
      validation: tinyDataset(6, 2),
    };
    const before = tf.memory().numTensors;
    await caught(() => distill(options));
    expect(tf.memory().numTensors).toBe(before);
  });

  it('and frees what the first look at the networks made', async () => {
    const odd = tinyNetwork(2);
    for (const weight of Object.values(odd.variables)) weight.assign(tf.fill(weight.shape, Infinity));
    const sound = tinyNetwork(3);
    const options = setup(sound, () => tf.scalar(0));
    const before = tf.memory().numTensors;
    for (const networks of [{ students: [odd] }, { teacher: odd, method: kd() }]) {
      const error = await caught(() => distill({ ...options, ...networks }));
      expect(error.where).toContain('logits of the first training images');
      expect(tf.memory().numTensors).toBe(before);
    }
  });
});
