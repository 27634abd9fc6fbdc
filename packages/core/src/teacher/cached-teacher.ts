import * as tf from '@tensorflow/tfjs-core';
import { DistillError } from '../error/index.js';
import { askTeacher, ownedOutput } from '../network/index.js';
import type { Asked, FrozenNetwork, NetworkOutput } from '../network/index.js';
import { expectShape, shapeText } from '../tensor/index.js';
import type { Images, Logits, Tensor } from '../tensor/index.js';
import { folderRecords } from './cache-folder.js';
import type { CacheIdentity } from './cache-folder.js';
import { expectFitsMemory, memoryRecords, noRecords, teacherOutputsFit } from './records.js';
import type { RecordStore } from './records.js';

export interface CachedTeacherOptions {
  /** Number of images in the training set, and of views of each image. */
  readonly images: number;
  readonly views: number;
  /** Folder of the cache. Default: in memory. */
  readonly folder?: string | undefined;
  /** Run the teacher in every step if memory is too small. Default: throw an error. */
  readonly mayRunLive?: boolean | undefined;
  /** What the outputs depend on besides the taps: the teacher's weights, dataset, preparation, seed. */
  readonly identity: CacheIdentity;
}

/** A teacher whose outputs for a view of an image never change, so that each is computed only once. */
export interface CachedTeacher {
  /**
   * The outputs for a batch of one view. Missing rows are computed in one forward pass and stored. The values
   * are bitwise those of the teacher.
   *
   * @param asked the same teacher in every call
   * @param positions positions of the images in the training set
   * @returns outputs whose tensors the caller frees with `dispose`
   */
  outputs(
    asked: Asked,
    images: Images,
    positions: Int32Array,
    view: number,
  ): Promise<NetworkOutput & { dispose(): void }>;
  /**
   * Whether it has what a phase reads; omitted where it computes that.
   *
   * @throws DistillError codes `tap`, `shape`
   */
  expectServes?(asked: Asked): void;
  /** New messages for the user since the last call, about stale or damaged rows. */
  notices(): string[];
  dispose(): void;
}

/** One output: logits or a tap. */
interface Part {
  readonly shape: readonly number[];
  readonly size: number;
}

export function cachedTeacher(options: CachedTeacherOptions): CachedTeacher {
  const { folder, identity } = options;
  const stores = new Map<string, RecordStore>();
  let pending: string[] = [];
  let damaged = 0;

  const storeFor = ({ teacher, taps }: Asked, view: number, width: number): RecordStore => {
    // A frozen teacher's folded layers depend on its taps, and so do the last bits of its logits.
    const key = JSON.stringify([view, taps]);
    const known = stores.get(key);
    if (known !== undefined) return known;
    const rows = options.images * options.views;
    const isLive = options.mayRunLive === true && !teacherOutputsFit(rows, width);
    if (isLive && stores.size === 0) {
      const gib = ((rows * width * 4) / 2 ** 30).toFixed(1);
      pending.push(`The teacher runs at every step: its outputs would take ${gib} GiB of memory.`);
    }
    if (folder === undefined && !isLive) expectFitsMemory(rows, width);
    const { slot, content } = identity;
    const own: CacheIdentity = {
      slot: { ...slot, teacher: teacher.name, taps, engine: tf.getBackend() },
      content: { ...content, tfjs: tf.version_core },
    };
    const store = isLive
      ? noRecords
      : folder === undefined
        ? memoryRecords()
        : folderRecords(folder, own, view, width, (message) => pending.push(message));
    stores.set(key, store);
    return store;
  };

  return {
    async outputs(asked, images, positions, view) {
      const { teacher, taps } = asked;
      const parts = [[teacher.classes], ...taps.map((tap) => fixedShape(teacher, tap))].map(partOf);
      const width = parts.reduce((sum, { size }) => sum + size, 0);
      const store = storeFor(asked, view, width);
      const rows = new Float32Array(positions.length * width);
      const rowAt = (place: number): Float32Array => rows.subarray(place * width, (place + 1) * width);
      const missing = Array.from(positions.keys()).filter(
        (place) => !store.read(positions[place] ?? 0, rowAt(place)),
      );
      if (missing.length > 0) {
        const computed = await forwardRows(asked, images, missing, width);
        missing.forEach((place, order) => {
          const row = computed.subarray(order * width, (order + 1) * width);
          rowAt(place).set(row);
          store.write(positions[place] ?? 0, row);
        });
      }
      const [logits, ...values] = asTensors(rows, positions.length, parts);
      return ownedOutput(teacher.name, logits as Logits, taps, values);
    },
    notices() {
      const total = [...stores.values()].reduce((sum, store) => sum + store.damaged, 0);
      if (total > damaged) {
        pending.push(
          `${total - damaged} rows of teacher outputs in ${folder ?? 'memory'} are damaged: they are computed again.`,
        );
        damaged = total;
      }
      const told = pending;
      pending = [];
      return told;
    },
    dispose() {
      for (const store of stores.values()) store.close();
      stores.clear();
    },
  };
}

const partOf = (shape: readonly number[]): Part => ({
  shape,
  size: shape.reduce((product, axis) => product * axis, 1),
});

function fixedShape(teacher: FrozenNetwork, tap: string): readonly number[] {
  const shape = teacher.tapShape(tap);
  if (shape.every((axis) => axis > 0)) return shape;
  throw new DistillError({
    code: 'option',
    where: `teacherOutputs, tap '${tap}' of network '${teacher.name}'`,
    expected: 'a tap of fixed shape, to be cached',
    got: shapeText(shape),
    hint: "Build the teacher for one image size, or use kind 'live'.",
  });
}

/** Logits and taps of some images of a batch: one row of this width per image, logits and taps concatenated. */
async function forwardRows(
  { teacher, taps }: Asked,
  images: Images,
  places: readonly number[],
  width: number,
): Promise<Float32Array> {
  const chosen = places.length === images.shape[0] ? images : tf.gather(images, [...places]);
  const output = await askTeacher(teacher, chosen, taps);
  const flat = tf.tidy(() => {
    const all: Tensor[] = [output.logits, ...taps.map((tap) => output.tap(tap))];
    return tf.concat(
      all.map((value) => tf.reshape<tf.Rank.R2>(value, [places.length, -1])),
      1,
    );
  });
  output.dispose();
  if (chosen !== images) chosen.dispose();
  try {
    // Taps of other shapes than the teacher tells would shift all rows.
    expectShape(`outputs of teacher '${teacher.name}'`, flat, [places.length, width]);
    return (await flat.data()) as Float32Array;
  } finally {
    flat.dispose();
  }
}

/** Splits rows into one tensor per part, `[count, ...shape]`. */
function asTensors(rows: Float32Array, count: number, parts: readonly Part[]): Tensor[] {
  const width = rows.length / count;
  let offset = 0;
  return parts.map(({ shape, size }) => {
    const values = new Float32Array(count * size);
    for (let row = 0; row < count; row++)
      values.set(rows.subarray(row * width + offset, row * width + offset + size), row * size);
    offset += size;
    return tf.tensor(values, [count, ...shape]);
  });
}
