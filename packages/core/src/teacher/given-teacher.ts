import * as tf from '@tensorflow/tfjs-core';
import { DistillError } from '../error/index.js';
import { networkOutput } from '../network/index.js';
import type { FrozenNetwork } from '../network/index.js';
import type { Logits, Tensor } from '../tensor/index.js';
import type { CachedTeacher } from './cached-teacher.js';
import type { TeacherRows } from './teacher-outputs.js';

/**
 * A teacher whose outputs were all computed before training: it never runs.
 *
 * @param images number of training images
 * @throws DistillError code `shape` unless there is one row per image, `data` for rows that are not finite. Its
 *   `outputs` throw code `tap` for a tap without rows
 */
export function givenTeacher(
  { logits, taps: given = {} }: TeacherRows,
  { name, classes }: Pick<FrozenNetwork, 'name' | 'classes'>,
  images: number,
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
  expectRows('logits', logits, classes);
  for (const [what, values] of [['logits', logits] as const, ...Object.entries(given)])
    expectFinite(what, values);
  const rowsOf = (values: Float32Array, positions: Int32Array, shape: readonly number[]): Tensor => {
    const width = shape.reduce((product, axis) => product * axis, 1);
    const chosen = new Float32Array(positions.length * width);
    positions.forEach((position, at) => {
      chosen.set(values.subarray(position * width, (position + 1) * width), at * width);
    });
    return tf.tensor(chosen, [positions.length, ...shape]);
  };
  return {
    outputs({ teacher, taps }, _images, positions) {
      const found = taps.map((tap) => {
        const values = given[tap];
        if (values === undefined) throw unknownTap(name, tap, Object.keys(given));
        const shape = teacher.tapShape(tap);
        expectRows(
          `tap '${tap}'`,
          values,
          shape.reduce((product, axis) => product * axis, 1),
        );
        return rowsOf(values, positions, shape);
      });
      const rows = rowsOf(logits, positions, [classes]) as Logits;
      const byName = new Map(taps.map((tap, at) => [tap, found[at] as Tensor]));
      return Promise.resolve({
        ...networkOutput(teacher.name, rows, byName),
        dispose() {
          tf.dispose([rows, ...found]);
        },
      });
    },
    notices: () => [],
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
