import * as tf from '@tensorflow/tfjs-core';
import { describeValue } from '../error/index.js';
import type { Problem } from './check-wiring.js';

type Specs = readonly tf.io.WeightsManifestEntry[];

const BYTES: Readonly<Record<string, number>> = {
  ...{ float32: 4, int32: 4, bool: 1, complex64: 8 },
  ...{ float16: 2, uint8: 1, uint16: 2 },
};

const AGAIN = 'Copy or convert the model again.';

/** Number of bytes of a manifest's weights; a problem if the manifest is invalid. */
export function weightBytes(specs: Specs): number | Problem {
  const names = specs.map(({ name }) => name);
  const nameless = specs.find(({ name }) => typeof name !== 'string');
  if (nameless !== undefined) return { got: `a weight named ${describeValue(nameless.name)}`, hint: AGAIN };
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice !== undefined) return { got: `two weights named '${twice}'`, hint: AGAIN };
  let bytes = 0;
  for (const { name, shape, dtype, quantization } of specs) {
    const each = BYTES[quantization?.dtype ?? dtype];
    const isShape = Array.isArray(shape) && shape.every((axis) => Number.isSafeInteger(axis) && axis >= 0);
    if (each === undefined || !isShape)
      return {
        got: `weight '${name}' of type ${JSON.stringify(dtype).replaceAll('"', '')} and shape ${JSON.stringify(shape)}`,
        hint: AGAIN,
      };
    bytes += each * shape.reduce((product, axis) => product * axis, 1);
  }
  return bytes;
}

/** A problem unless the found bytes are exactly those of the weights that the manifest lists. */
export function sizeProblem(specs: Specs, found: number): Problem | undefined {
  const expected = weightBytes(specs);
  if (typeof expected !== 'number') return expected;
  if (expected === found) return undefined;
  return {
    got: `${found} bytes of weights where model.json lists ${expected}`,
    hint: `The weight files are cut off, too long, or belong to another model. ${AGAIN}`,
  };
}

/** A problem for the first weight with a value that is not finite. */
export async function finiteProblem(
  weights: readonly { readonly name: string; readonly values: tf.Tensor }[],
): Promise<Problem | undefined> {
  for (const { name, values } of weights) {
    const data = await values.data();
    const at = data.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) {
      return {
        got: `${String(data[at])} in weight '${name}' (number ${at} of ${data.length})`,
        hint: 'The model was saved after its training diverged, or its file is damaged. Use another one.',
      };
    }
  }
  return undefined;
}
