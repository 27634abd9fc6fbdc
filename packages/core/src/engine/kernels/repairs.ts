import * as tf from '@tensorflow/tfjs-core';

/*
 * Fixes around individual kernels of tfjs's backends cpu and wasm (4.22.0).
 */

type Around = (own: tf.KernelFunc) => tf.KernelFunc;

/**
 * A fix for a kernel that repeats these inputs along the last axes of x, whatever their shape: with channels
 * first, one number per channel would be taken as one per column.
 */
export const alongAxes =
  (...names: readonly string[]): Around =>
  (own) =>
  (args) => {
    const { x, ...rest } = args.inputs as Record<string, tf.Tensor> & { x: tf.Tensor };
    const whole = names.flatMap((name) => {
      const shape = rest[name]?.shape.join().replace(/^(1,)*/, '');
      if (shape === undefined || x.shape.join().endsWith(shape)) return [];
      return [(rest[name] = tf.broadcastTo(rest[name] as tf.Tensor, x.shape))];
    });
    const result = own({ ...args, inputs: { x, ...rest } });
    tf.dispose(whole);
    return result;
  };

/** tfjs casts to bool by the lowest byte of a number, so 0.5 and 256 would become false. */
export const toBool: Around = (own) => (args) => {
  const { x } = args.inputs as { x: tf.Tensor };
  return args.attrs?.['dtype'] === 'bool' && x.dtype !== 'bool'
    ? tf.notEqual(x, tf.cast(0, x.dtype))
    : own(args);
};

/** tfjs writes integers even into a float tensor. */
export const oneHot: Around = (own) => (args) => {
  const { onValue, offValue, ...attrs } = args.attrs as unknown as {
    onValue: number;
    offValue: number;
    dtype: string;
  };
  if (attrs.dtype === 'int32') return own(args);
  return tf.tidy(() => {
    const bits = own({
      ...args,
      attrs: { ...attrs, dtype: 'int32', onValue: 1, offValue: 0 },
    }) as tf.TensorInfo;
    const ones = tf.cast(tf.engine().makeTensorFromTensorInfo(bits), 'float32');
    return tf.add(tf.mul(ones, onValue - offValue), offValue);
  });
};

/** tfjs includes 0 in the maximum of a window. */
export const unable = (): tf.KernelFunc => () => {
  throw new Error("wrong on wasm for values below 0: use the engine 'cpu'");
};
