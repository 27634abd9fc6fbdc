import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { loadDataset } from '../../../src/dataset/index.js';
import { contentsOf, expectKept } from '../folder.js';
import { byteEdit, editedBytes, editedText, nastyText } from '../mutation.js';
import type { ByteEdit } from '../mutation.js';
import { must, outcome, target } from '../target.js';

interface CifarFile {
  readonly name: string;
  readonly labels: readonly (readonly number[])[];
  readonly edits: readonly ByteEdit[];
  readonly as: 'file' | 'folder' | 'dead link';
}

interface Case {
  readonly kind: 'cifar10' | 'cifar100';
  readonly split: 'train' | 'test';
  /** Folder within the one that is named. */
  readonly inside: string;
  readonly files: readonly CifarFile[];
  readonly names: { readonly lines: number; readonly edits: readonly ByteEdit[] } | undefined;
  /** The file of names is named as the folder. */
  readonly namesAsFolder: boolean;
  readonly size: number | undefined;
}

const PIXELS = 3072;
const FOLDERS = { cifar10: 'cifar-10-batches-bin', cifar100: 'cifar-100-binary' };
const CLASSES = { cifar10: 10, cifar100: 100 };

const FILES = {
  cifar10: { train: ['data_batch_1.bin', 'data_batch_2.bin', 'data_batch_10.bin'], test: ['test_batch.bin'] },
  cifar100: { train: ['train.bin'], test: ['test.bin'] },
} as const;

const otherName = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      ...[
        'data_batch_1.bin',
        'data_batch_2.bin',
        'data_batch_10.bin',
        'test_batch.bin',
        'train.bin',
        'test.bin',
      ],
      ...['data_batch_1.bin.gz', 'data_batch_.bin', 'DATA_BATCH_1.BIN', 'cifar-10-binary.tar.gz'],
    ),
  },
  { weight: 1, arbitrary: nastyText.map((text) => `data_batch_${text.replace(/[/\0]/g, '_')}.bin`) },
);

const labelByte = (most: number): fc.Arbitrary<number> =>
  fc.oneof({ weight: 20, arbitrary: fc.nat(most) }, { weight: 1, arbitrary: fc.nat(255) });

const bytesOf = ({ labels, edits }: CifarFile): Buffer =>
  editedBytes(
    Buffer.concat(
      labels.map((bytes, record) => Buffer.from([...bytes, ...Buffer.alloc(PIXELS, 31 * record)])),
    ),
    edits,
  );

export const cifar = target<Case>({
  name: 'cifar',
  arbitrary: fc.constantFrom('cifar10' as const, 'cifar100' as const).chain((kind) => {
    const width = fc.oneof(
      { weight: 9, arbitrary: fc.constant(kind === 'cifar10' ? 1 : 2) },
      fc.integer({ min: 1, max: 2 }),
    );
    const split = fc.constantFrom('train' as const, 'test' as const);
    const fileName = (of: 'train' | 'test'): fc.Arbitrary<string> =>
      fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom(...FILES[kind][of]) },
        { weight: 2, arbitrary: otherName },
      );
    return split.chain((of) =>
      fc.record({
        kind: fc.constant(kind),
        split: fc.constant(of),
        inside: fc.constantFrom('', '', FOLDERS[kind], FOLDERS[kind], FOLDERS.cifar10, 'other'),
        files: fc.uniqueArray(
          fc.record({
            name: fileName(of),
            labels: width.chain((bytes) =>
              fc.array(
                fc.array(labelByte(kind === 'cifar10' ? 9 : 19), { minLength: bytes, maxLength: bytes }),
                {
                  minLength: 1,
                  maxLength: 3,
                },
              ),
            ),
            edits: fc.oneof(
              { weight: 4, arbitrary: fc.constant([]) },
              { weight: 1, arbitrary: fc.array(byteEdit(), { maxLength: 2 }) },
            ),
            as: fc.nat(19).map((chance) => (chance === 18 ? 'folder' : chance === 19 ? 'dead link' : 'file')),
          }),
          { maxLength: 4, selector: ({ name }) => name },
        ),
        names: fc.option(
          fc.record({
            lines: fc
              .nat(9)
              .map((chance) => (chance < 6 ? CLASSES[kind] : ([0, 9, 11, 100][chance - 6] ?? 0))),
            edits: fc.nat(4).chain((chance) => fc.array(byteEdit(), { maxLength: chance === 0 ? 2 : 0 })),
          }),
          { nil: undefined },
        ),
        namesAsFolder: fc.nat(9).map((chance) => chance === 0),
        size: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
      }),
    );
  }),
  check: async (input, folder) => {
    const { kind, split, inside, files, size } = input;
    const place = join(folder, inside);
    mkdirSync(place, { recursive: true });
    for (const file of files) {
      const path = join(place, file.name);
      if (file.as === 'file') writeFileSync(path, bytesOf(file));
      else if (file.as === 'folder') mkdirSync(path);
      else symlinkSync(join(folder, 'nowhere'), path);
    }
    const namesFile = kind === 'cifar10' ? 'batches.meta.txt' : 'fine_label_names.txt';
    if (input.namesAsFolder) mkdirSync(join(place, namesFile), { recursive: true });
    else if (input.names !== undefined) {
      const text = Array.from({ length: input.names.lines }, (_, line) => `name${line}\n`).join('');
      writeFileSync(join(place, namesFile), editedText(text, input.names.edits));
    }
    const before = contentsOf(folder);
    const found = await outcome(async () => {
      const data = await loadDataset({ name: kind, dir: folder, trainSize: size, testSize: size }, split);
      const wanted = expectedLabels(input);
      const labels = [...(data.labels ?? [])];
      must(wanted !== undefined, 'damaged files are refused', labels);
      must(String(labels) === String(wanted), 'the labels of the files, in order', data.labels, wanted);
      must(data.imageShape.join() === '32,32,3', 'images of CIFAR');
    });
    expectKept(folder, before);
    return found;
  },
});

/** What the files say, read another way; undefined where they are damaged. */
function expectedLabels({ kind, split, files, size }: Case): readonly number[] | undefined {
  const pattern = { cifar10: { train: /^data_batch_(\d+)\.bin$/, test: /^test_batch\.bin$/ }, cifar100: { train: /^train\.bin$/, test: /^test\.bin$/ } }[kind][split]; // prettier-ignore
  const labelBytes = kind === 'cifar10' ? 1 : 2;
  const all: number[] = [];
  const order = (name: string): number => Number(pattern.exec(name)?.[1] ?? 0);
  const chosen = files.filter(({ name }) => pattern.test(name)).sort((a, b) => order(a.name) - order(b.name));
  for (const file of chosen) {
    if (file.as !== 'file') return undefined;
    const bytes = bytesOf(file);
    if (bytes.length === 0 || bytes.length % (PIXELS + labelBytes) !== 0) return undefined;
    for (let at = 0; at < bytes.length; at += PIXELS + labelBytes) {
      const label = bytes[at + labelBytes - 1] ?? 255;
      if (label >= CLASSES[kind] || (labelBytes === 2 && (bytes[at] ?? 255) >= 20)) return undefined;
      all.push(label);
    }
  }
  return all.length === 0 ? undefined : all.slice(0, size);
}
