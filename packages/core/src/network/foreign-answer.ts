import * as tf from '@tensorflow/tfjs-core';
import { flattened, isList } from '../data/lists.js';
import { describeValue, DistillError, isDistillError } from '../error/index.js';
import { firstLine } from '../error/first-line.js';
import { shapeText } from '../tensor/index.js';
import type { Tensor } from '../tensor/index.js';

/** Numbers of a batch: a tensor, which is disposed after reading; one flat array; or nested arrays. */
export type ForeignValue = Tensor | ArrayLike<number> | readonly ForeignValue[];

/** A foreign teacher's answer for a batch: logits alone, or with the requested taps. */
export type ForeignAnswer =
  | ForeignValue
  | { readonly logits: ForeignValue; readonly taps?: Readonly<Record<string, ForeignValue>> | undefined };

/** Calls a function and wraps its error with the teacher's name. */
export async function answerOf(name: string, call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (cause) {
    if (isDistillError(cause)) throw cause;
    const got = firstLine(cause);
    throw wrong(name, 'answer', 'logits', `the error "${got.slice(0, 300)}"`, cause);
  }
}

const wrong = (name: string, what: string, expected: string, got: string, cause?: unknown): DistillError =>
  new DistillError({ code: 'network', where: `teacher '${name}', ${what}`, expected, got, cause });

/** One part of an answer, whose logits may come without a wrapping object. */
export function partOf(answer: unknown, part: string): unknown {
  const isPlain =
    typeof answer === 'object' && answer !== null && !(answer instanceof tf.Tensor) && 'logits' in answer;
  if (!isPlain) return part === 'logits' ? answer : undefined;
  const { logits, taps } = answer as { readonly logits: unknown; readonly taps?: Record<string, unknown> };
  return part === 'logits' ? logits : taps?.[part];
}

export interface Numbers {
  readonly values: Float32Array;
  readonly shape: number[];
}

/**
 * Reads the numbers of a part; a tensor is disposed.
 *
 * @throws DistillError code `network` for another shape, or values that are not finite
 */
export async function numbersOf(
  name: string,
  what: string,
  given: unknown,
  shape: number[],
): Promise<Numbers> {
  const size = shape.reduce((product, axis) => product * axis, 1);
  const expected = `numbers of shape ${shapeText(shape)}`;
  const values = await flat(given);
  if (values === undefined) throw wrong(name, what, expected, describeValue(given));
  if (values.shape === undefined ? values.flat.length !== size : shapeText(values.shape) !== shapeText(shape))
    throw wrong(
      name,
      what,
      expected,
      values.shape ? shapeText(values.shape) : `${values.flat.length} numbers`,
    );
  const bad = values.flat.findIndex((value) => !Number.isFinite(value));
  if (bad === -1) return { values: values.flat, shape };
  const row = Math.floor((bad * (shape[0] ?? 1)) / size);
  throw wrong(name, what, 'finite numbers', `${String(values.flat[bad])} for image ${row} of the batch`);
}

/** The numbers as a flat array, and their shape if the value has one. */
async function flat(
  given: unknown,
): Promise<{ readonly flat: Float32Array; readonly shape: readonly number[] | undefined } | undefined> {
  if (given instanceof tf.Tensor) {
    const tensor = given as Tensor;
    const values = Float32Array.from(await tensor.data());
    tensor.dispose();
    return { flat: values, shape: tensor.shape };
  }
  if (!isList(given)) return undefined;
  if (!Array.isArray(given)) return { flat: Float32Array.from(given as ArrayLike<number>), shape: undefined };
  const { flat: all, shape } = flattened(given);
  const isWhole = all.length === shape.reduce((product, axis) => product * axis, 1);
  if (!isWhole || !all.every((value) => typeof value === 'number')) return undefined;
  return { flat: Float32Array.from(all), shape: shape.length > 1 ? shape : undefined };
}

/**
 * @returns true if two images have different logits: then this need not be checked again
 * @throws DistillError code `network` if images differ but all have equal logits
 */
export function expectVaried(
  name: string,
  batch: number,
  { values: logits }: Numbers,
  images: Float32Array,
): boolean {
  const differ = (values: Float32Array): boolean => {
    const width = values.length / batch;
    return values.some((value, at) => at >= width && value !== values[at % width]);
  };
  if (batch < 2) return false;
  if (differ(logits)) return true;
  if (!differ(images)) return false;
  throw wrong(
    name,
    'logits',
    'other logits for other images',
    `the same ${logits.length / batch} numbers for all ${batch} images of a batch`,
  );
}
