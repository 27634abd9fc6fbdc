import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {
  adam,
  checkpoints,
  createNetwork,
  defineMethod,
  distill,
  memoryStore,
  sgd,
  student,
} from '@distilljs/core';
import type { OptimizerSpec, Scalar, Schedule, StudentOptions, TrainingPosition } from '@distilljs/core';
import { tinyDataset, tinyNetwork, weightBytes } from '@distilljs/core/testing';
import { expect, it, vi } from 'vitest';
import { caught } from '../caught.js';
import { withExtraTerm } from './toy-methods.js';
import { outcomeOf, smallRun, undisturbed } from '../checkpoint/small-run.js';
import { describeOn, REPRODUCIBLE } from '../on-engines.js';

const own = (rate: (at: TrainingPosition) => unknown): Schedule => ({
  name: 'own',
  options: {},
  rate: rate as Schedule['rate'],
});

describeOn(REPRODUCIBLE.slice(0, 1), 'a schedule of one’s own', () => {
  it.each<[string, (at: TrainingPosition) => unknown, string]>([
    ['NaN from the third epoch on', ({ epoch }) => Math.sqrt(2 - epoch), 'at epoch 2.004 of 4: .*got NaN'],
    ['negative at the end', ({ epoch }) => 0.1 - epoch / 30, 'at epoch 3.004 of 4: .*got -0.0001'],
    ['infinite at the start', ({ epoch }) => 1 / epoch, 'at epoch 0 of 4: .*got Infinity'],
    ['no number', () => '0.1', 'at epoch 0 of 4: .*got "0.1"'],
    ['nothing', () => undefined, 'at epoch 0 of 4: .*got nothing'],
  ])('that is %s is refused before training', async (_, rate, message) => {
    const run = smallRun({ optimizer: sgd({ learningRate: own(rate) }) });
    const [network] = run.students;
    const before = weightBytes(network as never);
    const error = await caught(() => distill(run));
    expect(error.code).toBe('option');
    const where = "method 'kd', phase 'train', learning rate of update 'student' ";
    expect(error.message).toMatch(
      new RegExp(`^${where}${message.replace('.*', 'expected a number of at least 0, ')}`),
    );
    expect(weightBytes(network as never)).toEqual(before);
  });

  it('a custom optimizer’s rate is checked before each step: a bad one leaves the weights of the step before', async () => {
    const inner = adam({ learningRate: 0.01 });
    const optimizer: OptimizerSpec = {
      name: 'own',
      options: {},
      create: (variables, also) => ({
        ...inner.create(variables, also),
        learningRate: ({ epoch }) => (epoch >= 1 ? -1 : 0.01),
      }),
    };
    const store = memoryStore();
    const run = smallRun({ optimizer, callbacks: [checkpoints(store, { everySteps: 1 })] });
    const error = await caught(() => distill(run));
    expect(error.message).toBe(
      "method 'kd', phase 'train', epoch 1, step 3, learning rate of update 'student': expected a number of at least 0, got -1. " +
        'A schedule must return one for every fractional epoch from 0 to the last.',
    );
    const short = smallRun({
      optimizer: { ...optimizer, create: (variables, also) => inner.create(variables, also) },
      epochs: 1,
    });
    (await distill(short)).dispose();
    expect(weightBytes(run.students[0] as never)).toEqual(weightBytes(short.students[0] as never));
  });
});

describeOn(REPRODUCIBLE.slice(0, 1), 'an optimizer of one’s own', () => {
  const inner = adam({ learningRate: 0.01 });
  it.each<[string, OptimizerSpec['create'], string]>([
    [
      'makes nothing',
      () => undefined as never,
      'got one without apply, learningRate, state, restore, dispose.',
    ],
    [
      'lacks what checkpoints need',
      (variables) => ({ ...inner.create(variables), state: undefined, restore: undefined }) as never,
      "optimizer 'own' of update 'student', create(): expected an object with apply, learningRate, state, restore, dispose, got one without state, restore.",
    ],
    [
      'throws when it is made',
      () => {
        throw new TypeError('no slots');
      },
      "optimizer 'own' of update 'student', create(): expected an object with apply, learningRate, state, restore, dispose, got no slots.",
    ],
    [
      'returns a promise',
      (variables) => Object.assign(inner.create(variables), { apply: () => Promise.resolve() }),
      "optimizer of update 'student', apply(): expected the variables changed when it returns, got a promise.",
    ],
  ])('that %s is told as that', async (_, create, message) => {
    const optimizer = { name: 'own', options: {}, create };
    expect((await caught(() => distill(smallRun({ optimizer })))).message).toContain(message);
  });
});

describeOn(REPRODUCIBLE, 'a step that the memory does not suffice for', (engine) => {
  /** As each engine fails. */
  const exhaust = (): never => {
    const backend = tf.backend() as unknown as { makeOutput(shape: number[], dtype: string): never };
    if (engine === 'wasm') return backend.makeOutput([2 ** 30, 8], 'float32');
    throw new RangeError('Array buffer allocation failed');
  };

  it('is reported with its batch and the last good checkpoint; a resumed run ends in the same bytes', async () => {
    let isFull = true;
    const method = withExtraTerm((step) => (isFull && step.step === 7 ? exhaust() : tf.scalar(0)));
    const whole = await undisturbed({ method: withExtraTerm(() => tf.scalar(0)), teacher: undefined });
    const store = memoryStore();
    const run = smallRun({ method, teacher: undefined, callbacks: [checkpoints(store)] });
    const error = await caught(() => distill(run));
    for (const network of run.students) network.dispose();
    expect(error.code).toBe('engine');
    expect(error.message).toMatch(
      new RegExp(
        `^engine '${engine}', method 'toy', phase 'train', epoch 2, step 7, a batch of 4 images of \\d+×\\d+×\\d: expected memory .*` +
          'Use a smaller batch, smaller images or a smaller network\\. Last good checkpoint: memory, phase-00-epoch-00002',
      ),
    );
    isFull = false;
    const again = smallRun({ method, teacher: undefined, callbacks: [checkpoints(store)] });
    expect(outcomeOf(await distill(again))).toEqual(whole);
  });
});

describeOn(REPRODUCIBLE, 'images that the memory does not suffice for', () => {
  it('are reported with their batch, and leave no tensor', async () => {
    let isTraining = false;
    const start = (): void => void (isTraining = true);
    const run = smallRun({ callbacks: [{ name: 'listener', start }] });
    const imageShape = run.train.imageShape.join('×');
    const before = tf.memory().numTensors;
    const backend = tf.backend();
    const own = backend.write.bind(backend);
    const spy = vi.spyOn(backend, 'write').mockImplementation((values, shape, dtype) => {
      if (isTraining && shape.join('×') === `4×${imageShape}`)
        throw new RangeError('Array buffer allocation failed');
      return own(values, shape, dtype);
    });
    const error = await caught(() => distill(run)).finally(() => {
      spy.mockRestore();
    });
    expect(error.message).toContain(
      `step 0, a batch of 4 images of ${imageShape}: expected memory for this batch`,
    );
    expect(tf.memory().numTensors).toBe(before);
  });
});

describeOn(REPRODUCIBLE.slice(0, 1), 'weights that no term reaches', () => {
  const run = { train: tinyDataset(8, 1), epochs: 2, batchSize: 4, seed: 1 };

  it('are named once, in the first step: here the classifier, as the loss looks at features alone', async () => {
    const { layers } = tfl;
    const { imageShape, classes } = run.train;
    const network = createNetwork(
      tfl.sequential({
        layers: [
          layers.flatten({ inputShape: [...imageShape] }),
          layers.dense({ units: 4, name: 'hidden' }),
          layers.dense({ units: classes, name: 'logits' }),
        ],
      }),
    );
    const method = defineMethod<StudentOptions>({
      name: 'features',
      defaults: {},
      check: {},
      reads: () => ({ student: ['hidden'] }),
      loss: ({ student }) => ({
        size: { value: tf.mean<Scalar>(tf.square(student.tap('hidden'))), weight: 1 },
      }),
    })();
    const result = await distill({ ...run, method, students: [network] });
    expect(result.warnings).toEqual([
      "No term reaches 'logits/kernel', 'logits/bias' of update 'student': no gradient trains them.",
    ]);
    result.dispose();
  });

  it('are all of them where a loss counts wrong answers, which has a gradient of 0 everywhere', async () => {
    const method = defineMethod<StudentOptions>({
      name: 'errors',
      defaults: {},
      check: {},
      reads: () => ({ student: [] }),
      loss: ({ student: { logits }, labels }) => ({
        errors: {
          value: tf.mean<Scalar>(tf.abs(tf.sub(tf.cast(tf.argMax(logits, 1), 'float32'), labels))),
          weight: 1,
        },
      }),
    })();
    const result = await distill({ ...run, method, students: [tinyNetwork(1)] });
    expect(result.warnings.filter((warning) => warning.startsWith('No term'))).toHaveLength(1);
    result.dispose();
  });

  it('are none in a usual run', async () => {
    const result = await distill({
      ...run,
      method: student(),
      students: [tinyNetwork(1, { momentum: 0.1 })],
    });
    expect(result.warnings.filter((warning) => warning.startsWith('No term'))).toEqual([]);
    result.dispose();
  });
});
