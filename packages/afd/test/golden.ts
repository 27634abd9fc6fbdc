import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import golden from './fixtures/afd-golden.json' with { type: 'json' };

export const { cases } = golden;

/** A tensor as the file writes it. */
export interface Packed {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

export function tensor<R extends tf.Rank>({ shape, data }: Packed): tf.Tensor<R> {
  return tf.tensor<R>([...data], shape as tf.ShapeMap[R]);
}

/** Expects all values within 1e-5, or within 1e-3 of the value where `relative`. */
export function expectClose(got: tf.Tensor | undefined, wanted: Packed, relative = false): void {
  expect(got?.shape).toEqual(wanted.shape);
  const values = got?.dataSync() ?? [];
  wanted.data.forEach((value, at) => {
    const bound = relative ? Math.max(1e-5, 1e-3 * Math.abs(value)) : 1e-5;
    expect(Math.abs((values[at] ?? NaN) - value), `value ${at}: ${values[at]}, not ${value}`).toBeLessThan(
      bound,
    );
  });
}

/** Largest gap between two tensors of one size. */
export function largestGap(got: tf.Tensor, { data }: Packed): number {
  return Math.max(...Array.from(got.dataSync(), (value, at) => Math.abs(value - (data[at] ?? NaN))));
}

export const numberOf = (scalar: tf.Tensor): number => scalar.dataSync()[0] ?? NaN;

/** The file's discriminator under this package's names. */
export interface PackedDiscriminator {
  readonly k1: Packed;
  readonly b1: Packed;
  readonly gamma: Packed;
  readonly beta: Packed;
  readonly k2: Packed;
  readonly b2: Packed;
}

export function discriminatorEntries(packed: PackedDiscriminator): Readonly<Record<string, Packed>> {
  const { k1, b1, gamma, beta, k2, b2 } = packed;
  return { kernel1: k1, bias1: b1, gamma, beta, kernel2: k2, bias2: b2 };
}

/** The file's transfer layer under this package's names. */
export interface PackedTransfer {
  readonly k: Packed;
  readonly b: Packed;
  readonly gamma: Packed;
  readonly beta: Packed;
}

export function transferEntries({ k, b, gamma, beta }: PackedTransfer): Readonly<Record<string, Packed>> {
  return { kernel: k, bias: b, gamma, beta };
}

/** The file's network under the names of {@link goldenNetwork}. */
export interface PackedNetwork {
  readonly k: Packed;
  readonly b: Packed;
  readonly W: Packed;
  readonly c: Packed;
}

export function networkEntries({ k, b, W, c }: PackedNetwork): Readonly<Record<string, Packed>> {
  return { 'map/kernel': k, 'map/bias': b, 'logits/kernel': W, 'logits/bias': c };
}

/** Entries of several owners as `owner1/name`. */
export function numberedEntries<P>(
  owner: string,
  packed: readonly P[],
  entriesOf: (each: P) => Readonly<Record<string, Packed>>,
): Readonly<Record<string, Packed>> {
  return Object.fromEntries(
    packed.flatMap((each, index) =>
      Object.entries(entriesOf(each)).map(([name, value]) => [`${owner}${index + 1}/${name}`, value]),
    ),
  );
}
