import * as tf from '@tensorflow/tfjs-core';

type Triple = readonly [number, number, number];

/** The attributes that the kernels of volumes receive, taken together. */
interface VolumeAttributes {
  readonly pad: unknown;
  readonly strides: number | Triple;
  readonly dilations?: number | Triple;
  readonly filterSize?: number | Triple;
  readonly filterShape?: readonly number[];
  readonly inputShape?: readonly number[];
}

/** Kernels whose result has the shape of the input. */
const GRADIENTS: readonly string[] = [tf.AvgPool3DGrad, tf.Conv3DBackpropInputV2, tf.MaxPool3DGrad];

/**
 * A kernel of volumes [n, depth, height, width, c] with 'same' padding as TensorFlow has it, where a stride is longer than
 * the window: tfjs 4.22.0 pads by a negative number of rows there, and so begins in the middle of the input. Without the
 * rows after the last window that number is 0.
 */
export function withSamePadding(kernelName: string, own: tf.KernelFunc): tf.KernelFunc {
  return (args) => {
    const given = args.inputs as Record<string, tf.Tensor>;
    const attrs = args.attrs as unknown as VolumeAttributes;
    const shape = given['x']?.shape ?? given['input']?.shape ?? attrs.inputShape ?? [];
    const window = attrs.filterSize ?? attrs.filterShape ?? given['filter']?.shape ?? [];
    const read = attrs.pad === 'same' ? readShape(shape, window, attrs) : shape;
    if (read.every((size, axis) => size === shape[axis])) return own(args);
    return tf.tidy(() => {
      const cut = (name: string): Record<string, tf.Tensor> => {
        const x = given[name];
        return x === undefined
          ? {}
          : {
              [name]: tf.slice(
                x,
                shape.map(() => 0),
                [...read],
              ),
            };
      };
      const inputs = { ...given, ...cut('x'), ...cut('input') };
      const inputShape = attrs.inputShape === undefined ? {} : { inputShape: [...read] };
      const result = own({ ...args, inputs, attrs: { ...args.attrs, ...inputShape } }) as tf.Tensor;
      if (!GRADIENTS.includes(kernelName)) return result;
      // A second tensor of the same data would never be freed.
      const known = 'rank' in result ? result : tf.engine().makeTensorFromTensorInfo(result);
      return tf.pad(
        known,
        shape.map((size, axis): [number, number] => [0, size - (read[axis] ?? 0)]),
      );
    });
  };
}

/** The shape of an input without the positions beyond its last window. */
function readShape(
  shape: readonly number[],
  window: number | readonly number[],
  { strides, dilations = 1 }: VolumeAttributes,
): readonly number[] {
  const at = (value: number | readonly number[], axis: number): number =>
    typeof value === 'number' ? value : (value[axis] ?? 1);
  return shape.map((size, index) => {
    const axis = index - 1;
    if (axis < 0 || axis > 2) return size;
    const stride = at(strides, axis);
    const last = (Math.ceil(size / stride) - 1) * stride;
    return Math.min(size, last + (at(window, axis) - 1) * at(dilations, axis) + 1);
  });
}
