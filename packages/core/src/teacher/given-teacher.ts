import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils';
import * as tf from '@tensorflow/tfjs-core';
import { DistillError } from '../error/index.js';
import { logProbabilities, ownedOutput, rowsWarning } from '../network/index.js';
import type { Asked, FrozenNetwork } from '../network/index.js';
import type { Logits, Tensor } from '../tensor/index.js';
import type { CachedTeacher } from './cached-teacher.js';
import type { TeacherRows } from './teacher-outputs.js';

/**
 * A teacher whose outputs were all computed before training: it never runs.
 *
 * @param images number of training images
 * @param positions of the data's classes among the teacher's; default: the same classes in the same order
 * @throws DistillError code `shape` unless there is one row per image, `data` for rows that are not finite. Its
 *   `outputs` throw code `tap` for a tap without rows
 */
export function givenTeacher(
  { logits, taps: given = {} }: TeacherRows,
  { name, classes, logitsFrom }: Pick<FrozenNetwork, 'name' | 'classes' | 'logitsFrom'>,
  images: number,
  positions?: readonly number[],
): CachedTeacher {
  const expectRows = (what: string, values: Float32Array, width: number): void => {
    if (values.length === images * width) return;
    throw new DistillError({
      code: 'shape',
      where: `teacherOutputs.rows, ${what}`,
      expected: `${images} rows of ${width} numbers, one per training image`,
      got: `${values.length} numbers`,
    });
  };
  // Of a teacher with more classes, rows may have those of the data alone, in the data's order.
  const isChosen =
    positions !== undefined && logits.length === images * positions.length && positions.length < classes;
  const width = isChosen ? positions.length : classes;
  const order = isChosen ? undefined : positions;
  expectRows('logits', logits, width);
  for (const [what, values] of [['logits', logits] as const, ...Object.entries(given)])
    expectFinite(what, values);
  // The teacher's own logits, as `askTeacher` returns them, are log p: some are negative.
  const areLogits = logitsFrom !== 'softmax' || logits.some((value) => value < 0);
  const doubt = logitsFrom === 'softmax' ? undefined : rowsWarning(logits, width, isChosen);
  let told = doubt === undefined ? [] : [doubt];
  const rowsOf = (values: Float32Array, positions: Int32Array, shape: readonly number[]): Tensor => {
    const width = shape.reduce((product, axis) => product * axis, 1);
    const chosen = new Float32Array(positions.length * width);
    positions.forEach((position, at) => {
      chosen.set(values.subarray(position * width, (position + 1) * width), at * width);
    });
    return tf.tensor(chosen, [positions.length, ...shape]);
  };
  const tapRows = (
    { teacher }: Asked,
    tap: string,
  ): readonly [values: Float32Array, shape: readonly number[]] => {
    const values = given[tap];
    if (values === undefined) throw unknownTap(name, tap, Object.keys(given));
    const shape = teacher.tapShape(tap);
    expectRows(
      `tap '${tap}'`,
      values,
      shape.reduce((product, axis) => product * axis, 1),
    );
    return [values, shape];
  };
  return {
    expectServes(asked) {
      for (const tap of asked.taps) tapRows(asked, tap);
    },
    outputs(asked, _images, chosen) {
      const { teacher, taps } = asked;
      const found = taps.map((tap) => {
        const [values, shape] = tapRows(asked, tap);
        return rowsOf(values, chosen, shape);
      });
      const rows = tf.tidy(() => {
        const given = rowsOf(logits, chosen, [width]) as Logits;
        const own = areLogits ? given : logProbabilities(given);
        return order === undefined ? own : tf.gather(own, [...order], 1);
      });
      return Promise.resolve(ownedOutput(teacher.name, rows, taps, found));
    },
    notices() {
      const now = told;
      told = [];
      return now;
    },
    dispose: () => undefined,
  };
}

function expectFinite(what: string, values: Float32Array): void {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  throw new DistillError({
    code: 'data',
    where: `teacherOutputs.rows, ${what}`,
    expected: 'finite numbers',
    got: `${values[at]} at position ${at}`,
    hint: 'Compute the outputs again: a teacher that gives no finite numbers teaches nothing.',
  });
}

const unknownTap = (name: string, tap: string, known: readonly string[]): DistillError =>
  new DistillError({
    code: 'tap',
    where: `teacherOutputs.rows of teacher '${name}'`,
    expected: `rows of the tap '${tap}', which the method reads`,
    got: known.length === 0 ? 'logits alone' : `logits, ${known.join(', ')}`,
    hint: 'Give them, or take a method that reads less.',
  });

/** A digest of given rows: with others, a run is another one. */
export function rowsDigest({ logits, taps = {} }: TeacherRows): string {
  const hash = sha256.create().update(bytesOf(logits));
  for (const name of Object.keys(taps).sort())
    hash.update(utf8ToBytes(name)).update(bytesOf(taps[name] ?? logits));
  return bytesToHex(hash.digest());
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
