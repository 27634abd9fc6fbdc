import * as layers from '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import {
  adam,
  createNetwork,
  defineMethod,
  distill,
  evaluate,
  freeze,
  kd,
  loadTeacher,
  progress,
  resolveEngine,
  student,
  teacherFrom,
  withInput,
} from '@distilljs/core';
import type { Dataset, DistillOptions, InMemoryDataset, Method } from '@distilljs/core';
import { tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { caught } from '../caught.js';

beforeAll(async () => {
  await resolveEngine('cpu');
});

/** As a caller without types writes it. */
const refused = async (change: Record<string, unknown>): Promise<string> =>
  (
    await caught(() =>
      distill({
        students: [tinyNetwork(2)],
        method: student(),
        train: tinyDataset(8, 1),
        epochs: 1,
        batchSize: 4,
        seed: 1,
        ...change,
      }),
    )
  ).message;

/** A student and a teacher of one input whose first convolution is the same layer. */
function sharing(trainable: boolean): { teacher: layers.LayersModel; student: layers.LayersModel } {
  const shared = layers.layers.conv2d({ name: 'shared', filters: 2, kernelSize: 3, trainable });
  const modelOf = (name: string): layers.LayersModel => {
    const input = layers.input({ shape: [6, 6, 2] });
    const features = layers.layers.flatten().apply(shared.apply(input)) as layers.SymbolicTensor;
    const logits = layers.layers.dense({ name: 'logits', units: 3 }).apply(features) as layers.SymbolicTensor;
    return layers.model({ inputs: input, outputs: logits, name });
  };
  return { teacher: modelOf('teacher'), student: modelOf('student') };
}

it('takes a normalization that is an object of a class', async () => {
  class Halves {
    readonly mean = [0.5, 0.5];
    get std(): number[] {
      return [0.25, 0.25];
    }
  }
  const [train, students] = [tinyDataset(8, 1), [tinyNetwork(2)]];
  const normalization = new Halves();
  const given = { train, students, method: student(), epochs: 1, batchSize: 4, seed: 1, normalization };
  const result = await distill(given);
  expect(result.normalization.std).toEqual([0.25, 0.25]);
  result.dispose();
});

it('reads options that are inherited or getters, and names one that throws', async () => {
  const given = { students: [tinyNetwork(2)], method: student(), train: tinyDataset(8, 1), seed: 1 };
  const inherited = Object.create({ ...given, epochs: 1, batchSize: 4 }) as DistillOptions;
  expect((await distill(inherited)).history).toHaveLength(1);
  const throws = (field: string): object => ({
    get [field]() {
      throw new Error('not today');
    },
  });
  const of = async (given: object): Promise<string> =>
    (await caught(() => distill(given as DistillOptions))).message;
  expect(await of(throws('train'))).toBe('train: expected an option that can be read, got not today.');
  expect(await of(Promise.resolve(given))).toContain('Write `await` before it.');
  const method = (await caught(() => kd(throws('temperature')))).message;
  expect(method).toBe('kd: expected options that can be read, got not today.');
  const dataset = Object.defineProperty({ ...tinyDataset(8, 1) }, 'size', {
    get: () => {
      throw new Error('not today');
    },
  });
  expect(await refused({ train: dataset })).toBe(
    'train: expected a dataset whose fields can be read, got not today.',
  );
});

it('an option that is null is left out', async () => {
  const needed = {
    students: [tinyNetwork(2)],
    method: student(),
    train: tinyDataset(8, 1),
    epochs: 1,
    batchSize: 4,
    seed: 1,
  };
  const optional = [
    'teacher',
    'teacherInput',
    'teacherOutputs',
    'validation',
    'optimizer',
    'augmentation',
    'normalization',
  ];
  const others = ['callbacks', 'settleStatistics', 'graphs', 'signal'];
  const nulls = Object.fromEntries([...optional, ...others].map((name) => [name, null]));
  expect((await distill({ ...needed, ...nulls })).history).toHaveLength(1);
  for (const name of Object.keys(needed))
    expect(await refused({ [name]: null }), name).toMatch(/^(?:distill|\w+): expected .*, got nothing\./);
});

it('validation images of another scale are warned of by name', async () => {
  const train = tinyDataset(8, 1);
  const dark: Dataset = {
    ...train,
    name: 'night',
    image: (index) => Float32Array.from(train.image(index), (value) => value / 25),
  };
  const {
    warnings,
    student: trained,
    normalization,
  } = await distill({
    students: [tinyNetwork(2)],
    method: student(),
    train,
    validation: dark,
    epochs: 1,
    batchSize: 4,
    seed: 1,
  });
  expect(warnings.join()).toMatch(/^Pixels of validation dataset 'night' are on another scale/);
  expect((await evaluate(trained, dark, normalization)).warning).toMatch(/^Pixels of dataset 'night' are on/);
  expect(await evaluate(trained, train, normalization)).not.toHaveProperty('warning');
});

it.each([
  ['themselves', tinyDataset(8, 1), 1],
  ['copied', tinyDataset(8, 1), 1],
  ['others', tinyDataset(8, 2), 0],
])('the training images as validation images (%s) are warned of', async (kind, copy, times) => {
  const train = tinyDataset(8, 1);
  const validation = kind === 'themselves' ? train : copy;
  const result = await distill({
    ...{ students: [tinyNetwork(2)], method: student(), train, validation, epochs: 1, batchSize: 4, seed: 1 },
  });
  const said = result.warnings.filter((text) => text.startsWith('The validation images are the training'));
  expect(said).toHaveLength(times);
  result.dispose();
});

it('what teaches or defines a method is refused where it is nothing', async () => {
  const of = async (call: () => unknown): Promise<string> => (await caught(call)).message;
  for (const nothing of [null, undefined, {}] as never[]) {
    expect(await of(() => loadTeacher(nothing))).toMatch(/^a model’s place: expected a path/);
    expect(await of(() => withInput(nothing, nothing, nothing))).toMatch(
      /^(?:teacherInput|withInput, imageShape): expected /,
    );
    expect(await of(() => teacherFrom(nothing, nothing))).toMatch(/^teacherFrom: expected /);
    expect(await of(() => defineMethod(nothing))).toMatch(
      /^defineMethod, name: expected a name, defaults, check/,
    );
  }
  const empty = { name: 'mine', defaults: {}, check: {} };
  expect(await of(() => defineMethod(empty as never))).toMatch(/^defineMethod, reads: expected /);
});

describe('distill says what was meant', () => {
  it.each<[string, () => Record<string, unknown>, string]>([
    [
      'by an option that does not exist',
      () => ({ normalisation: {} }),
      "distill: expected a known option, got 'normalisation'. Did you mean 'normalization'?",
    ],
    [
      'by a learning rate beside the optimizer',
      () => ({ learningRate: 0.1 }),
      "got 'learningRate'. It is the optimizer’s: `optimizer: sgd({ learningRate: 0.05 })`.",
    ],
    ['by lr beside the optimizer', () => ({ lr: 0.1 }), "got 'lr'. It is the optimizer’s: "],
    ['by alpha', () => ({ alpha: 0.1 }), "distill: expected a known option, got 'alpha'."],
    ['by half a name', () => ({ batch: 3 }), "got 'batch'. Did you mean 'batchSize'?"],
    [
      'by more than a normalization has',
      () => ({ normalization: { mean: [0.5, 0.5], std: [0.25, 0.25], scale: 255 } }),
      "normalization: expected a known option, got 'scale'. Available: mean, std.",
    ],
    ['by a missing training set', () => ({ train: undefined }), 'train: expected a dataset, got nothing.'],
    [
      'by a training set that was not awaited',
      () => ({ train: Promise.resolve(tinyDataset(8, 1)) }),
      'train: expected a dataset, got a promise. Write `await` before it.',
    ],
    [
      'by classes of the validation set in another order',
      () => ({
        train: { ...tinyDataset(8, 1), classNames: ['cat', 'dog', 'eel'] },
        validation: { ...tinyDataset(8, 2), classNames: ['cat', 'eel', 'dog'] },
      }),
      "validation, classNames: expected the classes of `train` in their order, class 1 'dog', got 'eel'.",
    ],
    [
      'by a teacher in the place of a student',
      () => ({ students: [freeze(tinyNetwork(2))] }),
      'students[0]: expected a network (createNetwork) or a tfjs LayersModel, got a frozen network.',
    ],
    ['by a hole in a list', () => ({ students: new Array(1) }), 'students[0]: expected a network'],
    [
      'by a callback for another library',
      () => ({ callbacks: [{ name: 'mine', onEpochEnd: () => undefined }] }),
      'callbacks[0]: expected a callback with a hook (resume, start, step, epoch, abort, warn, end), got an object with name, onEpochEnd. Hooks are called without `on`',
    ],
    ['by { xs, ys }', () => ({ train: { xs: [], ys: [] } }), 'That is what model.fitDataset takes'],
    [
      'by missing students',
      () => ({ students: undefined }),
      'students: expected a list of networks, got nothing. Write `students: [student]`.',
    ],
    [
      'by one student without a list',
      () => ({ students: tinyNetwork(2) }),
      'students: expected a list of networks, got one network. Write `students: [student]`.',
    ],
    [
      'by a model without a list',
      () => ({ students: tinyNetwork(2).model }),
      'students: expected a list of networks, got one network.',
    ],
    [
      'by a student that was not awaited',
      () => ({ students: [Promise.resolve(tinyNetwork(2))] }),
      'students[0]: expected a value, got a promise. Write `await` before it.',
    ],
    [
      'by a teacher that was not awaited',
      () => ({ teacher: Promise.resolve(tinyNetwork(2)) }),
      'teacher: expected a value, got a promise. Write `await` before it.',
    ],
    [
      'by a method that was not called',
      () => ({ method: kd }),
      "method: expected a method, got the function 'kd'. Call it: `method: kd()`.",
    ],
    [
      'by a method’s name',
      () => ({ method: 'kd' }),
      'method: expected a method, got "kd". Import the method and call it, for instance `method: kd()`.',
    ],
    ['by no method', () => ({ method: undefined }), 'method: expected a method, got nothing. For instance'],
    [
      'by an optimizer’s name',
      () => ({ optimizer: 'adam' }),
      'optimizer: expected an optimizer, got "adam". Call it: `adam({ learningRate: 0.01 })`.',
    ],
    [
      'by an optimizer that was not called',
      () => ({ optimizer: adam }),
      "optimizer: expected an optimizer, got the function 'adam'. Call it: `adam()`.",
    ],
    [
      'by an optimizer of tfjs',
      () => ({ optimizer: tf.train.sgd(0.1) }),
      'A tfjs optimizer cannot be resumed from a checkpoint: use sgd() or adam() of @distilljs/core.',
    ],
    [
      'by a callback without a list',
      () => ({ callbacks: progress() }),
      'callbacks: expected a list of callbacks, got an object with name, ',
    ],
    [
      'by a callback that was not called',
      () => ({ callbacks: [progress] }),
      "callbacks[0]: expected a callback, got the function 'progress'. Call it: `progress()`.",
    ],
    [
      'by a hook that is no function',
      () => ({ callbacks: [{ name: 'mine', epoch: 5 }] }),
      'callbacks[0].epoch: expected a function, got 5.',
    ],
    [
      'by an AbortController',
      () => ({ signal: new AbortController() }),
      'signal: expected an AbortSignal, got an object. Write `signal: controller.signal`.',
    ],
    ['by epochs in text', () => ({ epochs: '3' }), 'epochs: expected a whole number, at least 1, got "3".'],
    ['by a seed in text', () => ({ seed: '7' }), 'seed: expected a whole number, got "7".'],
    [
      'by a kind of teacher outputs alone',
      () => ({ teacherOutputs: 'cached' }),
      'teacherOutputs: expected an object of options, got "cached".',
    ],
    [
      'by half a normalization',
      () => ({ normalization: { mean: [0.5, 0.5] } }),
      'normalization.std: expected one number above 0 per channel (2), got nothing.',
    ],
    [
      'by a normalization in typed arrays',
      () => ({ normalization: { mean: Float32Array.of(0.5, 0.5), std: [0.2, 0.2] } }),
      'normalization.mean: expected one finite number per channel (2), got Float32Array of 2 values. Write it as a list: `[...values]`.',
    ],
    [
      'by a crop wider than the images',
      () => ({ augmentation: { padCrop: 40, flip: true, padValue: 0 } }),
      'augmentation.padCrop: expected a whole number, at least 0 and at most',
    ],
    [
      'by an augmentation’s wrong name',
      () => ({ augmentation: { flips: true } }),
      "augmentation: expected a known option, got 'flips'. Did you mean 'flip'?",
    ],
    [
      'by data without a fingerprint',
      () => ({ train: { ...tinyDataset(8, 1), fingerprint: undefined } }),
      "train, dataset 'tiny', fingerprint: expected a string that changes whenever pixels or labels change, got nothing.",
    ],
  ])('%s', async (_, change, message) => {
    expect(await refused(change())).toContain(message);
  });
});

describe('distill refuses', () => {
  const floats = (data: InMemoryDataset): Dataset => ({
    ...data,
    image: (index) => Float32Array.from(data.image(index), (pixel) => pixel / 255),
  });

  it('pixels of 0…1 under a normalization meant for 0…255, and measures it itself otherwise', async () => {
    const normalization = { mean: [0.5, 0.5], std: [0.25, 0.25] };
    expect(await refused({ train: floats(tinyDataset(8, 1)), normalization })).toMatch(
      /dataset 'tiny': expected pixels from 0 to 255, as `normalization` is given, got values from 0.* to 0\..*Multiply the pixels by 255/,
    );
    const result = await distill({
      students: [tinyNetwork(2)],
      method: student(),
      train: floats(tinyDataset(8, 1)),
      epochs: 1,
      batchSize: 4,
      seed: 1,
    });
    expect(result.history).toHaveLength(1);
    expect(result.warnings[0]).toMatch(
      /^Pixels of dataset 'tiny' are not from 0 to 255: their mean is 0\.\d+\. Training works, because the normalization is measured, but a student in use is given 0 to 255\. Scale the pixels/,
    );
    result.dispose();
  });

  it('validation images of another scale than the training images, measured or not', async () => {
    const message =
      /dataset 'tiny': expected pixels from 0 to 255, as `normalization` is given, got values from 0.* to 0\..*Multiply the pixels by 255\.$/;
    const validation = floats(tinyDataset(8, 2));
    expect(await refused({ validation })).toMatch(message);
    expect(await refused({ validation, normalization: { mean: [0.5, 0.5], std: [0.25, 0.25] } })).toMatch(
      message,
    );
  });

  it('validation images of another scale that are read, when they are first measured', async () => {
    const read = (change: (pixel: number) => number): Dataset => {
      const data = tinyDataset(8, 2);
      return { ...data, image: (index) => Promise.resolve(Float32Array.from(data.image(index), change)) };
    };
    expect(await refused({ validation: read((pixel) => pixel / 255) })).toMatch(
      /Multiply the pixels by 255\.$/,
    );
    const told: unknown[] = [];
    const result = await distill({
      students: [tinyNetwork(2)],
      method: student(),
      train: tinyDataset(8, 1),
      validation: read((pixel) => pixel / 12),
      epochs: 2,
      batchSize: 4,
      seed: 1,
      callbacks: [
        {
          name: 'listener',
          warn: (message) => {
            if (message.startsWith('Pixels')) told.push(message);
          },
          epoch: ({ epoch }) => void told.push(epoch),
        },
      ],
    });
    const warning = /^Pixels of validation dataset 'tiny' are on another scale than those for training/;
    expect(told).toEqual([expect.stringMatching(warning), 0, 1]);
    result.dispose();
  });

  it('no images that are all alike, but says so', async () => {
    const result = await distill({
      students: [tinyNetwork(2)],
      method: student(),
      train: { ...tinyDataset(8, 1), image: () => new Float32Array(72).fill(0.5) },
      epochs: 1,
      batchSize: 4,
      seed: 1,
    });
    expect(result.warnings[0]).toBe(
      "All images of dataset 'tiny' are the same plain colour, so nothing can be learned from them.",
    );
    result.dispose();
  });

  it.each<[string, Partial<Dataset>, { mean: number[]; std: number[] }, string]>([
    [
      'pixels of 16 bits',
      { image: (index) => new Uint16Array(72).fill(3000 * (index + 1)) as never },
      { mean: [0.5, 0.5], std: [0.25, 0.25] },
      'expected pixels from 0 to 255, as `normalization` is given, got values from 3000 to 24000. Scale the pixels, or leave',
    ],
    [
      'a mean of pixels that are not divided',
      {},
      { mean: [125, 125], std: [60, 60] },
      'normalization: expected mean and std of pixels divided by 255, got mean 125.0, 125.0, std 60.00, 60.00. Divide both by 255: mean 0.4902',
    ],
  ])(
    '%s, which would give inputs of hundreds or always the same',
    async (_, change, normalization, message) => {
      expect(await refused({ train: { ...tinyDataset(8, 1), ...change }, normalization })).toContain(message);
    },
  );

  it.each<[string, 'students' | 'teacher', (network: ReturnType<typeof tinyNetwork>) => void, string]>([
    [
      'a teacher whose weights are no numbers',
      'teacher',
      (network) =>
        Object.values(network.variables)[0]?.assign(
          tf.fill(Object.values(network.variables)[0]?.shape ?? [], NaN),
        ),
      "logits of the first training images: expected finite numbers, got NaN. Its weight '",
    ],
    [
      'a student whose weights are no numbers',
      'students',
      (network) =>
        Object.values(network.variables)[0]?.assign(
          tf.fill(Object.values(network.variables)[0]?.shape ?? [], NaN),
        ),
      "logits of the first training images: expected finite numbers, got NaN. Its weight '",
    ],
    [
      'a teacher that was disposed',
      'teacher',
      (network) => {
        network.dispose();
      },
      'expected a network with weights, got a disposed one',
    ],
    [
      'a student that was disposed',
      'students',
      (network) => {
        network.dispose();
      },
      'expected a network with weights, got a disposed one',
    ],
  ])('%s', async (_, role, spoil, message) => {
    const [teacher, learner] = [tinyNetwork(1), tinyNetwork(2)];
    spoil(role === 'teacher' ? teacher : learner);
    expect(await refused({ teacher, students: [learner], method: kd() })).toContain(message);
  });

  it.each<[object, string]>([
    [{}, 'method: expected a method, got {"name":"mine"}'],
    [{ spec: 'v1', plan: () => undefined }, "method 'mine', plan, phases: expected a list, got nothing"],
    [
      { spec: 'v1', plan: () => ({ phases: [{}], auxiliary: {}, cost: {}, dispose: () => undefined }) },
      "method 'mine', phases[0], name: expected a string, got nothing",
    ],
    [
      {
        spec: 'v1',
        plan: () => ({
          phases: [
            {
              name: 'p',
              reads: {},
              updates: [{ name: 'u', variables: {}, terms: () => ({}), optimizer: 'adam' }],
            },
          ],
          auxiliary: {},
          cost: {},
          dispose: () => undefined,
        }),
      },
      'method \'mine\', phases[0], updates[0], optimizer: expected an optimizer, got "adam"',
    ],
  ])('a method of one’s own without its parts: %j', async (parts, message) => {
    expect(await refused({ method: { name: 'mine', ...parts } })).toContain(message);
  });

  it.each<['validation' | 'train']>([['train'], ['validation']])(
    'a pixel that is no number in %s, naming the image',
    async (which) => {
      const data = tinyDataset(8, 1);
      const broken: Dataset = {
        ...data,
        image: (index) => (index === 5 ? new Float32Array(72).fill(NaN) : data.image(index)),
      };
      expect(await refused({ [which]: broken })).toContain(
        "dataset 'tiny', image 5 of 8: expected finite pixels, got NaN at value 0.",
      );
    },
  );

  it('a student that the method does not read', async () => {
    expect(
      await refused({ students: [tinyNetwork(2), tinyNetwork(3)], teacher: tinyNetwork(1), method: kd() }),
    ).toBe(
      "students[1] 'tiny4': expected a student that method 'kd' trains, got one that no phase reads. The method takes 1 of these 2 students.",
    );
  });

  it.each<[string, (network: ReturnType<typeof tinyNetwork>) => unknown]>([
    ['network', (network) => network],
    ['model', (network) => network.model],
    ['frozen network', freeze],
    ['network of the same model', (network) => createNetwork(network.model)],
  ])('a teacher that is the student’s %s', async (_, teacherOf) => {
    const network = tinyNetwork(2);
    expect(await refused({ students: [network], teacher: teacherOf(network), method: kd() })).toContain(
      "students[0] 'tiny4': expected weights of its own, if they are trained, got 'stem_conv/kernel', which is 'stem_conv/kernel' of the teacher too.",
    );
  });

  it('a layer that is trained in the student and shared with the teacher, and takes a frozen one', async () => {
    const trained = sharing(true);
    expect(await refused({ students: [trained.student], teacher: trained.teacher, method: kd() })).toMatch(
      /students\[0\] 'student': .*'shared\/kernel' of the teacher too\. Build another model, or freeze/,
    );
    const frozen = sharing(false);
    const result = await distill({
      students: [frozen.student],
      teacher: frozen.teacher,
      method: kd(),
      train: tinyDataset(8, 1),
      epochs: 1,
      batchSize: 4,
      seed: 1,
    });
    expect(result.history).toHaveLength(1);
    result.dispose();
  });

  it('a layer that two students train', async () => {
    const { teacher: first, student: second } = sharing(true);
    expect(await refused({ students: [first, second] })).toContain(
      "students[1] 'student': expected weights of its own, if they are trained, got 'shared/kernel', which is 'shared/kernel' of students[0] too.",
    );
  });

  it.each<[string, unknown[], string]>([
    ['too few batches', [], "sampler 'mine': expected 2 batches an epoch, got 0."],
    [
      'an image that is not there',
      [Int32Array.of(0, 1, 2, 3), Int32Array.of(4, 5, 6, 8)],
      "sampler 'mine', batch 1: expected positions from 0 to 7, got 8.",
    ],
    [
      'a batch that is not full',
      [Int32Array.of(0, 1, 2, 3), Int32Array.of(4, 5)],
      "sampler 'mine', batch 1: expected 4 images, got 2.",
    ],
  ])('a sampler that gives %s', async (_, batches, message) => {
    const sampled: Method = {
      ...student(),
      plan: async (context) => {
        const plan = await student().plan(context);
        const sampler = {
          name: 'mine',
          batchSize: 4,
          stepsPerEpoch: 2,
          batches: () => batches as Int32Array[],
        };
        return { ...plan, phases: plan.phases.map((phase) => ({ ...phase, sampler })) };
      },
    };
    expect(await refused({ method: sampled })).toBe(message);
  });
});
