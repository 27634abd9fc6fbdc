import * as tf from '@tensorflow/tfjs-core';

type PerAxis = number | [number, number];

interface Attributes {
  readonly strides: PerAxis;
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dataFormat?: 'NHWC' | 'NCHW';
  readonly dilations?: PerAxis | null;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/**
 * Registers gradients for dilated convolutions on every backend; tfjs refuses them. All other convolutions keep
 * tfjs's gradients.
 *
 * A convolution with dilation r equals one without dilation by the filter with r − 1 zeros between its taps.
 * Its gradients are those of that convolution; the filter's gradient is read at the taps. Calling this again
 * changes nothing.
 */
export function registerDilatedGradients(): void {
  extend(tf.Conv2D, tf.Conv2DBackpropInput, tf.Conv2DBackpropFilter);
  extend(
    tf.DepthwiseConv2dNative,
    tf.DepthwiseConv2dNativeBackpropInput,
    tf.DepthwiseConv2dNativeBackpropFilter,
  );
}

/** Marks a registered gradient as one of this package. */
const OURS = Symbol.for('distilljs.dilatedGradient');

function extend(kernelName: string, inputKernel: string, filterKernel: string): void {
  const plain = tf.getGradient(kernelName) as tf.GradConfig | undefined;
  // Absent if tfjs-core was imported without its gradients; tfjs then reports that itself.
  if (plain === undefined || OURS in plain) return;
  const gradFunc: tf.GradFunc = (dy, saved, attrs) => {
    const { dilations, ...attributes } = attrs as unknown as Attributes;
    const [down, across] = perAxis(dilations ?? 1);
    if (down === 1 && across === 1) return plain.gradFunc(dy, saved, attrs);
    const [x, filter] = saved as [tf.Tensor4D, tf.Tensor4D];
    const run = (kernel: string, inputs: tf.NamedTensorMap, shape: object): tf.Tensor =>
      tf.engine().runKernel(kernel, inputs, {
        ...attributes,
        dilations: [1, 1],
        ...shape,
      }) as unknown as tf.Tensor;
    const output = dy as tf.Tensor4D;
    return {
      x: () => {
        const spread = spreadFilter(filter, [down, across]);
        return run(inputKernel, { dy: output, filter: spread }, { inputShape: x.shape });
      },
      filter: () => {
        const [rows, columns, channels, filters] = filter.shape;
        const filterShape = [(rows - 1) * down + 1, (columns - 1) * across + 1, channels, filters];
        const whole = run(filterKernel, { x, dy: output }, { filterShape });
        return takeEach(takeEach(whole, 0, rows, down), 1, columns, across);
      },
    };
  };
  tf.unregisterGradient(kernelName);
  tf.registerGradient(Object.assign({ ...plain, gradFunc }, { [OURS]: true }));
}

const perAxis = (value: PerAxis): [number, number] => (typeof value === 'number' ? [value, value] : value);

/** [u, v, c, d] with zeros between the taps: [(u − 1) r + 1, (v − 1) s + 1, c, d]. */
function spreadFilter(filter: tf.Tensor4D, [down, across]: [number, number]): tf.Tensor4D {
  const [rows, columns, channels, filters] = filter.shape;
  const depth = channels * filters;
  const spread = (x: tf.Tensor, taps: number, gap: number, inner: number): tf.Tensor3D => {
    const one = tf.reshape<tf.Rank.R3>(x, [taps, 1, inner]);
    return gap === 1 ? one : tf.concat([one, tf.zeros<tf.Rank.R3>([taps, gap - 1, inner])], 1);
  };
  const wide = spread(filter, rows * columns, across, depth);
  const tall = spread(wide, rows, down, columns * across * depth);
  const whole = tf.reshape<tf.Rank.R4>(tall, [rows * down, columns * across, channels, filters]);
  return tf.slice(
    whole,
    [0, 0, 0, 0],
    [(rows - 1) * down + 1, (columns - 1) * across + 1, channels, filters],
  );
}

/** Every `gap`-th position along an axis, `count` of them. */
export const takeEach = (x: tf.Tensor, axis: number, count: number, gap: number): tf.Tensor =>
  gap === 1
    ? x
    : tf.gather(
        x,
        tf.tensor1d(
          Int32Array.from({ length: count }, (_, index) => index * gap),
          'int32',
        ),
        axis,
      );
