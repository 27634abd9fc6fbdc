import * as tf from '@tensorflow/tfjs-core';
import { float16Bits } from '../predictions/index.js';

/** How weights are stored: 16-bit floats, or bytes with a scale and an offset per weight tensor. */
export type Quantization = 'float16' | 'uint8';
export const quantizations = ['float16', 'uint8'] as const satisfies readonly Quantization[];

/** The largest finite 16-bit float. */
const LARGEST_FLOAT16 = 65504;

/**
 * Quantizes a model's kernels, in the form of tfjs's weight manifest, so that every tfjs loader reads them directly.
 *
 * `uint8`: `value ≈ min + scale · byte` with `scale = (max − min) / 255` per weight tensor. Where 0 lies between min and max it stays
 * exact, and no value moves by more than `scale`. `float16`: rounded to nearest, ties to even, an error of at most 2⁻¹¹ of a value,
 * or 2⁻²⁵. A tensor with values beyond 65,504 stays in 32-bit floats.
 *
 * Vectors (biases, batch norm) stay 32-bit floats: they take little space, and a variance rounded to 0 would ruin the network.
 */
export function quantizeArtifacts(artifacts: tf.io.ModelArtifacts, how: Quantization): tf.io.ModelArtifacts {
  const specs = artifacts.weightSpecs ?? [];
  const bytes = new Uint8Array(tf.io.CompositeArrayBuffer.join(artifacts.weightData));
  const parts: Uint8Array[] = [];
  let from = 0;
  const weightSpecs = specs.map((spec): tf.io.WeightsManifestEntry => {
    const size = spec.shape.reduce((product, axis) => product * axis, 1);
    const length = size * (spec.dtype === 'bool' ? 1 : 4);
    const own = bytes.slice(from, from + length);
    from += length;
    const quantized =
      spec.dtype === 'float32' && spec.shape.length >= 2 && spec.quantization === undefined
        ? quantize(new Float32Array(own.buffer), how)
        : undefined;
    parts.push(quantized?.bytes ?? own);
    return quantized === undefined ? spec : { ...spec, quantization: quantized.quantization };
  });
  const weightData = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let to = 0;
  for (const part of parts) {
    weightData.set(part, to);
    to += part.length;
  }
  return { ...artifacts, weightSpecs, weightData: weightData.buffer };
}

interface Quantized {
  readonly bytes: Uint8Array;
  readonly quantization: NonNullable<tf.io.WeightsManifestEntry['quantization']>;
}

/** @returns undefined where the values exceed a 16-bit float */
function quantize(values: Float32Array, how: Quantization): Quantized | undefined {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (how === 'float16') {
    if (Math.max(-low, high) > LARGEST_FLOAT16) return undefined;
    const halves = Uint16Array.from(values, float16Bits);
    return {
      bytes: new Uint8Array(halves.buffer),
      quantization: { dtype: 'float16' },
    };
  }
  const scale = high > low ? (high - low) / 255 : 1;
  // Keeps 0 exact where the kernel has both signs.
  const min = low < 0 && high > 0 ? Math.round(low / scale) * scale : low;
  return {
    bytes: Uint8Array.from(values, (value) => Math.max(0, Math.min(255, Math.round((value - min) / scale)))),
    quantization: { dtype: 'uint8', min, scale },
  };
}
