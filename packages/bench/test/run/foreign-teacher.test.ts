import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  arrayDataset,
  createNetwork,
  createRandom,
  resolveEngine,
  seedWeights,
  teacherFrom,
} from '@distilljs/core';
import type { ForeignImages, FrozenNetwork, InMemoryDataset, TeacherInput } from '@distilljs/core';
import { input, layers, model } from '@tensorflow/tfjs-layers';
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveConfig, withAbsolutePaths } from '../../src/config/index.js';
import { buildModel } from '../../src/model/index.js';
import { runConfig } from '../../src/run/run-config.js';
import type { ConfigOutcome } from '../../src/run/run-config.js';
import { teacherDoubts, weakTeacherText } from '../../src/run/teacher-doubts.js';
import { metadataOf, teacherFacts } from '../../src/run/teacher-facts.js';
import { torchCases } from '../model/torch-cases.js';
import type { TorchCase } from '../model/torch-cases.js';
import { formulaWeights, torchFile } from '../model/torch-formula.js';
import { keptLog, refusal, tinyConfig } from './tiny-bench.js';

const folder = mkdtempSync(join(tmpdir(), 'foreign-teacher-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
beforeAll(async () => {
  await resolveEngine('wasm');
});

const onnx = fileURLToPath(new URL('../../../core/test/network/fixtures/open-size.onnx', import.meta.url));
const hasOnnx = ['onnxruntime-node', 'onnxruntime-web'].some((name) => {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
});

it('a model behind a file URL has the normalization that its folder says, also where the URL has codes', async () => {
  const place = join(folder, 'my models/100%25 mine');
  mkdirSync(place, { recursive: true });
  const said = { normalization: { mean: [0.1], std: [0.9] }, output: 'logits' };
  writeFileSync(join(place, 'model.json'), JSON.stringify({ userDefinedMetadata: { distilljs: said } }));
  const url = pathToFileURL(place).href;
  expect(url).toContain('/my%20models/100%2525%20mine');
  for (const path of [url, `${url}/model.json`, place]) {
    expect(await metadataOf(path)).toEqual(said);
    const config = tinyConfig();
    const absolute = withAbsolutePaths({ ...config, teacher: { ...config.teacher, path } });
    expect(absolute.teacher.path?.replace('/model.json', '')).toBe(place);
  }
});

/** A graph model of mean colour: images of any size → 6 classes. */
function graphModel(place: string): string {
  const path = join(folder, place);
  mkdirSync(path, { recursive: true });
  const float = { type: 'DT_FLOAT' };
  const node = (name: string, op: string, input: string[], attr: object = {}): object => ({
    ...{ name, op, input },
    attr: { T: float, ...attr },
  });
  const constant = (name: string, type: string): object => ({
    ...{ name, op: 'Const', input: [] },
    attr: { dtype: { type } },
  });
  const dim = [-1, 12, 12, 3].map((size) => ({ size: String(size) }));
  const topology = {
    versions: { producer: 1087 },
    node: [
      node('images', 'Placeholder', [], { dtype: float, shape: { shape: { dim } } }),
      constant('axes', 'DT_INT32'),
      constant('dense', 'DT_FLOAT'),
      node('pool', 'Mean', ['images', 'axes'], { keep_dims: { b: false } }),
      node('logits', 'MatMul', ['pool', 'dense'], { transpose_a: { b: false }, transpose_b: { b: false } }),
    ],
  };
  const random = createRandom(1);
  const dense = Float32Array.from({ length: 18 }, () => random.normal());
  const weights = [
    { name: 'dense', shape: [3, 6], dtype: 'float32' },
    { name: 'axes', shape: [2], dtype: 'int32' },
  ];
  writeFileSync(
    join(path, 'model.json'),
    JSON.stringify({
      format: 'graph-model',
      modelTopology: topology,
      weightsManifest: [{ paths: ['weights.bin'], weights }],
    }),
  );
  const bytes = Buffer.concat([Buffer.from(dense.buffer), Buffer.from(new Int32Array([1, 2]).buffer)]);
  writeFileSync(join(path, 'weights.bin'), bytes);
  return path;
}

async function layersModel(place: string, size = 12, metadata?: object): Promise<string> {
  const { model } = buildModel('resnet8', { imageShape: [size, size, 3], classes: 6 });
  seedWeights(model, createRandom(1));
  const path = join(folder, place);
  await createNetwork(model).save(path);
  model.dispose();
  const file = join(path, 'model.json');
  const json = JSON.parse(readFileSync(file, 'utf8')) as object;
  if (metadata !== undefined)
    writeFileSync(file, JSON.stringify({ ...json, userDefinedMetadata: { distilljs: metadata } }));
  return path;
}

const log = keptLog();
const run = (
  out: string,
  teacher: object,
  changes: object = {},
  existing: 'refuse' | 'resume' = 'refuse',
): Promise<ConfigOutcome | undefined> => {
  const flags = [
    { dataset: { imageSize: 12, trainSize: 54, testSize: 36, classes: 6, superclasses: 3 } },
    { student: { model: 'plain8' }, methods: ['kd'], seeds: [0], epochs: 1, batchSize: 16 },
    { teacher: { ...teacher } },
    changes,
  ];
  const config = resolveConfig({
    file: { name: 'run.yaml', text: 'engine: wasm' },
    flags: [{ dataset: { name: 'synthetic' } }, ...flags],
  });
  return runConfig({ config, out: join(folder, out), existing, log });
};

describe('a teacher of another kind', () => {
  it('may be a graph model; its digest is looked at when the run goes on', async () => {
    const path = graphModel('graph');
    const { report } = (await run('graph-run', { path })) as ConfigOutcome;
    expect(report.teacher).toMatchObject({ model: 'graph', parameters: 18 });
    const text = readFileSync(join(folder, 'graph-run', 'report', 'report.md'), 'utf8');
    expect(text).toContain('unknown MACs per image');
    expect(await run('graph-run', { path }, { seeds: [1] }, 'resume')).toBeDefined();
    const weights = join(path, 'weights.bin');
    const bytes = readFileSync(weights);
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    writeFileSync(weights, bytes);
    expect(await refusal(run('graph-run', { path }, { seeds: [2] }, 'resume'))).toContain(
      'expected the teacher that the run was started with, got another one',
    );
  });

  it('may be weights of PyTorch, by the names of the distillation benchmarks, whose taps every method knows', async () => {
    const { keys } = torchCases.find((each) => each.model === 'resnet8') as TorchCase;
    const path = join(folder, 'resnet8.safetensors');
    writeFileSync(path, torchFile(formulaWeights(keys)));
    // Seven classes, as the weights have.
    const dataset = { classes: 7, superclasses: 7, trainSize: 42, testSize: 28 };
    const methods = ['kd', { name: 'mhgd', options: { headEpochs: 1 } }];
    const { report } = (await run(
      'torch',
      { path, model: 'resnet8' },
      { dataset, methods },
    )) as ConfigOutcome;
    expect(report.teacher).toMatchObject({ model: 'resnet8', source: path });
    expect(report.rows.map(({ method }) => method)).toEqual(['kd', 'mhgd']);
    const wrong = run('torch-20', { path, model: 'resnet20' }, { dataset });
    expect(await refusal(wrong)).toContain('resnet8.safetensors');
  });

  it.skipIf(!hasOnnx)(
    `may be an ONNX file, live and cached${hasOnnx ? '' : ' (skipped: no onnxruntime is installed)'}`,
    async () => {
      const dataset = { classes: 4, superclasses: 2 };
      const taps = { embedding: '/flatten/out' };
      const methods = ['kd', { name: 'cckd', options: { teacherTap: 'embedding' } }];
      const live = (await run('onnx', { path: onnx, taps, views: 1 }, { dataset, methods })) as ConfigOutcome;
      expect(live.report.teacher).toMatchObject({ model: 'open-size', parameters: 164 });
      const cached = { path: onnx, taps, kind: 'cached', views: 1, cache: 'disk' };
      const again = (await run('onnx-cached', cached, { dataset, methods })) as ConfigOutcome;
      const accuracies = ({ report }: ConfigOutcome): unknown =>
        report.rows.map(({ perSeed }) => perSeed.map(({ testAccuracyLast }) => testAccuracyLast));
      expect(accuracies(again)).toEqual(accuracies(live));
    },
  );

  it('needs no taps by hand: the last map of each size and the embedding are found, reported and kept', async () => {
    const image = input({ shape: [12, 12, 3] });
    const conv = (x: SymbolicTensor, filters: number, strides: number, name: string): SymbolicTensor =>
      layers
        .conv2d({ filters, kernelSize: 3, strides, padding: 'same', activation: 'relu', name })
        .apply(x) as SymbolicTensor;
    const maps = conv(conv(conv(image, 4, 1, 'wide'), 6, 2, 'half'), 8, 2, 'quarter');
    const vector = layers.globalAveragePooling2d({ name: 'vector' }).apply(maps) as SymbolicTensor;
    const logits = layers.dense({ units: 6 }).apply(vector) as SymbolicTensor;
    const mine = model({ inputs: image, outputs: logits, name: 'mine' });
    seedWeights(mine, createRandom(1));
    const path = join(folder, 'no-taps');
    await createNetwork(mine).save(path);
    const student = { path, weights: 'fresh' };
    const methods = ['cckd', 'mhgd+kd', 'rtk', 'attention-matching', 'afd-offline', 'kd+vam'];
    const short = { headEpochs: 1 };
    const { report } = (await run(
      'no-taps-run',
      { path, kind: 'auto', views: 2 },
      {
        methods: methods.map((name) => (name === 'mhgd+kd' ? { name, options: short } : name)),
      },
    )) as ConfigOutcome;
    expect(report.rows.map(({ method }) => method)).toEqual(methods);
    const line = log.lines.filter((text) => text.startsWith('Feature maps of the teacher')).at(-1);
    expect(line).toContain('wide (12×12×4), half (6×6×6), quarter (3×3×8)');
    expect(line).toContain('teacher.taps');
    const result = JSON.parse(
      readFileSync(join(folder, 'no-taps-run/teacher/result.json'), 'utf8'),
    ) as object;
    expect(result).toMatchObject({ stages: ['wide', 'half', 'quarter'] });
    // A student from outside as well.
    await run(
      'no-taps-student',
      { path },
      {
        methods: [{ name: 'mhgd', options: short }, 'afd'],
        student,
      },
    );
    expect(log.lines.some((text) => text.startsWith('Feature maps of the student'))).toBe(true);
  });

  it('sees images of its own size, with its own normalization, and keeps them for the rest of the run', async () => {
    const path = await layersModel('larger', 16);
    expect(await refusal(run('other-size', { path, imageSize: 12 }))).toContain('Set teacher.imageSize: 16');
    log.lines.length = 0;
    await run('own-size', { path });
    expect(log.lines.join()).toContain('The teacher takes images of 16×16 pixels');
    const teacher = { path, imageSize: 16, normalization: 'minus-one-one' };
    await run('sized', teacher);
    const result = JSON.parse(readFileSync(join(folder, 'sized/teacher/result.json'), 'utf8')) as object;
    expect(result).toMatchObject({
      facts: { imageSize: 16, normalization: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } },
    });
    expect(await run('sized', teacher, { seeds: [1] }, 'resume')).toBeDefined();
  });

  it('with classes is matched by name, from a file too', async () => {
    const path = await layersModel('named');
    const file = join(folder, 'classes.txt');
    writeFileSync(file, 'a\nb\nc\nd\ne\nf\n');
    expect(await refusal(run('unnamed', { path, classes: file }))).toMatch(
      /teacher.classes: expected a dataset whose classes have names|none for/,
    );
    expect(await refusal(run('few', { path, classes: ['a', 'b'] }))).toMatch(
      /expected 6 names, one per logit, got 2/,
    );
  });
});

describe('what a folder says of its model', () => {
  const data = arrayDataset({
    images: new Uint8Array(12),
    labels: [0],
    imageShape: [2, 2, 3],
    classes: 2,
    name: 'x',
  });
  it('is the default, and the configuration overrides it', async () => {
    const metadata = {
      version: 1,
      normalization: { mean: [0.1, 0.2, 0.3], std: [1, 1, 1] },
      classNames: ['one', 'two'],
      output: 'probabilities',
    };
    const path = await layersModel('with-metadata', 12, metadata);
    const { teacher } = tinyConfig({ teacher: { path } });
    const told = { normalization: metadata.normalization, logitsFrom: 'softmax' };
    expect(await teacherFacts(teacher, { ...data, classNames: ['two', 'one'] })).toEqual({
      ...told,
      classes: ['one', 'two'],
    });
    expect(await teacherFacts(teacher, data)).toEqual(told);
    const own = tinyConfig({ teacher: { path, normalization: 'imagenet', classes: ['two', 'one'] } });
    const facts = await teacherFacts(own.teacher, data);
    expect(facts.normalization?.mean[0]).toBe(0.485);
    expect(facts.classes).toEqual(['two', 'one']);
  });
});

describe('a teacher near chance', () => {
  const classes = 6;
  const size = 120;
  const random = createRandom(2);
  const labels = Array.from({ length: size }, (_, at) => at % classes);
  /** Red tells the class, green and blue are noise. */
  const images = Uint8Array.from({ length: size * 12 }, (_, at) =>
    at % 3 === 0 ? 40 * (labels[Math.floor(at / 12)] ?? 0) + random.integer(10) : random.integer(256),
  );
  const data: InMemoryDataset = arrayDataset({ images, labels, imageShape: [2, 2, 3], classes, name: 'red' });
  const split = { train: data, validation: data, test: data };
  const teacher = (channel: number, order = (at: number): number => at): FrozenNetwork =>
    teacherFrom(
      ({ values, shape: [batch] }: ForeignImages) =>
        Array.from({ length: batch }, (_, row) => {
          const value = values[row * 12 + channel] ?? 0;
          return Array.from({ length: classes }, (__, at) => -((value - 40 * order(at)) ** 2));
        }),
      { classes, imageShape: [2, 2, 3], version: '1' },
    );
  const doubts = async (network: FrozenNetwork, input: TeacherInput, accuracy = 0.17): Promise<string> => {
    const loaded = { network, input, facts: {}, learner: undefined, source: 'x', known: undefined };
    const result = { validationAccuracy: accuracy } as Parameters<typeof teacherDoubts>[1];
    return (await teacherDoubts(loaded, result, split)).join('\n');
  };
  const bytes = { normalization: { mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255] } };

  it('is told which normalization would do', async () => {
    expect(await doubts(teacher(0), {})).toMatch(
      /reach about 100 % with teacher.normalization: bytes. Nothing/,
    );
  });
  it('is told of colours in another order', async () => {
    expect(await doubts(teacher(2), bytes)).toMatch(/normalization: bytes and blue before red/);
  });
  it('is told of classes in another order', async () => {
    expect(
      await doubts(
        teacher(0, (at) => (at + 1) % classes),
        bytes,
      ),
    ).toMatch(/classes in another order/);
  });
  it('is told where to look when nothing helps', async () => {
    expect(await doubts(teacher(1), bytes)).toMatch(/none of the usual settings does much better/);
  });
  it('is looked for only near chance', async () => {
    expect(await doubts(teacher(0), bytes, 0.9)).toBe('');
  });
  it('is told what to do where the run trained it', () => {
    // A quarter of the way from 1/3 to 1 is 0.5.
    expect(weakTeacherText({ testAccuracy: 0.499 }, 3).join('\n')).toMatch(
      /50 % of the test images, where guessing gives 33 %.*Use a pretrained teacher \(--teacher PATH\)/,
    );
    expect(weakTeacherText({ testAccuracy: 0.5 }, 3)).toEqual([]);
  });
});
