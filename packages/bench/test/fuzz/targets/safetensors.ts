import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {
  decodeSafetensors,
  directoryStore,
  encodeSafetensors,
  loadSnapshot,
  resolveEngine,
  saveSnapshot,
} from '@distilljs/core';
import type { RunIdentity, Snapshot } from '@distilljs/core';
import { contentsOf, editFiles, expectKept } from '../folder.js';
import type { FileEdit } from '../folder.js';
import { byteEdit, editedBytes, editedTree, nastyText, treeEdit } from '../mutation.js';
import type { ByteEdit, TreeEdit } from '../mutation.js';
import { expectMessage, must, outcome, target } from '../target.js';

export interface Damage {
  /** Done to the header's JSON. */
  readonly header: readonly TreeEdit[];
  /** The digest is made to fit the changed header. */
  readonly signed: boolean;
  readonly bytes: readonly ByteEdit[];
}

const HEADER_KEYS = ['__metadata__', 'dtype', 'shape', 'data_offsets', 'sha256', 'format', 'x', '__proto__'];

export const damage: fc.Arbitrary<Damage> = fc.record({
  header: fc.array(treeEdit(HEADER_KEYS), { maxLength: 3 }),
  signed: fc.boolean(),
  bytes: fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(byteEdit(), { maxLength: 2 }) },
  ),
});

/** A file with its header taken apart, changed, and put together again. */
export function damaged(file: Uint8Array, { header, signed, bytes }: Damage): Buffer {
  if (header.length === 0) return editedBytes(file, bytes);
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const parsed: unknown = JSON.parse(Buffer.from(file.subarray(8, 8 + length)).toString());
  const data = file.subarray(8 + length);
  const { value = null } = editedTree(parsed, header);
  const text = Buffer.from(jsonText(signed ? withDigest(value, data) : value));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  return editedBytes(Buffer.concat([size, text, data]), bytes);
}

function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return '['.repeat(20_000);
  }
}

/** Damage that a digest would hide, with the digest that it would have. */
function withDigest(header: unknown, data: Uint8Array): unknown {
  try {
    const { __metadata__: given, ...entries } = header as Record<string, { data_offsets: [number, number] }>;
    const { sha256, ...metadata } = given as unknown as Record<string, string>;
    if (sha256 === undefined) return header;
    const hash = createHash('sha256').update(JSON.stringify([entries, metadata]));
    for (const { data_offsets: [from, to] } of Object.values(entries)) hash.update(data.subarray(from, to)); // prettier-ignore
    return { __metadata__: { ...metadata, sha256: hash.digest('hex') }, ...entries };
  } catch {
    return header;
  }
}

const valuesOf = (tensors: Readonly<Record<string, tf.Tensor>>): string =>
  JSON.stringify(
    Object.entries(tensors).map(([name, tensor]) => [
      name,
      tensor.dtype,
      tensor.shape,
      Buffer.from(tensor.dataSync<'float32'>().slice().buffer).toString('hex'),
    ]),
  );

interface FileCase {
  readonly note: string;
  readonly damage: Damage;
}

export const safetensors = target<FileCase>({
  name: 'safetensors',
  arbitrary: fc.record({ note: nastyText, damage }),
  check: async ({ note, damage: done }) => {
    await resolveEngine('cpu');
    const before = tf.memory().numTensors;
    const tensors = {
      kernel: tf.tensor2d([1, -2, 3.5, 4, 5, 6], [2, 3]),
      steps: tf.scalar(3, 'int32'),
      mask: tf.tensor1d([true, false, true], 'bool'),
      empty: tf.zeros([0, 4]),
    };
    const wanted = valuesOf(tensors);
    const file = await encodeSafetensors(tensors, { format: 'fuzz-1', note });
    tf.dispose(tensors);
    const changed = damaged(file, done);
    const found = await outcome(() => {
      const read = decodeSafetensors(changed, 'file');
      try {
        const isSigned = done.signed && done.header.length > 0;
        if (!isSigned)
          must(valuesOf(read.tensors) === wanted, 'what was written, or a refusal', read.metadata);
        for (const tensor of Object.values(read.tensors)) {
          must(tensor.dataSync().length === tensor.size, 'as many values as the shape says', tensor.shape);
        }
      } finally {
        tf.dispose(Object.values(read.tensors));
      }
    });
    must(tf.memory().numTensors === before, 'no tensor is left', tf.memory().numTensors - before);
    return found;
  },
});

interface FolderCase {
  /** By position of the file, from the oldest. */
  readonly damages: readonly { readonly file: number; readonly damage: Damage }[];
  readonly files: readonly FileEdit[];
  /** The user's own files beside them. */
  readonly others: readonly string[];
  readonly otherRun: boolean;
}

const IDENTITY: RunIdentity = {
  method: 'kd',
  options: '{}',
  seed: 1,
  epochs: 3,
  batchSize: 4,
  optimizer: 'sgd',
  augmentation: 'none',
  train: 'a',
  validation: 'b',
  teacher: 'c',
  students: 'd',
};

const snapshotAt = (epoch: number): Snapshot => ({
  identity: IDENTITY,
  engine: 'cpu',
  position: { phase: 0, epoch, step: 0 },
  history: [],
  partial: { labels: [], sums: [], seconds: 0 },
  optimizerSteps: {},
  best: undefined,
  tensors: { 'student0/kernel': tf.fill([2, 2], epoch) },
});

export const checkpointFolders = target<FolderCase>({
  name: 'checkpoints',
  arbitrary: fc.record({
    damages: fc.uniqueArray(fc.record({ file: fc.nat(2), damage }), {
      maxLength: 3,
      selector: ({ file }) => file,
    }),
    files: fc.array(
      fc.oneof(
        fc.record({ do: fc.constant('remove' as const), file: fc.nat(2) }),
        fc.record({ do: fc.constant('copy' as const), from: fc.nat(2), to: fc.nat(2) }),
        fc.record({ do: fc.constant('folder' as const), file: fc.nat(2) }),
        fc.record({
          do: fc.constant('link' as const),
          file: fc.nat(2),
          to: fc.constantFrom('nowhere', '.', '/dev/null'),
        }),
      ),
      { maxLength: 2 },
    ),
    others: fc.uniqueArray(
      fc.constantFrom(
        'weights.safetensors',
        'notes.txt',
        'x.unfinished',
        'phase-00.safetensors',
        'zzz.safetensors',
      ),
      { maxLength: 3 },
    ),
    otherRun: fc.nat(5).map((chance) => chance === 0),
  }),
  check: async ({ damages, files, others, otherRun }, folder) => {
    await resolveEngine('cpu');
    const place = join(folder, 'checkpoint');
    const store = directoryStore(place);
    const before = tf.memory().numTensors;
    for (const epoch of [1, 2, 3]) {
      const snapshot = snapshotAt(epoch);
      await saveSnapshot(store, snapshot, 3);
      tf.dispose(snapshot.tensors);
    }
    const names = readdirSync(place).sort();
    const whole = names.map((name) => readFileSync(join(place, name), 'latin1'));
    for (const { file, damage: done } of damages) {
      const path = join(place, names[file] ?? '');
      writeFileSync(path, damaged(readFileSync(path), done));
    }
    for (const edit of files) editFiles(place, names, edit);
    mkdirSync(place, { recursive: true });
    for (const other of others) writeFileSync(join(place, other), `the user's ${other}`);
    const kept = contentsOf(folder);
    const warnings: string[] = [];
    const identity = otherRun ? { ...IDENTITY, seed: 2 } : IDENTITY;
    const found = await outcome(async () => {
      const snapshot = await loadSnapshot(store, identity, (message) => warnings.push(message));
      if (snapshot === undefined) return 'none';
      const isSigned = damages.some(({ damage: { signed, header } }) => signed && header.length > 0);
      const present = names.map((name) => kept.get(join('checkpoint', name))?.replace(/^file /, ''));
      const newest = present.findLast((content) => content !== undefined && whole.includes(content));
      const epoch = newest === undefined ? undefined : whole.indexOf(newest) + 1;
      const [first = 0] = snapshot.tensors['student0/kernel']?.dataSync() ?? [];
      tf.dispose(snapshot.tensors);
      // A header that is written another way may mean the same still, also as a copy in the place of a newer file.
      const isCopied = damages.some(({ damage: { header } }) => header.length > 0) && files.some((edit) => edit.do === 'copy'); // prettier-ignore
      const isNewest = first === snapshot.position.epoch && (isCopied || first >= (epoch ?? 1));
      must(isSigned || isNewest, 'the newest one that is whole', first, epoch);
      must(!otherRun || isSigned, 'the checkpoint of another run is refused');
      return 'right';
    });
    for (const warning of warnings) expectMessage(warning);
    must(tf.memory().numTensors === before, 'no tensor is left', tf.memory().numTensors - before);
    expectKept(folder, kept);
    return found;
  },
});
