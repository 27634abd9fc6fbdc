import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { createNetwork, freeze, loadModel, loadTeacher, saveModel } from '@distilljs/core';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { caught } from '../caught.js';
import { expectClose } from '../numbers.js';
import { describeOn } from '../on-engines.js';
import { bn, chain, conv, randomizeWeights, through } from '../network/small-models.js';

/* Folders as users bring them: damaged, edited, hostile, of another library. */

const folder = await mkdtemp(join(tmpdir(), 'distilljs-model-'));
afterAll(() => rm(folder, { recursive: true }));
const CPU = [{ name: 'cpu', skipped: undefined }] as const;

let count = 0;
const model = (seed = 1): tfl.LayersModel =>
  randomizeWeights(
    chain('m', through(conv('stem', 4)), through(bn('stem_bn')), through(conv('next', 4))),
    seed,
  );
async function saved(seed = 1): Promise<string> {
  const place = join(folder, String(count++));
  await saveModel(model(seed), place);
  return place;
}

interface Topology {
  config: {
    name: string;
    layers: {
      class_name: string;
      name: string;
      config: Record<string, unknown>;
      inbound_nodes: unknown[][][];
    }[];
    output_layers: unknown[][];
  };
}
interface Json {
  modelTopology: Topology;
  weightsManifest: { paths: string[]; weights: { name: string; shape: number[]; dtype: string }[] }[];
}

async function edited(change: (json: Json) => unknown, of?: tfl.LayersModel): Promise<string> {
  const place = await saved();
  if (of !== undefined) await saveModel(of, place);
  const file = join(place, 'model.json');
  const json = JSON.parse(await readFile(file, 'utf8')) as Json;
  change(json);
  await writeFile(file, JSON.stringify(json));
  return place;
}
const layer = (json: Json, name: string): Topology['config']['layers'][number] =>
  json.modelTopology.config.layers.find((each) => each.name === name) as never;

describeOn(CPU, 'where a model is', () => {
  it.each<[string, (path: string) => string | URL]>([
    ['a path', (path) => path],
    ['the path of model.json', (path) => join(path, 'model.json')],
    ['a file URL', (path) => pathToFileURL(path).href],
    ['a URL object', (path) => pathToFileURL(path)],
    ['file:// and the path as it is', (path) => `file://${path}`],
  ])('may be said as %s', async (_, say) => {
    for (const name of ['plain', 'a b', 'a%20b c', '100 %', 'x#y?z']) {
      const isDecoded =
        /^file:/.test(String(say('/'))) && typeof say('/') === 'string' && say('/x y') === 'file:///x y';
      // By hand, %20 is a space as in any URL.
      if (isDecoded && name.includes('%20')) continue;
      const place = join(folder, `places-${count++}`, name);
      await saveModel(model(), say(place));
      expect((await readdir(place)).sort()).toEqual(['model.json', 'weights.bin']);
      expect((await loadModel(say(place))).outputs[0]?.shape).toEqual([null, 3]);
    }
  });
});

describeOn(CPU, 'saving over a model', () => {
  it('replaces it and leaves other files alone', async () => {
    const place = await saved(1);
    await writeFile(join(place, 'notes.txt'), 'mine');
    const network = createNetwork(model(2));
    await network.save(place);
    expect((await readdir(place)).sort()).toEqual(['model.json', 'notes.txt', 'weights.bin']);
    const again = (await loadModel(place)).getWeights().map((weight) => [...weight.dataSync()]);
    expect(again).toEqual(network.model.getWeights().map((weight) => [...weight.dataSync()]));
  });

  it('continues from where a crash during saving left it', async () => {
    const place = await edited((json) => (weightsOf(json).paths = ['weights-next.bin']));
    await rename(join(place, 'weights.bin'), join(place, 'weights-next.bin'));
    await writeFile(join(place, 'weights.bin'), 'half');
    await loadModel(place);
    await saveModel(model(2), place);
    expect((await readdir(place)).sort()).toEqual(['model.json', 'weights.bin']);
    await loadModel(place);
  });

  it('leaves it whole when the new one cannot be written', async () => {
    const place = await saved(1);
    const before = await readFile(join(place, 'weights.bin'));
    // A folder in the way of the new weights.
    await mkdir(join(place, 'weights-next.bin', 'x'), { recursive: true });
    const error = await caught(() => saveModel(model(2), place));
    expect(error.where).toBe(place);
    expect(error.message).toMatch(/expected a folder that a model can be written to/);
    expect(await readFile(join(place, 'weights.bin'))).toEqual(before);
    expect((await readdir(place)).sort()).toEqual(['model.json', 'weights-next.bin', 'weights.bin']);
    await loadModel(place);
  });
});

const weightsOf = (json: Json): Json['weightsManifest'][number] =>
  json.weightsManifest[0] as Json['weightsManifest'][number];
const firstWeight = (json: Json): { name: string; shape: number[]; dtype: string } =>
  weightsOf(json).weights[0] as never;

const reLU = (json: Json, config: object): void => {
  Object.assign(layer(json, 'stem_bn'), { class_name: 'ReLU', config: { name: 'stem_bn', ...config } });
};

const wrong: Record<string, [(json: Json) => unknown, RegExp]> = {
  'a letter wrong in a name that a layer reads': [
    (json) => (layer(json, 'next').inbound_nodes[0] = [['stem_bo', 0, 0, {}]]),
    /got layer 'next' reads 'stem_bo', and there is no such layer\. Did you mean 'stem_bn'\?/,
  ],
  'the same at the output': [
    (json) => (json.modelTopology.config.output_layers = [['logit', 0, 0]]),
    /got the output reads 'logit', and there is no such layer\. Did you mean 'logits'\?/,
  ],
  'an object in the place of a call’s number': [
    (json) => (layer(json, 'next').inbound_nodes[0] = [['stem_bn', {}, 0, {}]]),
    /got inputs of layer 'next' that are not lists of \[layer, call, output\]/,
  ],
  'an output’s number that is an object': [
    (json) => (json.modelTopology.config.output_layers = [['logits', {}, 0]]),
    /got output_layers that are not lists of \[layer, call, output\]/,
  ],
  'weights of other shapes than its layers': [
    (json) => (layer(json, 'logits').config['units'] = 4),
    /got Shape mismatch/,
  ],
  'a circle': [
    (json) => (layer(json, 'stem').inbound_nodes[0] = [['next', 0, 0, {}]]),
    /got layers that depend on each other in a circle: 'stem', 'stem_bn', 'next'/,
  ],
  'a call that is never made': [
    (json) => (layer(json, 'next').inbound_nodes[0] = [['stem_bn', 3, 0, {}]]),
    /got layers that depend on each other in a circle: 'next'/,
  ],
  'two layers of one name': [
    (json) => {
      layer(json, 'next').config['name'] = 'stem';
      layer(json, 'next').name = 'stem';
    },
    /got two layers named 'stem'/,
  ],
  'an initializer whose scale is a text': [
    (json) =>
      (layer(json, 'logits').config['kernel_initializer'] = {
        class_name: 'VarianceScaling',
        config: { scale: '[[', mode: 'fan_avg', distribution: 'normal', seed: null },
      }),
    /got scale "\[\[" in a kernel_initializer/,
  ],
  'an initializer of negative deviation': [
    (json) =>
      (layer(json, 'logits').config['bias_initializer'] = {
        class_name: 'TruncatedNormal',
        config: { mean: 0, stddev: -1, seed: null },
      }),
    /got stddev -1 in a bias_initializer/,
  ],
  'an activation that has weights': [
    (json) => (layer(json, 'next').config['activation'] = { class_name: 'PReLU', config: { name: 'p' } }),
    /got the layer 'PReLU' as activation of another one: tfjs-layers would leave its weights out\. Give it a place/,
  ],
  'a layer in the place of an initializer': [
    (json) =>
      (layer(json, 'next').config['kernel_initializer'] = { class_name: 'Dense', config: { units: 3 } }),
    /got the layer 'Dense' as kernel_initializer of another one/,
  ],
  'a layer that only its configuration names': [
    (json) => delete (layer(json, 'next') as { name?: string }).name,
    /got a layer without a name beside the 'next' of its config/,
  ],
  'a layer named by a number': [
    (json) => ((layer(json, 'next') as { name: unknown }).name = 7),
    /got a layer without a name beside the 'next' of its config/,
  ],
  'a layer that reads nothing': [
    (json) => (layer(json, 'next').inbound_nodes = []),
    /got layer 'next', which reads nothing/,
  ],
  'a layer that nothing reads': [
    (json) => (layer(json, 'pool').inbound_nodes[0] = [['stem_bn', 0, 0, {}]]),
    /got layer 'next', which is not connected to the output/,
  ],
  'no weights': [
    (json) => delete (json as Partial<Json>).weightsManifest,
    /got no list of weights \(weightsManifest\)/,
  ],
  'a weight file that is no text': [
    (json) => (weightsOf(json).paths = [{ a: 1 }] as never),
    /got the weight file {"a":1}, outside the model's folder/,
  ],
  'a text in place of the layers': [
    (json) => ((json as { modelTopology: unknown }).modelTopology = 'layers'),
    /expected a tfjs layers model/,
  ],
  'a weight file above the folder': [
    (json) => (weightsOf(json).paths = ['../secret.bin']),
    /got the weight file '\.\.\/secret\.bin', outside the model's folder/,
  ],
  'a weight file of the whole disk': [
    (json) => (weightsOf(json).paths = ['/etc/passwd']),
    /got the weight file '\/etc\/passwd', outside the model's folder/,
  ],
  'a weight listed twice': [
    (json) => weightsOf(json).weights.push(firstWeight(json)),
    /got two weights named 'stem\/kernel'/,
  ],
  'a weight whose name is no text': [
    (json) => (firstWeight(json).name = { a: 1 } as never),
    /got a weight named {"a":1}\. Copy or convert the model again/,
  ],
  'a weight without a name': [
    (json) => delete (firstWeight(json) as { name?: string }).name,
    /got a weight named nothing/,
  ],
  'a weight of a size that is none': [
    (json) => (firstWeight(json).shape = [-1, 3]),
    /got weight 'stem\/kernel' of type float32 and shape \[-1,3\]/,
  ],
  'a model of Keras 3': [
    (json) => {
      const config = json.modelTopology.config.layers[0]?.config as Record<string, unknown>;
      config['batch_shape'] = config['batch_input_shape'];
      delete config['batch_input_shape'];
    },
    /got a model of Keras 3.*TF_USE_LEGACY_KERAS=1/,
  ],
  'an augmentation layer': [
    (json) => (layer(json, 'stem_bn').class_name = 'RandomFlip'),
    /got the class 'RandomFlip'.*without its augmentation layers/,
  ],
  'a layer of one’s own': [
    (json) => (layer(json, 'stem_bn').class_name = 'Mine'),
    /got the class 'Mine'.*tf\.serialization\.registerClass\(Mine\)/,
  ],
  'the regularizer L2': [
    (json) => (layer(json, 'stem').config['kernel_regularizer'] = { class_name: 'L2', config: { l2: 0.1 } }),
    /got the regularizer 'L2'.*"class_name": "L1L2"/,
  ],
  'a ReLU with a slope below 0': [
    (json) => {
      reLU(json, { negative_slope: 0.1, max_value: 6, threshold: 0 });
    },
    /got negative_slope 0\.1 of layer 'stem_bn', which tfjs-layers does not compute as Keras does\. Convert the model to a graph model/,
  ],
  'a ReLU with a threshold': [
    (json) => {
      reLU(json, { threshold: 1 });
    },
    /got threshold 1 of layer 'stem_bn'/,
  ],
  'a leaky ReLU of Keras 3': [
    (json) => {
      reLU(json, { negative_slope: 0.2 });
      layer(json, 'stem_bn').class_name = 'LeakyReLU';
    },
    /got negative_slope 0\.2 of layer 'stem_bn'/,
  ],
  ...Object.fromEntries(
    (
      [
        ['Conv2DTranspose', 'dilation_rate', [2, 1]],
        ['Conv2DTranspose', 'output_padding', [1, 1]],
        ['DepthwiseConv2D', 'dilation_rate', [2, 2]],
        ['Conv2D', 'groups', 2],
        ['Resizing', 'crop_to_aspect_ratio', true],
        ['LSTM', 'time_major', true],
        ['GRU', 'zero_output_for_mask', true],
        ['MaxPooling1D', 'data_format', '"channels_first"'],
        ['GlobalAveragePooling1D', 'data_format', '"channels_first"'],
        ['Conv1D', 'data_format', '"channels_first"'],
        ['UpSampling2D', 'interpolation', '"bilinear"'],
      ] as const
    ).map(([kind, setting, value]): [string, [(json: Json) => unknown, RegExp]] => [
      `${kind} with ${setting}`,
      [
        (json) => {
          const stem = layer(json, 'stem');
          stem.class_name = kind;
          Object.assign(json.modelTopology, { keras_version: '2.15.0' });
          stem.config[setting] = typeof value === 'string' ? (JSON.parse(value) as string) : value;
        },
        new RegExp(
          `got ${setting} \\[?${String(value)}\\]? of layer 'stem', which tfjs-layers does not compute as Keras does`,
        ),
      ],
    ]),
  ),
  'a second direction of another kind': [
    (json) => {
      const stem = layer(json, 'stem');
      stem.class_name = 'Bidirectional';
      stem.config['backward_layer'] = { class_name: 'LSTM', config: { units: 4, name: 'x'.repeat(500) } };
    },
    /got backward_layer \{"class_name":"LSTM","config".{0,70}… of layer 'stem', which tfjs-layers does not compute/,
  ],
  'mixed precision': [
    (json) => {
      layer(json, 'stem').config['dtype'] = { class_name: 'Policy', config: { name: 'mixed_float16' } };
    },
    /got mixed or half precision, which tfjs-layers does not have\. Build it in float32/,
  ],
  'half precision': [
    (json) => (layer(json, 'stem').config['dtype'] = 'bfloat16'),
    /got mixed or half precision, which tfjs-layers does not have\. Build it in float32/,
  ],
  'a layer of one’s own that was registered with a package': [
    (json) => (layer(json, 'stem_bn').class_name = 'Custom>Mine'),
    /got the class 'Custom>Mine'.*tf\.serialization\.registerClass\(Mine\)/,
  ],
  'an activation that tfjs has not': [
    (json) => (layer(json, 'next').config['activation'] = 'silu'),
    /got Unknown activation: silu\. Convert the model to a graph model, or to ONNX, and load it with loadTeacher\.$/,
  ],
  'a regularizer of activations': [
    (json) =>
      (layer(json, 'next').config['activity_regularizer'] = {
        class_name: 'L1L2',
        config: { l1: 0.1, l2: 0 },
      }),
    /activity regularizer\(s\) is not supported yet\. Convert the model to a graph model/,
  ],
  'a graph model': [
    (json) => Object.assign(json, { format: 'graph-model', modelTopology: { node: [] } }),
    /got a graph model.*loadTeacher/,
  ],
};

/** A user's own layer may have any setting. */
class ShiftedReLU extends tfl.layers.Layer {
  static readonly className = 'ShiftedReLU';
  readonly threshold: number;
  constructor(config: { readonly name?: string; readonly threshold: number }) {
    super(config);
    this.threshold = config.threshold;
  }
  override call(x: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.relu(tf.sub((x as tf.Tensor[])[0] as tf.Tensor, this.threshold));
  }
}
tf.serialization.registerClass(ShiftedReLU);

describeOn(CPU, 'a model.json is taken with', () => {
  it.each<[string, string, Record<string, unknown>]>([
    ['a ReLU as Keras saves it', 'ReLU', { max_value: 6, negative_slope: 0, threshold: 0 }],
    ['one without a limit', 'ReLU', { max_value: null, negative_slope: null, threshold: -0 }],
    ['a layer of one’s own that has a threshold', 'ShiftedReLU', { threshold: 0.5 }],
  ])('%s', async (_, kind, config) => {
    const withReLU = chain('m', through(conv('stem', 4)), through(tfl.layers.reLU({ name: 'stem_bn' })));
    const place = await edited((json) => {
      reLU(json, config);
      layer(json, 'stem_bn').class_name = kind;
    }, withReLU);
    const { layers } = await loadModel(place);
    expect(layers.map((each) => each.getClassName())).toContain(kind);
    expect(layers.find((each) => each instanceof ShiftedReLU)?.threshold ?? 0.5).toBe(0.5);
  });
});

describeOn(CPU, 'bilinear upsampling', () => {
  it('is taken from tfjs itself, which saves its own', async () => {
    const own = chain(
      'm',
      through(conv('stem', 4)),
      through(tfl.layers.upSampling2d({ size: [2, 2], interpolation: 'bilinear' })),
    );
    const { layers } = await loadModel(await edited(() => undefined, own));
    expect(layers.map((each) => each.getClassName())).toContain('UpSampling2D');
  });
});

describeOn(CPU, 'an activation that is a layer', () => {
  it.each([
    ['LeakyReLU', { alpha: 0.2 }],
    ['ReLU', { max_value: 0.5 }],
    ['ELU', {}],
    ['ThresholdedReLU', { theta: 0.3 }],
    ['Activation', { activation: 'tanh' }],
  ])('runs in a network as the model predicts, also before a batch norm: %s', async (kind, config) => {
    for (const place of ['stem', 'next']) {
      const loaded = await loadModel(
        await edited((json) => (layer(json, place).config['activation'] = { class_name: kind, config })),
      );
      const images = tf.randomNormal<tf.Rank.R4>([3, 6, 6, 2], 0, 1, 'float32', 1);
      const wanted = [...(loaded.predict(images) as tf.Tensor).dataSync()];
      expect(wanted).not.toEqual([...(model().predict(images) as tf.Tensor).dataSync()]);
      const network = createNetwork(loaded);
      for (const each of [network, freeze(network)]) expectClose(each.forward(images).logits, wanted, 1e-5);
    }
  });

  it('is refused in the last layer of a network where it is a softmax or a sigmoid', async () => {
    const own = chain('m', through(conv('stem', 4)));
    const last = own.layers.at(-1)?.name ?? '';
    for (const [kind, config, name] of [
      ['Softmax', {}, 'softmax'],
      ['Activation', { activation: 'sigmoid' }, 'sigmoid'],
    ] as const) {
      const place = await edited(
        (json) => (layer(json, last).config['activation'] = { class_name: kind, config }),
        own,
      );
      const loaded = await loadModel(place);
      const error = await caught(
        () => void createNetwork(loaded).forward(tf.zeros([1, 6, 6, 2]), { training: true }),
      );
      expect(error.message).toMatch(new RegExp(`got a ${name} output`));
    }
  });

  it('runs with its settings, also after the model was saved again', async () => {
    const place = await edited(
      (json) =>
        (layer(json, 'next').config['activation'] = {
          class_name: 'LeakyReLU',
          config: { name: 'leaky', alpha: 0.1 },
        }),
    );
    const again = join(folder, String(count++));
    const [plain, first] = [model(), await loadModel(place)];
    await saveModel(first, again);
    const images = tf.randomNormal([2, ...(plain.inputs[0]?.shape.slice(1) as number[])], 0, 1, 'float32', 1);
    const [wanted, found, reloaded] = [plain, first, await loadModel(again)].map((each) => [
      ...(each.predict(images) as tf.Tensor).dataSync(),
    ]);
    expect(found).not.toEqual(wanted);
    expect(reloaded).toEqual(found);
  });
});

describeOn(CPU, 'a model.json is refused, and at once, with', () => {
  it.each(Object.entries(wrong))('%s', async (_, [change, message]) => {
    const place = await edited(change);
    const tensors = tf.memory().numTensors;
    const error = await caught(() => loadModel(place));
    expect(error.code).toBe('data');
    expect(error.where).toBe(join(place, 'model.json'));
    expect(error.message).toMatch(message);
    expect(error.message.length).toBeLessThan(1000);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('files that are not there', async () => {
    const [json, weights] = [await saved(), await saved()];
    await rm(join(json, 'model.json'));
    await rm(join(weights, 'weights.bin'));
    for (const [place, file] of [
      [json, 'model.json'],
      [weights, 'weights.bin'],
      [join(weights, 'model.json', 'x'), 'model.json'],
    ] as const)
      expect((await caught(() => loadModel(place))).message).toMatch(
        new RegExp(`model\\.json: expected .*, got no file .*${file}\\. Check the path\\.$`),
      );
  });

  it('weights that are too long, those of another network, and numbers that are none', async () => {
    const [long, nan] = [await saved(), await saved()];
    const bytes = await readFile(join(long, 'weights.bin'));
    await writeFile(join(long, 'weights.bin'), Buffer.concat([bytes, Buffer.alloc(4)]));
    expect((await caught(() => loadModel(long))).message).toMatch(
      new RegExp(`got ${bytes.length + 4} bytes of weights where model.json lists ${bytes.length}\\.`),
    );
    bytes.writeFloatLE(NaN, 8);
    await writeFile(join(nan, 'weights.bin'), bytes);
    expect((await caught(() => loadModel(nan))).message).toMatch(
      /got NaN in weight 'stem\/kernel' \(number 2 of 72\)/,
    );
  });

  it('a topology that is nested too deeply', async () => {
    const place = await saved();
    const file = join(place, 'model.json');
    const text = await readFile(file, 'utf8');
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    await writeFile(file, text.replace('"modelTopology":{', `"modelTopology":{"deep":${deep},`));
    const error = await caught(() => loadModel(place));
    expect(error.where).toBe(file);
    expect(error.message).toMatch(/got one whose layers do not have the form that tfjs saves/);
  });

  it.skipIf(process.platform === 'win32')('pipes and devices as files', async () => {
    const [pipe, device] = [await saved(), await saved()];
    await rm(join(pipe, 'model.json'));
    execFileSync('mkfifo', [join(pipe, 'model.json')]);
    await rm(join(device, 'weights.bin'));
    await symlink('/dev/zero', join(device, 'weights.bin'));
    for (const place of [pipe, device])
      expect((await caught(() => loadModel(place))).message).toMatch(/which is not a regular file/);
  });
});

describeOn(CPU, 'a server', () => {
  it('that serves a model is read; one that stays silent is abandoned', async () => {
    const place = await saved();
    const server = createServer((request, response) => {
      const name = (request.url ?? '').split('/').at(-1)?.split('?')[0] ?? '';
      if (request.url?.startsWith('/silent') === true) return;
      if (request.url?.startsWith('/endless') === true) {
        response.writeHead(200, { 'content-length': 2 ** 40 });
        response.write('{');
        return;
      }
      void readFile(join(place, name)).then((bytes) => response.end(bytes));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      expect((await loadModel(`${at}/model.json`)).outputs[0]?.shape).toEqual([null, 3]);
      const error = await caught(() => loadModel(`${at}/silent/model.json`, { timeout: 0.2 }));
      expect(error.where).toBe(`${at}/silent/model.json`);
      expect(error.message).toMatch(/the server sent nothing for 0\.2 seconds|aborted/);
      expect((await loadModel(`${at}/model.json?key=1`)).outputs[0]?.shape).toEqual([null, 3]);
      const json = JSON.parse(await readFile(join(place, 'model.json'), 'utf8')) as Json;
      weightsOf(json).paths = ['../secret.bin'];
      await writeFile(join(place, 'outside.json'), JSON.stringify(json));
      const outside = await caught(() => loadModel(`${at}/a/outside.json`));
      expect(outside.message).toMatch(/got the weight file '\.\.\/secret\.bin', outside the model's folder/);
      const endless = await caught(() => loadModel(`${at}/endless/model.json`));
      expect(endless.message).toContain('the server sends more than 512 MiB');
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

describeOn(CPU, 'weights as tfjs saves them', () => {
  it('are taken when they are quantized', async () => {
    const place = await saved();
    const file = join(place, 'model.json');
    const json = JSON.parse(await readFile(file, 'utf8')) as Json;
    const weights = (await loadModel(place)).getWeights();
    const half = Buffer.concat(
      weights.map((weight) => {
        const values = weight.dataSync();
        return Buffer.from(Uint8Array.from(values, () => 1));
      }),
    );
    for (const spec of weightsOf(json).weights)
      Object.assign(spec, { quantization: { dtype: 'uint8', scale: 0.5, min: 0 } });
    await writeFile(join(place, 'weights.bin'), half);
    await writeFile(file, JSON.stringify(json));
    const loaded = (await loadModel(place)).getWeights();
    expect(loaded.every((weight) => tf.all(tf.equal(weight, 0.5)).dataSync()[0] === 1)).toBe(true);
  });
});

describeOn(CPU, 'what is no model or no place', () => {
  it.each<[string, string | Uint8Array, RegExp]>([
    [
      'a Keras file',
      Uint8Array.of(0x89, 0x48, 0x44, 0x46),
      /got a Keras file \(\.h5\)\. Convert it: `tensorflowjs_converter/,
    ],
    ['an archive', 'PK\x03\x04', /got a zip archive, such as a \.keras file/],
    ['a web page', '<!DOCTYPE html>', /got a web page\. Download the file itself/],
    ['a pointer', 'version https://git-lfs.github.com/spec/v1', /got a pointer of Git LFS.*`git lfs pull`/],
    ['an empty file', '', /got an empty file/],
  ])('%s as model.json is called that', async (_, content, message) => {
    const place = await saved();
    await writeFile(join(place, 'model.json'), content);
    expect((await caught(() => loadModel(place))).message).toMatch(message);
  });

  it.each<[string, RegExp]>([
    [
      'mine.h5',
      /mine\.h5: .*got a Keras file \(mine\.h5\)\. Convert it: `tensorflowjs_converter --input_format keras/,
    ],
    ['mine.keras', /got a Keras file \(mine\.keras\)/],
    [
      'saved/saved_model.pb',
      /saved: .*got a SavedModel \(saved_model\.pb\)\. Convert it: .* tf_saved_model FOLDER/,
    ],
    ['torch/best.pth', /torch: .*got a file of another library \(best\.pth\)\. Export the model as ONNX/],
    ['mine.tflite', /got a converted model \(mine\.tflite\)/],
    [
      'onnx/mine.onnx',
      /got an ONNX file \(mine\.onnx\)\. Name the file itself, and load it with loadTeacher\./,
    ],
    ['other/notes.txt', /other\/model\.json: .*got no file .*model\.json\. Check the path\./],
  ])('%s in the place of a folder is called what it is', async (name, message) => {
    const place = join(folder, String(count++));
    await mkdir(dirname(join(place, name)), { recursive: true });
    await writeFile(join(place, name), 'x');
    const named = join(place, name.replace(/\/.*/, ''));
    expect((await caught(() => loadModel(named))).message).toMatch(message);
    expect((await caught(() => loadTeacher(named))).message).toMatch(message);
  });

  it('an impossible address, a network, and a server that does not answer', async () => {
    const model = await loadModel(await saved());
    for (const place of [undefined, null, 5, '', {}]) {
      for (const use of [() => loadModel(place as never), () => saveModel(model, place as never)])
        expect((await caught(use)).message).toMatch(/^a model’s place: expected a path, a URL/);
    }
    expect((await caught(() => saveModel(undefined as never, 'there'))).message).toMatch(
      /^saveModel: .*got nothing/,
    );
    const network = await caught(() => saveModel(createNetwork(model) as never, 'there'));
    expect(network.message).toMatch(/got a network\. Write `network\.save\(place\)`/);
    const nobody = 'http://127.0.0.1:9/model.json';
    expect((await caught(() => loadModel(nobody))).message).toMatch(/got no answer from that address/);
    expect((await caught(() => saveModel(model, nobody))).message).toMatch(
      /expected a place where models can be saved/,
    );
  });
});
