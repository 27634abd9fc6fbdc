import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';

class Own {
  readonly a = 1;
}

const disposed = (): tf.Tensor => {
  const tensor = tf.ones([2, 3]);
  tensor.dispose();
  return tensor;
};

/** Wrong values, by description, that untyped callers may pass. */
export const WRONG: Readonly<Record<string, () => unknown>> = {
  nothing: () => undefined,
  null: () => null,
  true: () => true,
  'minus one and a half': () => -1.5,
  NaN: () => NaN,
  Infinity: () => Infinity,
  'a bigint': () => 10n,
  'a text': () => 'x',
  'no text': () => '',
  'a function': () => () => undefined,
  'a symbol': () => Symbol('s'),
  'an empty list': () => [],
  'a list of null': () => [null],
  'a list of lists': () => [[1, [2]]],
  'an object': () => ({}),
  'an object of something else': () => ({ xyzzy: 1 }),
  'an object without a prototype': () => Object.create(null) as unknown,
  'one of a class': () => new Own(),
  'a map': () => new Map([[1, 2]]),
  'a promise': () => Promise.resolve(1),
  floats: () => new Float32Array(3),
  bytes: () => new Uint8Array(8),
  'a matrix': () => tf.ones([2, 3]),
  maps: () => tf.ones([1, 2, 2, 1]),
  'a scalar': () => tf.scalar(2),
  'texts in a tensor': () => tf.tensor(['a', 'b']),
  'a tensor that was disposed': disposed,
  'a model': () =>
    layers.sequential({
      layers: [layers.layers.flatten({ inputShape: [2, 2, 1] }), layers.layers.dense({ units: 3 })],
    }),
};
