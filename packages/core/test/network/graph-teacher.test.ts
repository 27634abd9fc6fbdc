import * as tf from '@tensorflow/tfjs-core';
import {
  asTeacher,
  createRandom,
  distill,
  embeddingTap,
  kd,
  loadModel,
  loadTeacher,
  stageTaps,
} from '@distilljs/core';
import type { FrozenNetwork } from '@distilljs/core';
import { tinyDataset, tinyNetwork } from '@distilljs/core/testing';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { caught } from '../caught.js';
import { readArtifacts } from '../../src/model-file/read-artifacts.js';
import { expectClose } from '../numbers.js';
import { dense, kernel, savedGraph } from './saved-graph.js';
import { describeOn, REPRODUCIBLE } from '../on-engines.js';

const folder = await mkdtemp(join(tmpdir(), 'distilljs-graph-'));
afterAll(() => rm(folder, { recursive: true }));

const saved = (softmax: boolean): Promise<string> => savedGraph(join(folder, String(softmax)), softmax);

const expected = (images: tf.Tensor4D): tf.Tensor => {
  const map = tf.relu(tf.conv2d(images, tf.tensor4d(kernel, [3, 3, 2, 4]), 1, 'same'));
  return tf.matMul(tf.mean<tf.Tensor2D>(map, [1, 2]), tf.tensor2d(dense, [4, 3]));
};

interface SavedNode {
  name: string;
  op: string;
  input: string[];
  attr: object;
}

/** The files of a saved graph with other nodes. */
async function changed(
  change: (nodes: SavedNode[], node: (name: string) => SavedNode) => void,
): Promise<File[]> {
  const place = await saved(false);
  const json = JSON.parse(await readFile(join(place, 'model.json'), 'utf8')) as {
    modelTopology: { node: SavedNode[] };
  };
  const nodes = json.modelTopology.node;
  change(nodes, (name) => nodes.find((each) => each.name === name) as SavedNode);
  const weights = new File([await readFile(join(place, 'weights.bin'))], 'weights.bin');
  return [new File([JSON.stringify(json)], 'model.json'), weights];
}

const someImages = (): tf.Tensor4D => {
  const values = createRandom(2);
  return tf.tensor4d(
    Float32Array.from({ length: 144 }, () => values.normal()),
    [2, 6, 6, 2],
  );
};

describeOn(REPRODUCIBLE, 'a graph model as a teacher', () => {
  it('runs in parts where its batch size is fixed', async () => {
    const place = await savedGraph(join(folder, 'fixed'), false);
    const file = join(place, 'model.json');
    await writeFile(file, (await readFile(file, 'utf8')).replace('{"size":"-1"}', '{"size":"2"}'));
    const teacher = await loadTeacher(place);
    const three = tf.concat([someImages(), tf.slice(someImages(), 1)]);
    const { logits } = teacher.forward(three, ['pool']);
    expect(logits.shape).toEqual([3, 3]);
    expectClose(logits, [...expected(three).dataSync()], 1e-5);
    teacher.dispose();
  });

  it.each<[string, string, number]>([
    ['divides by 127.5', 'RealDiv', 127.5],
    ['multiplies by 1/255', 'Mul', 1 / 255],
    ['takes the mean in bytes away', 'Sub', 103.939],
  ])('that %s first is warned of where it is given normalized images', async (_, op, value) => {
    const scaled = async (number: number): Promise<string[]> => {
      const files = await changed((nodes, node) => {
        nodes.push(
          { name: 'number', op: 'Const', input: [], attr: { dtype: { type: 'DT_FLOAT' } } },
          { name: 'scaled', op, input: ['images', 'number'], attr: { T: { type: 'DT_FLOAT' } } },
        );
        node('stage1/conv').input = ['scaled', 'kernel'];
      });
      const [json, weights] = files as [File, File];
      const model = JSON.parse(await json.text()) as { weightsManifest: [{ weights: object[] }] };
      model.weightsManifest[0].weights.push({ name: 'number', shape: [], dtype: 'float32' });
      const teacher = await loadTeacher([
        new File([JSON.stringify(model)], 'model.json'),
        new File([weights, Float32Array.of(number)], 'weights.bin'),
      ]);
      const students = [tinyNetwork(1)];
      const train = tinyDataset(4, 1);
      const result = await distill({
        teacher,
        students,
        method: kd(),
        train,
        epochs: 1,
        batchSize: 2,
        seed: 1,
      });
      return result.warnings.filter((warning) => warning.startsWith('Teacher'));
    };
    expect(await scaled(value)).toEqual([
      expect.stringMatching(/expects images with mean \[0, 0\] and std \[0.00392, 0.00392\], but is given/),
    ]);
    expect(await scaled(1)).toEqual([]);
  });

  it('is refused where it ends in a sigmoid, unless its values are said to be logits', async () => {
    const place = await savedGraph(join(folder, 'sigmoid'), 'Sigmoid');
    expect((await caught(() => loadTeacher(place))).message).toMatch(
      /expected logits, or the probabilities of a softmax, as the output, got a sigmoid output\. .*logitsFrom: 'output'/,
    );
    expect((await caught(() => loadTeacher(place, { logitsFrom: 'softmax' }))).message).toContain(
      'got a sigmoid output',
    );
    const teacher = await loadTeacher(place, { logitsFrom: 'output' });
    expect(teacher.classes).toBe(3);
    teacher.dispose();
  });

  it('comes from given files, run by a converter that was handed over', async () => {
    const place = await saved(false);
    const files = await Promise.all(
      ['weights.bin', 'model.json'].map(async (name) => new File([await readFile(join(place, name))], name)),
    );
    const teacher = await loadTeacher(files, {
      packages: { '@tensorflow/tfjs-converter': { loadGraphModel } },
    });
    tf.tidy(() => {
      expectClose(teacher.forward(someImages()).logits, expected(someImages()), 1e-5);
    });
    teacher.dispose();
  });

  it.each<[string, string, object]>([
    ['batch norm by the batch', 'FusedBatchNormV3', { is_training: { b: true } }],
    // NCHW and NCDHW, as base64.
    ['channels first', 'MaxPool', { data_format: { s: 'TkNIVw==' } }],
    ['channels first in volumes', 'AvgPool3D', { data_format: { s: 'TkNESFc=' } }],
    ['another axis', 'OneHot', { axis: { i: '1' } }],
    ['a dilation', 'Conv2DBackpropInput', { dilations: { list: { i: ['1', '2', '2', '1'] } } }],
  ])('is refused for what tfjs leaves out: %s', async (_, op, attr) => {
    const files = await changed((_nodes, node) => Object.assign(node('stage1/relu'), { op, attr }));
    const before = tf.memory().numTensors;
    const error = await caught(() => loadTeacher(files));
    expect(error.message).toBe(
      "graph model 'teacher': expected operations that tfjs runs as TensorFlow does, " +
        `got the ${Object.keys(attr)[0] ?? ''} of ${op} 'stage1/relu', which tfjs leaves out. Convert it to ONNX instead.`,
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each(['RandomUniform', 'RandomUniformInt', 'RandomStandardNormal', 'TruncatedNormal', 'Multinomial'])(
    'is refused where it draws at random: %s',
    async (op) => {
      const files = await changed((nodes, node) => {
        nodes.push({ name: 'noise', op, input: ['axes'], attr: {} });
        Object.assign(node('output'), { op: 'Add', input: ['logits', 'noise'] });
      });
      expect((await caught(() => loadTeacher(files))).message).toBe(
        `graph model 'teacher': expected the same answer every time, got ${op} 'noise', which draws at random. ` +
          'Convert the model for inference, without dropout and noise (`training=False`).',
      );
    },
  );

  const float = { type: 'DT_FLOAT' };
  it.each<[string, Parameters<typeof changed>[0], RegExp]>([
    [
      'a second output',
      (nodes) => nodes.push({ name: 'other', op: 'Identity', input: ['pool'], attr: { T: float } }),
      /got 1 inputs \('images'\) and 2 outputs \('output', 'other'\)\. Convert the part from the images to the logits alone; inner/,
    ],
    [
      'a second input',
      (nodes, node) => {
        nodes.push({ name: 'factor', op: 'Placeholder', input: [], attr: { dtype: float } });
        Object.assign(node('output'), { op: 'Mul', input: ['logits', 'factor'] });
      },
      /got 2 inputs \('images', 'factor'\) and 1 outputs \('output'\)\. Convert the part/,
    ],
    [
      'whole numbers as images',
      (nodes, node) => {
        Object.assign(node('images').attr, { dtype: { type: 'DT_INT32' } });
        nodes.push({ name: 'cast', op: 'Cast', input: ['images'], attr: { DstT: float } });
        node('stage1/conv').input[0] = 'cast';
      },
      /expected float32 images as the input, got int32\. Convert the model with a float32 input/,
    ],
    [
      'a node that reads none of the file',
      (_, node) => (node('stage1/relu').input = ['nowhere:0']),
      /^model\.json: expected a tfjs graph model .*got 'stage1\/relu', which reads 'nowhere', a node that is not in the file\. The file is damaged/,
    ],
    [
      'a constant without values',
      (nodes, node) => {
        nodes.push({ name: 'more', op: 'Const', input: [], attr: { dtype: float } });
        node('stage1/conv').input[1] = 'more';
      },
      /expected values of every constant, got none of 'more'\. Convert the model again/,
    ],
    [
      'a cycle',
      (_, node) => (node('stage1/conv').input[0] = 'stage1/relu'),
      /expected a graph without cycles, got 'stage1\/conv' on a cycle\. Convert the model again/,
    ],
    [
      'a table',
      (nodes) => nodes.push({ name: 'names', op: 'HashTableV2', input: [], attr: {} }),
      /expected numbers only, got the lookup table HashTableV2 'names'\. Convert the part/,
    ],
  ])('is refused with what is wrong and what to do: %s', async (_, change, message) => {
    const before = tf.memory().numTensors;
    const files = await changed(change);
    expect((await caught(() => loadTeacher(files))).message).toMatch(message);
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each([false, true])('gives its logits and taps; softmax at the end: %s', async (softmax) => {
    const teacher = await loadTeacher(await saved(softmax), { taps: { feature: 'stage1/relu' } });
    expect(teacher.inputShape).toEqual([6, 6, 2]);
    expect(teacher.classes).toBe(3);
    expect(teacher.parameters).toBe(72 + 12);
    expect(teacher.tapNames.slice(0, 2)).toEqual(['feature', 'stage1/conv']);
    expect(teacher.tapShape('feature')).toEqual([6, 6, 4]);
    expect(teacher.tapShape('pool')).toEqual([4]);
    expect(stageTaps(teacher)).toEqual(['stage1/relu']);
    expect(embeddingTap(teacher)).toBe('pool');
    expect(teacher.tapOutput('feature')).toBe(teacher.tapOutput('stage1/relu'));
    tf.tidy(() => {
      const images = someImages();
      const { logits, tap } = ((output) => ({ logits: output.logits, tap: output.tap('feature') }))(
        teacher.forward(images, ['feature']),
      );
      const wanted = expected(images);
      expectClose(tf.softmax(logits), tf.softmax(wanted as tf.Tensor2D), 1e-5);
      if (!softmax) expectClose(logits, wanted, 1e-4);
      expect(tap.shape).toEqual([2, 6, 6, 4]);
    });
    const error = await caught(() => teacher.tapShape('stage1/rela'));
    expect(error.message).toMatch(/network 'teacher'.*got 'stage1\/rela'\. Did you mean 'stage1\/relu'\?/);
    teacher.dispose();
  });

  it('teaches, also as the model that its user has loaded', async () => {
    const place = await saved(true);
    const { artifacts } = await readArtifacts(place);
    const model = await loadGraphModel(tf.io.fromMemory(artifacts));
    const terms = async (teacher: FrozenNetwork | typeof model): Promise<unknown> => {
      const student = tinyNetwork(1);
      const result = await distill({
        teacher: teacher,
        ...{ students: [student], method: kd(), train: tinyDataset(6, 1), epochs: 1, batchSize: 3, seed: 1 },
      });
      result.dispose();
      student.dispose();
      return result.history[0]?.terms;
    };
    const own = await loadTeacher(place);
    expect(await terms(model)).toEqual(await terms(own));
    expect(await asTeacher(model, 'teacher').fingerprint()).toBe(await own.fingerprint());
    expect(await (await loadTeacher(await saved(false))).fingerprint()).not.toBe(await own.fingerprint());
  });

  it('is refused where layers are needed, with the way out', async () => {
    const place = await saved(false);
    expect((await caught(() => loadModel(place))).message).toMatch(
      /got a graph model.*Load it with loadTeacher/,
    );
  });
});

describeOn([{ name: 'cpu', skipped: undefined }], 'loadTeacher', () => {
  it('takes a layers model too', async () => {
    const network = tinyNetwork(1);
    const place = join(folder, 'layers');
    await network.save(place);
    const teacher = await loadTeacher(place, { taps: { embedding: 'pool' } });
    expect(teacher.tapShape('embedding')).toEqual([8]);
    const images = someImages();
    expectClose(teacher.forward(images).logits, network.forward(images).logits, 1e-5);
  });
});
