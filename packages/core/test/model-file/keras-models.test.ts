import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { createNetwork, createRandom, loadModel, loadTeacher, modelFiles } from '@distilljs/core';
import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { caught } from '../caught.js';
import { expectClose } from '../numbers.js';
import { describeOn, REPRODUCIBLE } from '../on-engines.js';

interface KerasModel {
  readonly topology: {
    readonly keras_version: string;
    readonly model_config: { readonly config: { readonly layers: KerasLayer[] } };
  };
  readonly weights: readonly { readonly name: string; readonly shape: number[]; readonly values: number[] }[];
  readonly logits: readonly number[];
}
interface KerasLayer {
  name: string;
  class_name: string;
  config: Record<string, unknown>;
  inbound_nodes: unknown[][][];
}

/** What Keras 2 predicts; see test/fixtures/README.md. */
const { images, models } = JSON.parse(
  await readFile(new URL('../fixtures/keras-models.json', import.meta.url), 'utf8'),
) as { readonly images: number[]; readonly models: Readonly<Record<string, KerasModel>> };

const theImages = (): tf.Tensor4D => tf.tensor4d(images, [2, 4, 4, 2]);

function filesOf({ topology, weights }: Pick<KerasModel, 'topology' | 'weights'>): File[] {
  const specs = weights.map(({ name, shape }) => ({ name, shape, dtype: 'float32' }));
  const json = {
    format: 'layers-model',
    modelTopology: topology,
    weightsManifest: [{ paths: ['weights.bin'], weights: specs }],
  };
  const values = Float32Array.from(weights.flatMap((weight) => weight.values));
  return [new File([JSON.stringify(json)], 'model.json'), new File([values], 'weights.bin')];
}

const modelOf = (name: string): KerasModel => structuredClone(models[name]) as KerasModel;

const layerAt = ({ topology }: KerasModel, at: number): KerasLayer =>
  topology.model_config.config.layers[at] as KerasLayer;

describeOn(REPRODUCIBLE, 'a model of Keras 2', () => {
  let before = 0;
  beforeEach(() => {
    before = tf.memory().numTensors;
  });
  afterEach(() => {
    expect(tf.memory().numTensors).toBe(before);
  });

  const expectKeras = async (given: ReturnType<typeof modelOf>): Promise<void> => {
    const teacher = await loadTeacher(filesOf(given));
    const x = theImages();
    const { logits } = teacher.forward(x);
    expectClose(logits, given.logits, 2e-5);
    tf.dispose([x, logits]);
    teacher.dispose();
  };

  it.each(Object.keys(models))('is the function that it is in Keras: %s', async (name) => {
    await expectKeras(modelOf(name));
  });

  it('keeps batch norm as it is in training too, where it is called for inference', async () => {
    const given = modelOf('called for inference');
    for (const training of [false, true]) {
      const kwargs = layerAt(given, 1).inbound_nodes[0]?.[0] as object[];
      expect(kwargs[3]).toEqual({ training: false });
      if (training) kwargs[3] = {};
      const network = createNetwork(await loadModel(filesOf(given)));
      const statistics = (): number[] =>
        Object.values(network.statistics).flatMap((each) => [...each.dataSync()]);
      const moved = statistics();
      const x = theImages();
      const { logits } = network.forward(x, { training: true, random: createRandom(1) });
      const found = [...logits.dataSync()];
      const isKept = found.every((each, at) => Math.abs(each - (given.logits[at] ?? NaN)) < 2e-5);
      expect([isKept, statistics().join() === moved.join()]).toEqual([!training, !training]);
      const { value, grads } = tf.variableGrads(
        () => tf.mean<tf.Scalar>(network.forward(x, { training: true, random: createRandom(1) }).logits),
        Object.values(network.variables),
      );
      expect(Object.keys(grads)).toHaveLength(4);
      tf.dispose([x, logits, value, grads]);
      network.dispose();
    }
  });

  it('is the same with a dtype policy of one type', async () => {
    const given = modelOf('LecunNormal');
    for (const { config } of given.topology.model_config.config.layers)
      config['dtype'] = { class_name: 'Policy', config: { name: 'float32' } };
    await expectKeras(given);
  });

  it.each(Object.keys(models))('and again when it was saved: %s', async (name) => {
    const given = modelOf(name);
    const network = createNetwork(await loadModel(filesOf(given)));
    const files = await modelFiles(network.model);
    network.dispose();
    const again = await loadTeacher(files);
    const x = theImages();
    const { logits } = again.forward(x);
    expectClose(logits, given.logits, 2e-5);
    tf.dispose([x, logits]);
    again.dispose();
  });
});

/** The model with a layer of another class, and this setting. */
function withLayer(kind: string, setting: string, value: unknown): KerasModel {
  const given = modelOf('LecunNormal');
  const layer = layerAt(given, 1);
  layer.class_name = kind;
  layer.config[setting] = value;
  return given;
}

/** Layers behind a mask, by class; with `>` one that returns a sequence. */
function behindMask(...kinds: string[]): KerasModel {
  const given = modelOf('LecunNormal');
  const { layers } = given.topology.model_config.config;
  const [input, flatten, dense] = structuredClone(layers) as [KerasLayer, KerasLayer, KerasLayer];
  layers.length = 0;
  layers.push(input);
  for (const kind of ['Masking', ...kinds]) {
    const class_name = kind.replace(/\W/g, '');
    const name = `layer${layers.length}`;
    const config = {
      name,
      return_sequences: kind.endsWith('>'),
    };
    const inbound_nodes = [[[layers.at(-1)?.name, 0, 0, {}]]];
    layers.push({ name, class_name, config, inbound_nodes });
  }
  const end = [[[layers.at(-1)?.name, 0, 0, {}]]];
  layers.push({ ...flatten, inbound_nodes: end }, dense);
  Object.assign(given.topology.model_config.config, { output_layers: [[dense.name, 0, 0]] });
  return given;
}

describeOn([{ name: 'cpu', skipped: undefined }], 'a model of Keras 2 is refused', () => {
  it.each<[string, string, unknown]>([
    ['Conv1D', 'data_format', 'channels_first'],
    ['Conv1D', 'padding', 'causal'],
    ['SeparableConv2D', 'data_format', 'channels_first'],
    ['MaxPooling1D', 'data_format', 'channels_first'],
    ['GlobalAveragePooling1D', 'data_format', 'channels_first'],
    ['UpSampling2D', 'interpolation', 'bilinear'],
    ['UpSampling2D', 'interpolation', 'bicubic'],
    ['Concatenate', 'axis', -2],
    ['DepthwiseConv2D', 'dilation_rate', [1, 2]],
    ['GRU', 'reset_after', true],
    ['GRUCell', 'reset_after', true],
    ['Bidirectional', 'backward_layer', { class_name: 'LSTM', config: {} }],
    ['BatchNormalization', 'axis', [2, 3]],
    ['BatchNormalization', 'renorm', true],
    ['BatchNormalization', 'virtual_batch_size', 2],
    ['Resizing', 'height', 4],
    ['CenterCrop', 'height', 4],
    ['RandomWidth', 'factor', 0.2],
    ['Dense', 'call', 'training'],
  ])('by name: %s with %s %j', async (kind, setting, value) => {
    const given = withLayer(kind, setting, value);
    if (setting === 'call')
      ((layerAt(given, 1).inbound_nodes[0]?.[0] ?? [])[3] as object) = { training: true };
    const error = await caught(() => loadTeacher(filesOf(given)));
    expect(error.code).toBe('data');
    const what = setting === 'call' ? 'training in the call' : `${setting} ${JSON.stringify(value)}`;
    expect(error.message).toContain(
      `got ${what} of layer 'flatten', which tfjs-layers does not compute as Keras does`,
    );
    expect(error.message).toMatch(
      /Convert the model to a graph model, or to ONNX, and load it with loadTeacher\.$/,
    );
  });

  it.each([
    ['a reader that gets none', ['Reshape', 'LSTM']],
    ['a second reader behind the first', ['LSTM', 'RepeatVector', 'GRU']],
    ['pooling over time', ['GlobalAveragePooling1D']],
    ['a softmax', ['Softmax', 'LSTM']],
    ['sequences both ways', ['Bidirectional', 'LSTM>']],
    ['two ways that meet', ['Dense', 'Add', 'LSTM']],
  ])('when a mask goes where tfjs loses it: %s', async (_, kinds) => {
    const error = await caught(() => loadTeacher(filesOf(behindMask(...kinds))));
    expect(error.message).toContain('got a mask (Masking, mask_zero), which tfjs-layers does not compute');
  });

  it.each([
    ['a pixel that is kept', 'GlobalAveragePooling2D', 'keepdims', true],
    ['a size that is left open', 'Reshape', 'target_shape', [-1, 2]],
  ])('by name where tfjs cannot build it: %s', async (_, kind, setting, value) => {
    // Behind it stands a Flatten, which reads maps.
    const given = modelOf('of volumes');
    const layer = layerAt(given, 1);
    layer.class_name = kind;
    layer.config = { name: layer.name, [setting]: value };
    const error = await caught(() => loadTeacher(filesOf(given)));
    expect(error.message).toContain(`got ${setting} ${JSON.stringify(value)} of layer 'reshape'`);
  });

  it('of Keras 1', async () => {
    const given = modelOf('LecunNormal');
    Object.assign(given.topology, { keras_version: '1.2.2' });
    const error = await caught(() => loadTeacher(filesOf(given)));
    expect(error.message).toMatch(/got a model of Keras 1.*Export it with Keras 2/);
  });

  it('but what tfjs itself saved is what tfjs predicts', async () => {
    const input = tfl.input({ shape: [4, 4, 2] });
    const up = tfl.layers.upSampling2d({ size: [2, 2], interpolation: 'bilinear' }).apply(input);
    const split = tfl.layers.separableConv2d({ filters: 2, kernelSize: 2, depthMultiplier: 2 });
    const gelu = tfl.layers.dense({ units: 2, activation: 'gelu_new' });
    const flat = tfl.layers.flatten().apply(gelu.apply(split.apply(up)));
    const logits = tfl.layers.dense({ units: 3 }).apply(flat) as tfl.SymbolicTensor;
    const model = tfl.model({ inputs: input, outputs: logits });
    const files = await modelFiles(model);
    const text = await files[0].text();
    expect(text).toContain('"depth_multiplier":2');
    // As files are that tfjs saved by itself.
    const json = new File([text.replace('"depth_multiplier":2,', '')], 'model.json');
    const teacher = await loadTeacher([json, files[1]]);
    tf.tidy(() => {
      const x = theImages();
      const predicted = model.predict(x) as tf.Tensor;
      expectClose(teacher.forward(x).logits, [...predicted.dataSync()], 1e-5);
    });
    teacher.dispose();
  });
});
