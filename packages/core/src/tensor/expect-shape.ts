import type { Tensor } from '@tensorflow/tfjs-core';
import { DistillError } from '../error/index.js';

/**
 * Throws unless `tensor` has the shape `expected`.
 *
 * @param where the argument's name as its caller knows it, e.g. `correlationCongruence(student)`
 * @param expected one entry per axis; `null` stands for any size
 * @throws DistillError code `shape`, naming the argument, the expected and the actual shape
 */
export function expectShape(where: string, tensor: Tensor, expected: readonly (number | null)[]): void {
  const fits =
    tensor.shape.length === expected.length &&
    expected.every((size, axis) => size === null || size === tensor.shape[axis]);
  if (fits) return;
  throw new DistillError({
    code: 'shape',
    where,
    expected: `shape ${shapeText(expected)}`,
    got: shapeText(tensor.shape),
  });
}

/**
 * Throws unless both tensors have one shape.
 *
 * @throws DistillError code `shape`
 */
export function expectSameShape(whereA: string, a: Tensor, whereB: string, b: Tensor): void {
  const same = a.shape.length === b.shape.length && a.shape.every((size, axis) => size === b.shape[axis]);
  if (same) return;
  throw new DistillError({
    code: 'shape',
    where: `${whereA} and ${whereB}`,
    expected: 'equal shapes',
    got: `${shapeText(a.shape)} and ${shapeText(b.shape)}`,
  });
}

/** `[4, *, 3]`: the way every message of distilljs writes a shape. */
export function shapeText(shape: readonly (number | null)[]): string {
  return `[${shape.map((size) => (size === null ? '*' : String(size))).join(', ')}]`;
}
