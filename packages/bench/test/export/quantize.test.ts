import * as tf from '@tensorflow/tfjs-core';
import { resolveEngine } from '@distilljs/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { quantizeArtifacts, quantizations } from '../../src/export/quantize.js';
import { float16Bits } from '../../src/predictions/index.js';

beforeAll(async () => {
  await resolveEngine('cpu');
});

/** Values of a kernel and of a vector after tfjs's own decoding of the quantized artifacts. */
function decoded(values: readonly number[], how: (typeof quantizations)[number]): number[][] {
  const weights = Float32Array.from([...values, 0.1, 0.0001]);
  const given: tf.io.ModelArtifacts = {
    weightSpecs: [
      { name: 'kernel', shape: [values.length, 1], dtype: 'float32' },
      { name: 'variance', shape: [2], dtype: 'float32' },
    ],
    weightData: weights.buffer,
  };
  const { weightData, weightSpecs = [] } = quantizeArtifacts(given, how);
  const bytes = tf.io.CompositeArrayBuffer.join(weightData);
  expect(bytes.byteLength).toBe(values.length * (how === 'uint8' ? 1 : 2) + 8);
  const tensors = tf.io.decodeWeights(bytes, weightSpecs);
  return ['kernel', 'variance'].map((name) => Array.from(tensors[name]?.dataSync() ?? []));
}

describe('quantized weights, read by tfjs', () => {
  const values = Array.from({ length: 101 }, (_, at) => Math.sin(at) * 0.7 + 0.1);

  it('as bytes are at most one step away, 0 exactly 0, vectors unchanged', () => {
    const [kernel = [], variance] = decoded([...values, 0], 'uint8');
    const step = (Math.max(...values) - Math.min(...values)) / 255;
    [...values, 0].forEach((value, at) => {
      expect(Math.abs((kernel[at] ?? NaN) - value)).toBeLessThanOrEqual(step * 1.001);
    });
    expect(kernel.at(-1)).toBeCloseTo(0, 7);
    expect(variance).toEqual([...Float32Array.of(0.1, 0.0001)]);
  });

  it('as bytes keep a constant kernel', () => {
    for (const constant of [0, 0.25, -3])
      expect(decoded([constant, constant], 'uint8')[0]).toEqual([constant, constant]);
  });

  it('as 16-bit floats are within 2⁻¹¹ of each value', () => {
    const [kernel = []] = decoded(values, 'float16');
    values.forEach((value, at) => {
      expect(Math.abs((kernel[at] ?? NaN) - value)).toBeLessThanOrEqual(
        Math.abs(value) * 2 ** -11 + 2 ** -25,
      );
    });
  });

  it.each([
    [0, 0],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    // Half a step beyond the largest.
    [65520, 0x7c00],
    [Infinity, 0x7c00],
    // The smallest normal and subnormal ones, and half of the latter, which is a tie and goes to 0.
    [2 ** -14, 0x0400],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000],
    // Ties between two halves go to the even one: 1 + 2⁻¹¹ down, 1 + 3 · 2⁻¹¹ up.
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
  ])('the nearest half of %d is written as IEEE 754 has it', (value, expected) => {
    expect(float16Bits(value)).toBe(expected);
  });
});
