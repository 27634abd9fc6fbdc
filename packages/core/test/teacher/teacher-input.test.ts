import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import {
  checkpoints,
  createNetwork,
  createRandom,
  distill,
  freeze,
  kd,
  loadBatch,
  memoryStore,
  metadataOf,
  modelMetadata,
  seedWeights,
  setModelMetadata,
  student as studentAlone,
  withInput,
} from '@distilljs/core';
import type { DistillOptions, FrozenNetwork, GivenImages, TeacherInput } from '@distilljs/core';
import { testEngines, tinyDataset, tinyNetwork, weightBytes } from '@distilljs/core/testing';
import { describe, expect, it } from 'vitest';
import { caught } from '../caught.js';
import { expectClose } from '../numbers.js';
import { describeOn, REPRODUCIBLE } from '../on-engines.js';

const DATA = tinyDataset(12, 1);
const STUDENT = { mean: [0.3, 0.6], std: [0.2, 0.4] };
const TEACHER = { mean: [0.5, 0.45], std: [0.25, 0.22] };
const GIVEN: GivenImages = { imageShape: DATA.imageShape, normalization: STUDENT };

/** Its logits are the values of its input. */
function echo(inputShape: FrozenNetwork['inputShape']): FrozenNetwork {
  return {
    ...{ name: 'echo', inputShape, classes: 16, tapNames: [], parameters: 0, macs: 0, weights: {} },
    tapShape: () => [16],
    tapOutput: () => 0,
    fingerprint: () => Promise.resolve('echo'),
    forward: (images) => ({ logits: tf.reshape(images, [images.shape[0], -1]), tap: () => images }),
    dispose: () => undefined,
  };
}

describeOn(await testEngines(), 'withInput', () => {
  const batchWith = (normalization: typeof STUDENT): tf.Tensor4D =>
    tf.tensor4d(loadBatch(DATA, [0, 5, 7], { normalization }), [3, 6, 6, 2]);

  it('gives a network the values of its own normalization, and taps too', () => {
    const network = tinyNetwork(1, { width: 4 });
    const frozen = freeze(network);
    const wrapped = withInput(frozen, { normalization: TEACHER }, GIVEN);
    // What it takes now, not what the network inside takes.
    expect(wrapped.normalization).toEqual(STUDENT);
    const before = tf.memory().numTensors;
    const values = (from: FrozenNetwork, normalization: typeof STUDENT): Float32Array[] =>
      tf.tidy(() => {
        const output = from.forward(batchWith(normalization), ['stage1']);
        return [output.logits, output.tap('stage1')].map((value) => value.dataSync<'float32'>());
      });
    const [got, wanted] = [values(wrapped, STUDENT), values(frozen, TEACHER)];
    got.forEach((part, at) => {
      expectClose(part, Array.from(wanted[at] ?? []), 1e-4);
    });
    // What the frozen form keeps: the folded weights of this set of taps.
    const folded = tf.memory().numTensors - before;
    values(wrapped, STUDENT);
    expect(tf.memory().numTensors - before).toBe(folded);
    frozen.dispose();
    network.dispose();
  });

  it('takes images in parts where they are too many at the size of the teacher', () => {
    const same = { mean: [0], std: [1] };
    const seen: number[] = [];
    const mean: FrozenNetwork = {
      ...echo([-1, -1, 1]),
      forward(images) {
        seen.push(images.shape[0]);
        const values = tf.mean<tf.Tensor2D>(images, [1, 2]);
        return { logits: values, tap: () => tf.mul(values, 2) };
      },
    };
    const images = tf.tensor4d(
      Float32Array.from({ length: 20 * 4 }, (_, at) => at),
      [20, 2, 2, 1],
    );
    const given = { imageShape: [2, 2, 1], normalization: same } as const;
    const before = tf.memory().numTensors;
    const output = withInput(mean, { imageSize: 512 }, given).forward(images, ['any']);
    expect(seen).toEqual([8, 8, 4]);
    expect(tf.memory().numTensors).toBe(before + 2);
    const means = Array.from({ length: 20 }, (_, image) => 4 * image + 1.5);
    expectClose(output.logits, means, 0.05);
    expectClose(
      output.tap('any'),
      means.map((value) => 2 * value),
      0.05,
    );
    tf.dispose([images, output.logits, output.tap('any')]);
  });

  it('resizes bilinearly with half-pixel centres', () => {
    const same = { mean: [0], std: [1] };
    const given = { imageShape: [2, 2, 1], normalization: same } as const;
    // torch.nn.functional.interpolate([[0, 10], [20, 30]], size=4, mode='bilinear', align_corners=False): weights 1, 3/4, 1/4, 0
    const rows = [0, 5, 15, 20].flatMap((row) => [0, 2.5, 7.5, 10].map((column) => row + column));
    const images = tf.tensor4d([0, 10, 20, 30], [1, 2, 2, 1]);
    const { logits } = withInput(echo([4, 4, 1]), { imageSize: 4 }, given).forward(images);
    expectClose(logits, rows, 1e-5);
    tf.dispose([images, logits]);
  });
});

const options = (change: Partial<DistillOptions>): DistillOptions => ({
  ...{ method: kd({ ceWeight: 0 }), train: DATA, epochs: 2, batchSize: 4, seed: 1, normalization: STUDENT },
  ...{ students: [], ...change },
});

/** Bytes of a student, and the terms, after two epochs. */
async function trained(change: Partial<DistillOptions>): Promise<unknown[]> {
  const [teacher, learner] = [tinyNetwork(1, { width: 4 }), tinyNetwork(2)];
  try {
    const result = await distill(options({ teacher, students: [learner], ...change }));
    result.dispose();
    return [weightBytes(learner), result.history.map(({ terms }) => terms), result.warnings];
  } finally {
    teacher.dispose();
    learner.dispose();
  }
}

describeOn(REPRODUCIBLE, 'a teacher with a normalization of its own', () => {
  const teacherInput = { normalization: TEACHER };

  it('teaches other things; with that of the students, the bytes are as without', async () => {
    const plain = await trained({});
    expect(await trained({ teacherInput: { normalization: STUDENT, imageSize: 6 } })).toEqual(plain);
    expect(await trained({ teacherInput })).not.toEqual(plain);
  });

  it('is missed where the metadata of its model have another than the students', async () => {
    const warningsOf = async (
      own: typeof STUDENT,
      change: Partial<DistillOptions> = {},
    ): Promise<unknown> => {
      const { model } = tinyNetwork(1, { width: 4 });
      setModelMetadata(model, metadataOf(DATA, own));
      const [, , warnings] = await trained({ teacher: model, ...change });
      model.dispose();
      return (warnings as string[]).filter((each) => each.startsWith('Teacher'));
    };
    expect(await warningsOf(TEACHER)).toEqual([
      expect.stringMatching(
        /^Teacher '.*' expects images with mean \[0\.5, 0\.45\] and std \[0\.25, 0\.22\], but is given the students', with mean \[0\.3, 0\.6\] and std \[0\.2, 0\.4\]\. Pass its own: `teacherInput: /,
      ),
    ]);
    expect(await warningsOf(TEACHER, { teacherInput })).toEqual([]);
    expect(await warningsOf(TEACHER, { method: studentAlone() })).toEqual([]);
    expect(await warningsOf({ mean: [0.301, 0.6], std: [0.2, 0.401] })).toEqual([]);
    // The same in pixels from 0 to 255 that are not divided.
    const { model } = tinyNetwork(1);
    const times255 = { mean: STUDENT.mean.map((x) => 255 * x), std: STUDENT.std.map((x) => 255 * x) };
    setModelMetadata(model, { ...metadataOf(DATA, times255), scale: 1 });
    const found = freeze(createNetwork(model)).normalization;
    expectClose([...(found?.mean ?? []), ...(found?.std ?? [])], [...STUDENT.mean, ...STUDENT.std], 1e-12);
    model.dispose();
  });

  it('is missed, as a student’s is, by a network that scales pixels from 0 to 255 itself', async () => {
    const scaling = (scale: number): LayersModel =>
      sequential({
        layers: [
          layers.zeroPadding2d({ padding: 1, inputShape: [...DATA.imageShape] }),
          layers.rescaling({ scale }),
          layers.flatten(),
          layers.dense({ units: DATA.classes }),
        ],
      });
    const warningsOf = async (change: Partial<DistillOptions>, ...scales: number[]): Promise<unknown> => {
      const [teacher, own] = scales.map(scaling);
      const students = own === undefined ? undefined : [createNetwork(own, { name: 'mine' })];
      const [, , warnings] = await trained({ teacher, ...(students && { students }), ...change });
      for (const model of [teacher, own]) model?.dispose();
      return (warnings as string[]).filter((each) => /^(?:Teacher|Student)/.test(each));
    };
    const raw = { mean: [0, 0], std: [1 / 255, 1 / 255] };
    expect(await warningsOf({}, 1 / 255, 1 / 127.5)).toEqual([
      expect.stringMatching(/^Teacher '.*' expects images with mean \[0, 0\] and std \[0\.00392, 0\.00392\]/),
      expect.stringMatching(/^Student 'mine' begins with a Rescaling layer .* std \[0\.2, 0\.4\]\. Remove/),
    ]);
    expect(await warningsOf({ teacherInput: { normalization: raw } }, 1 / 255)).toEqual([]);
    expect(await warningsOf({ normalization: raw }, 1 / 255, 1 / 255)).toEqual([]);
    expect(await warningsOf({}, 2, 2)).toEqual([]);
  });

  it('warns of a student that was trained on images with another normalization', async () => {
    const warningsOf = async (own: typeof STUDENT, isFresh: boolean, scale = 255): Promise<unknown> => {
      const student = createNetwork(tinyNetwork(1).model, { name: 'mine' });
      setModelMetadata(student.model, { ...metadataOf(DATA, own), scale });
      if (isFresh) seedWeights(student.model, createRandom(1));
      const [, , warnings] = await trained({ students: [student], normalization: STUDENT });
      expect(modelMetadata(student.model)?.normalization).toEqual(STUDENT);
      student.dispose();
      return (warnings as string[]).filter((each) => each.startsWith('Student'));
    };
    expect(await warningsOf(TEACHER, false)).toEqual([
      "Student 'mine' was trained on images with mean [0.5, 0.45] and std [0.25, 0.22], but is given images with mean [0.3, 0.6] and std [0.2, 0.4]. " +
        'To train it on as before, pass its own: `normalization: { mean, std }` (in a bench configuration `student.normalization`).',
    ]);
    expect(await warningsOf(STUDENT, false)).toEqual([]);
    expect(await warningsOf(STUDENT, false, 1)).toHaveLength(1);
    // New weights were trained on nothing.
    expect(await warningsOf(TEACHER, true)).toEqual([]);
  });

  it('warns of a student that was trained on other classes, or in another order', async () => {
    const warningsOf = async (own: readonly string[], data?: readonly string[]): Promise<unknown> => {
      const student = createNetwork(tinyNetwork(1).model, { name: 'mine' });
      setModelMetadata(student.model, { ...metadataOf(DATA, STUDENT), classNames: own });
      const train = { ...DATA, classNames: data };
      const [, , warnings] = await trained({
        ...{ students: [student], train, normalization: STUDENT, method: studentAlone() },
      });
      student.dispose();
      return (warnings as string[]).filter((each) => each.startsWith('Student'));
    };
    const names = Array.from({ length: DATA.classes }, (_, at) => `class ${at}`);
    const [first = '', second = '', ...others] = names;
    expect(await warningsOf([second, first, ...others], names)).toEqual([
      "Student 'mine' was trained on these classes in another order: its class 0 is 'class 1', the dataset's is 'class 0'. It has to learn the dataset's anew.",
    ]);
    expect(await warningsOf(['cat', second, ...others], names)).toEqual([
      expect.stringMatching(/^Student 'mine' was trained on other classes: its class 0 is 'cat'/),
    ]);
    expect(await warningsOf(names, names)).toEqual([]);
    expect(await warningsOf(names)).toEqual([]);
  });

  it('teaches a student at another image size', async () => {
    const teacher = freeze(tinyNetwork(1, { width: 4 }));
    const small = tinyDataset(12, 1);
    const open: FrozenNetwork = { ...teacher, inputShape: [-1, -1, 2] };
    const [history] = [await trained({ teacher: open, train: small, teacherInput: { imageSize: [6, 6] } })];
    expect(history).toEqual(await trained({ train: small }));
    teacher.dispose();
  });

  it('cached outputs are those of the live teacher', async () => {
    const views = 1;
    const live = await trained({ teacherInput, teacherOutputs: { kind: 'live', views } });
    expect(await trained({ teacherInput, teacherOutputs: { kind: 'cached', views } })).toEqual(live);
  });

  it('is part of a checkpoint’s identity', async () => {
    const store = memoryStore();
    await trained({ teacherInput, callbacks: [checkpoints(store)] });
    const error = await caught(() => trained({ callbacks: [checkpoints(store)] }));
    expect([error.code, error.message]).toEqual(['checkpoint', expect.stringContaining('teacher')]);
  });
});

describe('a teacher’s input is refused', () => {
  it.each<[string, unknown, string]>([
    ['what is no object', 224, 'teacherInput: expected an object of options, got 224.'],
    [
      'another field',
      { imagesize: 4 },
      "teacherInput: expected a known option, got 'imagesize'. Did you mean 'imageSize'? Available: normalization, imageSize.",
    ],
    [
      'a size of three numbers',
      { imageSize: [4, 4, 3] },
      'teacherInput.imageSize: expected an edge or [height, width] in pixels, got [4,4,3].',
    ],
    [
      'a normalization of other channels',
      { normalization: { mean: [0.5], std: [0.2] } },
      'teacherInput.normalization.mean: expected one finite number per channel (2), got [0.5].',
    ],
    [
      'a normalization of pixels that are not divided',
      { normalization: { mean: [125, 125], std: [60, 60] } },
      'teacherInput.normalization: expected mean and std of pixels divided by 255, got mean 125.0, 125.0, std 60.00, 60.00. Divide both by 255: mean 0.4902, 0.4902, std 0.2353, 0.2353.',
    ],
    [
      'a normalization that was divided twice',
      { normalization: { mean: [0.002, 0.002], std: [0.001, 0.001] } },
      'teacherInput.normalization: expected mean and std of pixels divided by 255, got mean 0.002000, 0.002000, std 0.001000, 0.001000. Inputs would be hundreds. If both were divided by 255 twice: mean 0.5100, 0.5100, std 0.2550, 0.2550.',
    ],
    [
      'a size that the teacher does not take',
      { imageSize: 8 },
      "teacherInput.imageSize: expected the input of network 'echo', [4, 4, 2], got [8, 8, 2].",
    ],
  ])('%s', async (_, input, message) => {
    const error = await caught(() => withInput(echo([4, 4, 2]), input as TeacherInput, GIVEN));
    expect(error.message).toBe(message);
  });
});

describeOn(REPRODUCIBLE.slice(0, 1), 'a teacher of another image size', () => {
  it('is refused with the option that resizes', async () => {
    const error = await caught(() => trained({ teacher: { ...echo([4, 4, 2]), classes: 3 } }));
    expect(error.message).toBe(
      "teacher 'echo': expected input [6, 6, 2] as dataset 'tiny' has, got [4, 4, 2]. Resize the images for the teacher: `teacherInput: { imageSize: [4, 4] }`.",
    );
  });
});
