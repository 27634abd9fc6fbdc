import { cpSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import { arrayDataset, createNetwork, distill, kd, resolveEngine } from '@distilljs/core';
import type { Network, TeacherOutputs } from '@distilljs/core';
import { contentsOf, editFiles, expectKept } from '../folder.js';
import type { FileEdit } from '../folder.js';
import { byteEdit, editedBytes } from '../mutation.js';
import type { ByteEdit } from '../mutation.js';
import { expectMessage, must, outcome, target } from '../target.js';

interface Case {
  readonly bytes: readonly { readonly file: number; readonly edits: readonly ByteEdit[] }[];
  readonly swaps: readonly { readonly file: number; readonly one: number; readonly other: number }[];
  readonly files: readonly FileEdit[];
  /** Rows of this file of another teacher take the place of ours. */
  readonly foreign: number | undefined;
}

const IMAGES = 6;
const CLASSES = 3;
const VIEWS = 2;

function network(seed: number): Network {
  const model = layers.sequential({ name: `net${seed}` });
  model.add(layers.layers.flatten({ name: 'flat', inputShape: [2, 2, 1] }));
  model.add(layers.layers.dense({ name: 'logits', units: CLASSES }));
  tf.tidy(() => {
    model.setWeights([tf.randomUniform([4, CLASSES], -1, 1, 'float32', seed), tf.zeros([CLASSES])]);
  });
  return createNetwork(model, { name: 'net' });
}

const train = arrayDataset({
  name: 'tiny',
  imageShape: [2, 2, 1],
  classes: CLASSES,
  images: Uint8Array.from({ length: 4 * IMAGES }, (_, at) => (37 * at) % 251),
  labels: Int32Array.from({ length: IMAGES }, (_, at) => at % CLASSES),
});

/** A short distillation: what it came to, to the last bit, and what it warned of. */
async function distilled(
  teacherOutputs: TeacherOutputs,
  teacherSeed = 1,
): Promise<{ losses: string; warnings: readonly string[] }> {
  const [teacher, student] = [network(teacherSeed), network(9)];
  const result = await distill({
    teacher, students: [student], method: kd(), train, epochs: VIEWS, batchSize: 3, seed: 1, teacherOutputs,
  }); // prettier-ignore
  const weights = student.model.getWeights().map((weight) => [...weight.dataSync()]);
  const losses = JSON.stringify([result.history.map(({ terms }) => terms), weights]);
  const { warnings } = result;
  result.dispose();
  teacher.dispose();
  student.dispose();
  return { losses, warnings };
}

/** Sound caches of two teachers, and what the first one's live run comes to; made once. */
async function prepared(): Promise<{ live: string; own: string; foreign: string }> {
  await resolveEngine('cpu');
  const root = mkdtempSync(join(tmpdir(), 'distill-fuzz-teacher-'));
  const [own, foreign] = [join(root, 'own'), join(root, 'foreign')];
  const { losses: live } = await distilled({ kind: 'live', views: VIEWS });
  await distilled({ kind: 'cached', views: VIEWS, folder: own });
  await distilled({ kind: 'cached', views: VIEWS, folder: foreign }, 2);
  return { live, own, foreign };
}
let made: ReturnType<typeof prepared> | undefined;

const file = fc.nat(3);

export const teacherCaches = target<Case>({
  name: 'teacher-caches',
  arbitrary: fc.record({
    bytes: fc.array(fc.record({ file, edits: fc.array(byteEdit(), { minLength: 1, maxLength: 2 }) }), {
      maxLength: 2,
    }),
    swaps: fc.array(fc.record({ file, one: fc.nat(IMAGES - 1), other: fc.nat(IMAGES - 1) }), {
      maxLength: 2,
    }),
    files: fc
      .nat(2)
      .chain((chance) =>
        fc.array(
          fc.oneof(
            fc.record({ do: fc.constant('remove' as const), file }),
            fc.record({ do: fc.constant('copy' as const), from: file, to: file }),
            fc.record({ do: fc.constant('folder' as const), file }),
            fc.record({ do: fc.constant('link' as const), file, to: fc.constantFrom('nowhere', '.') }),
          ),
          { maxLength: chance === 0 ? 2 : 0 },
        ),
      ),
    foreign: fc.option(file, { nil: undefined, freq: 4 }),
  }),
  check: async ({ bytes, swaps, files, foreign }, folder) => {
    const known = await (made ??= prepared());
    const place = join(folder, 'outputs');
    cpSync(known.own, place, { recursive: true });
    const names = readdirSync(place).sort();
    const pathOf = (index: number): string => join(place, names[index % names.length] ?? '');
    if (foreign !== undefined)
      cpSync(join(known.foreign, readdirSync(known.foreign).sort()[foreign] ?? ''), pathOf(foreign));
    for (const { file: index, one, other } of swaps) {
      const path = pathOf(index);
      if (path.endsWith('.json')) continue;
      const rows = readFileSync(path);
      const width = rows.length / IMAGES;
      const [a, b] = [one, other].map((row) => Buffer.from(rows.subarray(row * width, (row + 1) * width)));
      b?.copy(rows, one * width);
      a?.copy(rows, other * width);
      writeFileSync(path, rows);
    }
    for (const { file: index, edits } of bytes)
      writeFileSync(pathOf(index), editedBytes(readFileSync(pathOf(index)), edits));
    for (const edit of files) editFiles(place, names, edit);
    writeFileSync(join(folder, 'own.txt'), "the user's");
    const before = contentsOf(folder);
    const tensors = tf.memory().numTensors;
    const found = await outcome(async () => {
      const { losses, warnings } = await distilled({ kind: 'cached', views: VIEWS, folder: place });
      for (const warning of warnings) expectMessage(warning);
      must(losses === known.live, 'what the live teacher comes to, bit by bit', losses, known.live);
    });
    // The cache itself may be written anew.
    expectKept(folder, before, (path) => path.startsWith('outputs'));
    if (found === 'right')
      must(tf.memory().numTensors === tensors, 'no tensor is left', tf.memory().numTensors - tensors);
    return found;
  },
});
