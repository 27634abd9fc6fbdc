import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import {
  askTeacher,
  isDistillError,
  loadStudent,
  loadTeacher,
  resolveEngine,
  saveModel,
  setModelMetadata,
} from '@distilljs/core';
import { listItems } from '../../../src/dataset/list.js';
import { decodeImage } from '../../../src/image/index.js';
import { buildModel, loadTorchWeights } from '../../../src/model/index.js';
import { formulaWeights, torchFile } from '../../model/torch-formula.js';
import { contentsOf, expectKept, writeFiles } from '../folder.js';
import { byteEdit, editedBytes, editedText, editedTree, nastyText, treeEdit } from '../mutation.js';
import type { ByteEdit, TreeEdit } from '../mutation.js';
import { must, outcome, target } from '../target.js';

/* Files that users bring from elsewhere: lists, photographs, teachers, exported students. */

const fixture = (name: string): Buffer => readFileSync(join(process.env['FUZZ_TESTS'] ?? '', name));
const edits = (most = 3): fc.Arbitrary<ByteEdit[]> =>
  fc.nat(9).chain((chance) => fc.array(byteEdit(), { maxLength: chance === 0 ? 0 : most }));

interface ListCase {
  readonly format: 'csv' | 'semicolons' | 'jsonl';
  readonly mark: boolean;
  readonly newline: string;
  readonly rows: readonly Readonly<Record<'path' | 'label' | 'split', string>>[];
  readonly extra: Readonly<Record<string, string>>;
  readonly edits: readonly ByteEdit[];
}

const quoted = (value: string): string => `"${value.replaceAll('"', '""')}"`;

export const lists = target<ListCase>({
  name: 'lists',
  arbitrary: fc.record({
    format: fc.constantFrom('csv', 'semicolons', 'jsonl'),
    mark: fc.boolean(),
    newline: fc.constantFrom('\n', '\r\n'),
    rows: fc.array(
      fc.record({
        path: fc.oneof({ weight: 20, arbitrary: fc.uuid() }, { weight: 1, arbitrary: nastyText }),
        label: fc.oneof({ weight: 20, arbitrary: fc.constantFrom('cat', 'dog') }, { weight: 1, arbitrary: nastyText }), // prettier-ignore
        split: fc.constantFrom('', '', '', 'train', 'Train', 'training', 'TRAIN', 'rest'),
      }),
      { minLength: 3, maxLength: 8 },
    ),
    extra: fc
      .nat(2)
      .chain((chance) =>
        fc.dictionary(
          fc.oneof(nastyText, fc.constantFrom('weight', 'camera', 'Superclass', 'PATH')),
          nastyText,
          { maxKeys: chance === 0 ? 2 : 0 },
        ),
      ),
    edits: fc.nat(2).chain((chance) => fc.array(byteEdit(), { maxLength: chance === 0 ? 2 : 0 })),
  }),
  check: async ({ format, mark, newline, rows, extra, edits: done }, folder) => {
    const whole = rows.map((row) => ({ ...extra, ...row }));
    const names = Object.keys(whole[0] ?? {});
    const between = format === 'semicolons' ? ';' : ',';
    const lines =
      format === 'jsonl'
        ? whole.map((row) => JSON.stringify(row))
        : [names, ...whole.map((row) => Object.values(row))].map((cells) => cells.map(quoted).join(between));
    const text = `${mark ? '\ufeff' : ''}${lines.join(newline)}${newline}`;
    const file = join(folder, format === 'jsonl' ? 'list.jsonl' : 'list.csv');
    writeFileSync(file, editedText(text, done));
    const before = contentsOf(folder);
    const found = await outcome(async () => {
      const { items, classNames } = await listItems({ file, imageSize: 8 });
      const all = Object.values(items).flat();
      for (const { label, path } of all) {
        // -1: an image without a label.
        must(label === -1 || classNames[label] !== undefined, 'labels within the classes', label);
        must(path.startsWith(folder) || path.startsWith('/'), 'paths below the list', path);
      }
      if (done.length > 0 || Object.keys(extra).length > 0) return;
      const count = (names: readonly string[]): string => JSON.stringify([...names].sort());
      // UTF-8 has no half of a surrogate pair, JSON's escapes have.
      const written = (label: string): string => (format === 'jsonl' ? label : Buffer.from(label).toString());
      const named = rows.map(({ label }) => written(label).trim().normalize('NFC'));
      const wanted = count(named.map((name) => (/^-1(?:\.0+)?$/.test(name) ? '' : name)));
      must(count(all.map(({ label }) => classNames[label] ?? '')) === wanted, 'the labels of the list', all);
    });
    expectKept(folder, before);
    return found;
  },
});

const PICTURES = [
  'rgb.jpg', 'progressive.jpg', 'cmyk.jpg', 'grey.jpg', 'turned-6.jpg', 'rgb.png', 'palette.png', 'grey16.png', 'bits1.png', 'interlaced.gif',
  'moving.gif', 'lossy.webp', 'lossless.webp', 'alpha.webp', 'moving.webp', 'rgb.bmp', 'rgb.tif', 'lzw.tiff', 'deflate.tiff',
] as const; // prettier-ignore

export const pictures = target<{ readonly picture: string; readonly edits: readonly ByteEdit[] }>({
  name: 'pictures',
  arbitrary: fc.record({ picture: fc.constantFrom(...PICTURES), edits: edits() }),
  check: async ({ picture, edits: done }) => {
    const bytes = editedBytes(fixture(`image/fixtures/${picture}`), done);
    const found = await outcome(async () => {
      const { raster, orientation } = await decodeImage(bytes, picture, 'javascript');
      const { width, height, channels, data } = raster;
      must(width > 0 && height > 0 && width * height <= 2 ** 28, 'an image of some size', width, height);
      must(data.length === width * height * channels, 'as many values as its size says', raster);
      must(orientation >= 1 && orientation <= 8, 'an orientation of EXIF', orientation);
    });
    must(done.length > 0 || found === 'right', 'a picture that is whole is read', found);
    return found;
  },
});

interface TeacherCase {
  readonly kind: 'onnx' | 'safetensors';
  readonly edits: readonly ByteEdit[];
}

interface TorchNetwork {
  readonly model: string;
  readonly images: readonly [number, number, number];
  readonly keys: string;
}

/** The network of the fixture with the fewest tensors. Read when it is needed: the list of targets is read without fixtures. */
function smallNetwork(): TorchNetwork | undefined {
  const all = JSON.parse(fixture('model/fixtures/torch-networks.json').toString()) as TorchNetwork[];
  return all.sort((a, b) => a.keys.length - b.keys.length).find(({ model }) => model !== 'hidden-vgg');
}
let small: TorchNetwork | undefined;
let torchBytes: Uint8Array | undefined;

export const foreignTeachers = target<TeacherCase>({
  name: 'foreign-teachers',
  arbitrary: fc.record({ kind: fc.constantFrom('onnx', 'onnx', 'onnx', 'safetensors'), edits: edits() }),
  check: async ({ kind, edits: done }, folder) => {
    await resolveEngine('cpu');
    const tensors = tf.memory().numTensors;
    const found = await outcome(async () => {
      if (kind === 'onnx') {
        const bytes = editedBytes(fixture('../../core/test/network/fixtures/any-batch.onnx'), done);
        writeFiles(folder, { 'teacher.onnx': bytes });
        const teacher = await loadTeacher(join(folder, 'teacher.onnx'));
        const images = tf.zeros([2, ...teacher.inputShape.map((axis) => (axis === -1 ? 8 : axis))]);
        try {
          const { logits, dispose } = await askTeacher(teacher, images as tf.Tensor4D);
          must(
            logits.shape[0] === 2 && logits.shape[1] === teacher.classes,
            'a row of logits per image',
            logits.shape,
          );
          dispose();
        } finally {
          images.dispose();
          teacher.dispose();
        }
        return;
      }
      small ??= smallNetwork();
      const given = small ?? { model: '', images: [32, 32, 3], keys: '' };
      torchBytes ??= torchFile(formulaWeights(given.keys));
      writeFiles(folder, { 'teacher.safetensors': editedBytes(torchBytes, done) });
      const { model } = buildModel(
        given.model,
        { imageShape: given.images, classes: 7 },
        { weights: 'zero' },
      );
      try {
        await loadTorchWeights(model, join(folder, 'teacher.safetensors'));
        for (const weight of model.getWeights())
          must(weight.dataSync().every(Number.isFinite), 'finite weights', weight.shape);
      } finally {
        model.dispose();
      }
    }).catch((error: unknown) => {
      // What the runtime of ONNX says of an input that only it can judge.
      if (isDistillError(error)) return error.code;
      throw error;
    });
    must(done.length > 0 || ['right', 'platform'].includes(found), 'a teacher that is whole is read', found);
    must(tf.memory().numTensors === tensors, 'no tensor is left', tf.memory().numTensors - tensors);
    return found === 'platform' && done.length === 0 ? 'right' : found;
  },
});

interface StudentCase {
  readonly json: readonly TreeEdit[];
  readonly text: readonly ByteEdit[];
  readonly weights: readonly ByteEdit[];
}

const KEYS = [
  'userDefinedMetadata',
  'distilljs',
  'version',
  'channels',
  'scale',
  'output',
  'classNames',
  'normalization',
  'mean',
  'std',
  'imageSize',
  'resize',
  'format',
  '__proto__',
  'length',
];
let saved: Promise<{ json: unknown; weights: Buffer }> | undefined;

async function savedStudent(folder: string): Promise<{ json: unknown; weights: Buffer }> {
  const model = layers.sequential({
    layers: [layers.layers.flatten({ inputShape: [4, 4, 3] }), layers.layers.dense({ units: 3 })],
  });
  setModelMetadata(model, {
    version: 1,
    imageSize: [4, 4, 3],
    channels: 'rgb',
    scale: 255,
    normalization: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
    classNames: ['ant', 'bee', 'cat'],
    output: 'logits',
  });
  await saveModel(model, folder);
  model.dispose();
  const json: unknown = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8'));
  return { json, weights: readFileSync(join(folder, 'weights.bin')) };
}

export const students = target<StudentCase>({
  name: 'students',
  arbitrary: fc.record({
    json: fc.array(treeEdit(KEYS), { maxLength: 2 }),
    text: fc.nat(5).chain((chance) => fc.array(byteEdit(), { maxLength: chance === 0 ? 2 : 0 })),
    weights: fc.nat(5).chain((chance) => fc.array(byteEdit(), { maxLength: chance === 0 ? 1 : 0 })),
  }),
  check: async ({ json, text, weights }, folder) => {
    await resolveEngine('cpu');
    const known = await (saved ??= savedStudent(join(folder, 'saved')));
    let changed = '['.repeat(20_000);
    try {
      changed = JSON.stringify(editedTree(known.json, json).value ?? null);
    } catch {
      // Too deep to be written.
    }
    const place = join(folder, 'student');
    writeFiles(place, {
      'model.json': editedText(changed, text),
      'weights.bin': editedBytes(known.weights, weights),
    });
    const before = contentsOf(folder);
    const tensors = tf.memory().numTensors;
    const isWhole = json.length + text.length + weights.length === 0;
    const found = await outcome(async () => {
      const student = await loadStudent(place);
      try {
        const [height, width, channels] = student.metadata.imageSize;
        if (height * width * channels > 1e6) return 'large';
        const images = tf.fill<tf.Rank.R4>([1, 7, 5, channels], 100);
        const said = await student.classify(images).finally(() => {
          images.dispose();
        });
        const { classes = [], probability = NaN, logits = new Float32Array() } = said[0] ?? {};
        must(probability >= 0 && probability <= 1, 'a probability', probability);
        must(
          classes.every(({ className }) => typeof className === 'string'),
          'names of classes',
          classes,
        );
        must(logits.length === student.classNames.length, 'a logit per class', logits.length);
      } finally {
        student.dispose();
      }
      return 'right';
    });
    must(!isWhole || found === 'right', 'a student that is whole classifies', found);
    expectKept(folder, before);
    must(tf.memory().numTensors === tensors, 'no tensor is left', tf.memory().numTensors - tensors);
    return found;
  },
});
