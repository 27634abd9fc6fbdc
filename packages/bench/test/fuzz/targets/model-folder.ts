import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import { createNetwork, loadModel, resolveEngine, saveModel } from '@distilljs/core';
import { contentsOf, editFiles, expectKept, writeFiles } from '../folder.js';
import type { FileEdit } from '../folder.js';
import { byteEdit, editedBytes, editedText, editedTree, treeEdit } from '../mutation.js';
import type { ByteEdit, TreeEdit } from '../mutation.js';
import { must, outcome, target } from '../target.js';

interface Case {
  readonly base: number;
  readonly json: readonly TreeEdit[];
  readonly text: readonly ByteEdit[];
  readonly weights: readonly ByteEdit[];
  /** 32-bit floats that are put among the weights. */
  readonly values: readonly { readonly at: number; readonly value: number }[];
  readonly paths: readonly string[] | undefined;
  readonly files: readonly FileEdit[];
  readonly named: 'folder' | 'file';
}

const KEYS = [
  'class_name', 'config', 'name', 'inbound_nodes', 'units', 'filters', 'kernel_size', 'dtype', 'batch_input_shape', 'shape',
  'weightsManifest', 'paths', 'weights', 'layers', 'input_layers', 'output_layers', 'modelTopology', 'format', 'activation',
  'trainable', 'quantization', '__proto__',
]; // prettier-ignore

const BUILDERS: readonly (() => layers.LayersModel)[] = [
  () => {
    const input = layers.input({ shape: [4, 4, 2], name: 'image' });
    const conv = layers.layers.conv2d({
      name: 'conv',
      filters: 3,
      kernelSize: 3,
      padding: 'same',
      useBias: false,
    });
    const norm = layers.layers.batchNormalization({ name: 'norm' });
    const inner = norm.apply(conv.apply(input)) as layers.SymbolicTensor;
    const act = layers.layers.reLU({ name: 'act' }).apply(inner) as layers.SymbolicTensor;
    const sum = layers.layers.add({ name: 'sum' }).apply([inner, act]) as layers.SymbolicTensor;
    const flat = layers.layers.flatten({ name: 'flat' }).apply(sum) as layers.SymbolicTensor;
    const logits = layers.layers.dense({ name: 'logits', units: 3 }).apply(flat) as layers.SymbolicTensor;
    return layers.model({ name: 'functional', inputs: input, outputs: logits });
  },
  () => {
    const make = layers.layers;
    const inner = layers.sequential({ name: 'inner' });
    inner.add(make.conv2d({ name: 'conv', inputShape: [4, 4, 2], filters: 2, kernelSize: 2, strides: 2, activation: 'relu' })); // prettier-ignore
    const outer = layers.sequential({ name: 'outer' });
    outer.add(inner);
    outer.add(make.reshape({ name: 'steps', targetShape: [4, 2] }));
    outer.add(make.simpleRNN({ name: 'rnn', units: 2 }));
    outer.add(make.dropout({ name: 'drop', rate: 0.5 }));
    outer.add(make.dense({ name: 'logits', units: 3 }));
    return outer;
  },
];

/** Saved once: what a folder holds, and what the network in it says. */
interface Saved {
  readonly json: unknown;
  readonly weights: Buffer;
  readonly logits: readonly number[];
}
const saved = new Map<number, Promise<Saved>>();

async function save(place: number, folder: string): Promise<Saved> {
  await resolveEngine('cpu');
  const model = (BUILDERS[place] as () => layers.LayersModel)();
  model.setWeights(
    model.getWeights().map(({ shape }, index) => tf.randomUniform(shape, 0, 0.5, 'float32', index + 1)),
  );
  await saveModel(model, `file://${folder}`);
  const logits = predicted(model);
  model.dispose();
  const json: unknown = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8'));
  return { json, weights: readFileSync(join(folder, 'weights.bin')), logits };
}

const images = (): tf.Tensor4D =>
  tf.tensor4d(
    Array.from({ length: 64 }, (_, at) => (at % 7) - 3),
    [2, 4, 4, 2],
  );

const predicted = (model: layers.LayersModel): number[] =>
  tf.tidy(() => [...(model.predict(images()) as tf.Tensor).dataSync()]);

const isClose = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length &&
  a.every((value, at) => Math.abs(value - (b[at] ?? NaN)) <= 1e-4 * (1 + Math.abs(value)));

export const modelFolders = target<Case>({
  name: 'model-folders',
  arbitrary: fc.record({
    base: fc.nat(BUILDERS.length - 1),
    json: fc.array(treeEdit(KEYS), { maxLength: 2 }),
    text: fc.nat(3).chain((chance) => fc.array(byteEdit(), { maxLength: chance === 0 ? 2 : 0 })),
    weights: fc.nat(3).chain((chance) => fc.array(byteEdit(), { maxLength: chance === 0 ? 2 : 0 })),
    values: fc.nat(5).chain((chance) =>
      fc.array(fc.record({ at: fc.nat(500), value: fc.constantFrom(NaN, Infinity, -Infinity, 1e38, 0) }), {
        maxLength: chance === 0 ? 2 : 0,
      }),
    ),
    paths: fc.option(
      fc.array(
        fc.constantFrom(
          'weights.bin',
          '../secret.bin',
          '/dev/zero',
          '.',
          '',
          'nowhere.bin',
          'sub/../weights.bin',
        ),
        {
          maxLength: 2,
        },
      ),
      { nil: undefined, freq: 9 },
    ),
    files: fc.nat(5).chain((chance) =>
      fc.array(
        fc.oneof(
          fc.record({ do: fc.constant('remove' as const), file: fc.nat(1) }),
          fc.record({ do: fc.constant('copy' as const), from: fc.nat(1), to: fc.nat(1) }),
          fc.record({ do: fc.constant('folder' as const), file: fc.nat(1) }),
          fc.record({
            do: fc.constant('link' as const),
            file: fc.nat(1),
            to: fc.constantFrom('nowhere', '.', '/dev/zero'),
          }),
        ),
        { maxLength: chance === 0 ? 1 : 0 },
      ),
    ),
    named: fc.constantFrom('folder', 'file'),
  }),
  check: async (input, folder) => {
    const known = saved.get(input.base) ?? save(input.base, join(folder, 'saved'));
    saved.set(input.base, known);
    const { json, weights, logits } = await known;
    const { value = null } = editedTree(json, input.json);
    const manifest = (value as { weightsManifest?: { paths: unknown }[] } | null)?.weightsManifest;
    if (input.paths !== undefined && manifest?.[0] instanceof Object) manifest[0].paths = input.paths;
    const bytes = Buffer.from(weights);
    for (const { at, value: float } of input.values) bytes.writeFloatLE(float, 4 * (at % (bytes.length / 4)));
    mkdirSync(join(folder, 'sub'));
    writeFileSync(join(folder, 'secret.bin'), weights);
    const place = join(folder, 'sub');
    writeFiles(place, {
      'model.json': editedText(jsonText(value), input.text),
      'weights.bin': editedBytes(bytes, input.weights),
    });
    for (const edit of input.files) editFiles(place, ['model.json', 'weights.bin'], edit);
    const before = contentsOf(folder);
    const tensors = tf.memory().numTensors;
    const found = await outcome(async () => {
      const model = await loadModel(`file://${place}${input.named === 'file' ? '/model.json' : ''}`);
      try {
        const isWhole =
          input.json.length +
            input.text.length +
            input.weights.length +
            input.values.length +
            input.files.length ===
          0;
        must(
          !input.paths?.some((path) => path.startsWith('.') || path.startsWith('/')),
          'no file outside of the folder is read',
        );
        must(finite(model), 'weights that are no numbers are refused');
        const network = createNetwork(model);
        const [height, width, channels] = network.inputShape;
        if (height !== 4 || width !== 4 || channels !== 2) return 'other';
        const own = tf.tidy(() => [...network.forward(images() as never).logits.dataSync()]);
        must(isClose(own, predicted(model)) || !own.every(Number.isFinite), 'the forward pass is predict', own, predicted(model)); // prettier-ignore
        if (isWhole) must(isClose(own, logits), 'what the saved network says', own, logits);
        return 'right';
      } finally {
        model.dispose();
      }
    });
    expectKept(folder, before);
    must(tf.memory().numTensors === tensors, 'no tensor is left', tf.memory().numTensors - tensors);
    return found;
  },
});

const finite = (model: layers.LayersModel): boolean =>
  model.getWeights().every((weight) => [...weight.dataSync()].every(Number.isFinite));

function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return '['.repeat(20_000);
  }
}
