import { cast } from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { describeValue, DistillError } from '../error/index.js';
import { expectOption, objectWith } from '../option/index.js';
import type { OptionCheck } from '../option/index.js';

/** Accepts a tensor: an option check for lists of tensors, whose shapes {@link expectShape} then checks. */
export const aTensor: OptionCheck = (value) => (shapeOf(value) === undefined ? 'a tensor' : undefined);

/** The tensor as float32: tfjs rounds the results of operations such as `softplus` on integer tensors. */
export const asFloats = <T extends Tensor>(tensor: T): T =>
  tensor.dtype === 'float32' ? tensor : cast(tensor, 'float32');

/**
 * Throws unless the value is a tensor of numbers that has not been disposed.
 *
 * @throws DistillError code `shape`
 */
export function expectTensor(where: string, given: unknown): void {
  const { isDisposed, dtype } = Object(given) as Partial<Tensor>;
  const got =
    shapeOf(given) === undefined
      ? describeValue(given)
      : isDisposed === true
        ? 'a disposed one'
        : dtype === 'string'
          ? 'one of texts'
          : undefined;
  if (got === undefined) return;
  throw new DistillError({ code: 'shape', where, expected: 'a tensor of numbers', got });
}

/**
 * Throws unless `tensor` has the shape `expected`.
 *
 * @param where the argument's name as its caller knows it, e.g. `correlationCongruence(student)`
 * @param expected one entry per axis; `null` and -1 stand for any size
 * @throws DistillError code `shape`, naming the argument, the expected and the actual shape
 */
export function expectShape(where: string, tensor: Tensor, expected: readonly (number | null)[]): void {
  const shape = shapeOf(tensor);
  if (shape !== undefined) expectTensor(where, tensor);
  const isOf = (size: number | null, axis: number): boolean => (size ?? -1) < 0 || size === shape?.[axis];
  if (shape?.length === expected.length && expected.every(isOf)) return;
  throw new DistillError({
    code: 'shape',
    where,
    expected: `shape ${shapeText(expected)}`,
    got: textOf(tensor),
  });
}

/**
 * {@link expectShape} for several float32 tensors in one object, such as the weights of a layer.
 *
 * @param where the object's name as its caller knows it, which prefixes the field names in messages
 * @throws DistillError code `option` unless it is an object with these fields, `shape` for a tensor of another
 *   shape or dtype
 */
export function expectShapes<Shapes extends Readonly<Record<string, readonly (number | null)[]>>>(
  where: string,
  tensors: Readonly<Record<keyof Shapes, Tensor>>,
  expected: Shapes,
): void {
  const names = Object.keys(expected);
  expectOption(where, tensors, objectWith(...names));
  for (const name of names) {
    const tensor = tensors[name] as Tensor;
    expectShape(`${where}.${name}`, tensor, expected[name] ?? []);
    if (tensor.dtype === 'float32') continue;
    const got = `one of ${tensor.dtype}`;
    throw new DistillError({
      code: 'shape',
      where: `${where}.${name}`,
      expected: 'a tensor of float32',
      got,
    });
  }
}

/**
 * Throws unless both tensors have the same shape.
 *
 * @throws DistillError code `shape`
 */
export function expectSameShape(whereA: string, a: Tensor, whereB: string, b: Tensor): void {
  const [first, second] = [textOf(a), textOf(b)];
  if (first === second && shapeOf(a) !== undefined) {
    expectTensor(whereA, a);
    expectTensor(whereB, b);
    return;
  }
  throw new DistillError({
    code: 'shape',
    where: `${whereA} and ${whereB}`,
    expected: 'equal shapes',
    got: `${first} and ${second}`,
  });
}

/** A tensor's shape; undefined for anything else, such as a symbolic tensor from an untyped caller. */
function shapeOf(given: unknown): readonly number[] | undefined {
  const { shape, dataSync } = Object(given) as Partial<Tensor>;
  return Array.isArray(shape) && typeof dataSync === 'function' ? shape : undefined;
}

const textOf = (given: Tensor): string => {
  const shape = shapeOf(given);
  return shape === undefined ? describeValue(given) : shapeText(shape);
};

/** A shape as text, e.g. `[4, *, 3]`, as in every message of distilljs. An axis of any size is null or -1. */
export function shapeText(shape: readonly (number | null)[]): string {
  return `[${shape.map((size) => ((size ?? -1) < 0 ? '*' : size)).join(', ')}]`;
}
