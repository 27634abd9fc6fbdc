import type { Tensor } from '@tensorflow/tfjs-core';
import { describeValue, DistillError } from '../error/index.js';

/**
 * Throws unless `tensor` has the shape `expected`.
 *
 * @param where the argument's name as its caller knows it, e.g. `correlationCongruence(student)`
 * @param expected one entry per axis; `null` and -1 stand for any size
 * @throws DistillError code `shape`, naming the argument, the expected and the actual shape
 */
export function expectShape(where: string, tensor: Tensor, expected: readonly (number | null)[]): void {
  const shape = shapeOf(tensor);
  const { isDisposed, dtype } = Object(tensor) as { readonly isDisposed?: boolean; readonly dtype?: string };
  if (isDisposed === true || dtype === 'string') {
    const got = isDisposed === true ? 'a disposed one' : 'one of texts';
    throw new DistillError({ code: 'shape', where, expected: 'a tensor of numbers', got });
  }
  const isOf = (size: number | null, axis: number): boolean =>
    size === null || size < 0 || size === shape?.[axis];
  if (shape?.length === expected.length && expected.every(isOf)) return;
  throw new DistillError({
    code: 'shape',
    where,
    expected: `shape ${shapeText(expected)}`,
    got: textOf(tensor),
  });
}

/**
 * Throws unless both tensors have one shape.
 *
 * @throws DistillError code `shape`
 */
export function expectSameShape(whereA: string, a: Tensor, whereB: string, b: Tensor): void {
  const [first, second] = [textOf(a), textOf(b)];
  if (first === second && shapeOf(a) !== undefined) return;
  throw new DistillError({
    code: 'shape',
    where: `${whereA} and ${whereB}`,
    expected: 'equal shapes',
    got: `${first} and ${second}`,
  });
}

/** Callers without types hand in anything. */
const shapeOf = (given: Tensor): readonly number[] | undefined =>
  (given as Partial<Tensor> | null | undefined)?.shape;

const textOf = (given: Tensor): string => {
  const shape = shapeOf(given);
  return shape === undefined ? describeValue(given) : shapeText(shape);
};

/** `[4, *, 3]`: the way every message of distilljs writes a shape. An axis that is open is null, or -1. */
export function shapeText(shape: readonly (number | null)[]): string {
  return `[${shape.map((size) => (size === null || size < 0 ? '*' : size)).join(', ')}]`;
}
