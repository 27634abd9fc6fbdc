import * as tf from '@tensorflow/tfjs-core';
import { wasmKernelsOf } from './kernels.js';

/** One axis of a view of a tensor: the number of indices, and the distance between their elements. */
interface Axis {
  readonly size: number;
  readonly step: number;
}

/** Slice of the wasm backend; tfjs's copies every row by a separate JavaScript call. */
export const slice = viewKernel(({ x }, attrs) => {
  const { begin, size } = attrs as { begin: number | number[]; size: number | number[] };
  const [starts, sizes] = tf.slice_util.parseSliceParams(x, begin, size) as [number[], number[]];
  tf.slice_util.assertParamsValid(x, starts, sizes);
  const steps = tf.util.computeStrides(x.shape).concat(1);
  return {
    shape: sizes,
    offset: starts.reduce((sum, start, axis) => sum + start * (steps[axis] ?? 0), 0),
    axes: sizes.map((each, axis) => ({ size: each, step: steps[axis] ?? 0 })),
  };
});

/** Tile of the wasm backend; tfjs's finds the place of every number by division. */
export const tile = viewKernel(({ x }, attrs) => {
  const { reps } = attrs as { reps: number[] };
  const steps = tf.util.computeStrides(x.shape).concat(1);
  return {
    shape: x.shape.map((size, axis) => size * (reps[axis] ?? 1)),
    offset: 0,
    axes: x.shape.flatMap((size, axis) => [
      { size: reps[axis] ?? 1, step: 0 },
      { size, step: steps[axis] ?? 0 },
    ]),
  };
});

/** Reverse of the wasm backend; tfjs's copies number by number, and for bool writes beyond its result. */
export const reverse = viewKernel(({ x }, attrs) => {
  const { dims } = attrs as { dims: number | number[] };
  const reversed = tf.util.parseAxisParam(dims, x.shape);
  const steps = tf.util.computeStrides(x.shape).concat(1);
  return {
    shape: x.shape,
    offset: reversed.reduce((sum, axis) => sum + ((x.shape[axis] ?? 1) - 1) * (steps[axis] ?? 0), 0),
    axes: x.shape.map((size, axis) => ({
      size,
      step: (steps[axis] ?? 0) * (reversed.includes(axis) ? -1 : 1),
    })),
  };
});

/** Every tensor along one axis; tfjs's slices for each. */
export function unpack(own: tf.KernelFunc): tf.KernelFunc {
  const cut = slice(own);
  return (args) => {
    const { inputs, attrs, backend } = args;
    const { value } = inputs as { value: tf.TensorInfo };
    if (!movable(backend, value)) return own(args);
    const axis = ((attrs as { axis: number }).axis + value.shape.length) % value.shape.length;
    const size = value.shape.map((each, at) => (at === axis ? 1 : each));
    const shape = value.shape.filter((_, at) => at !== axis);
    return Array.from({ length: value.shape[axis] ?? 0 }, (_, index) => {
      const begin = value.shape.map((__, at) => (at === axis ? index : 0));
      const part = cut({ inputs: { x: value }, attrs: { begin, size }, backend }) as tf.TensorInfo;
      return { ...part, shape };
    });
  };
}

interface View {
  readonly shape: readonly number[];
  /** Number of the tensor that the view begins at. */
  readonly offset: number;
  readonly axes: readonly Axis[];
}

type ViewOf = (inputs: { x: tf.TensorInfo }, attrs: tf.NamedAttrMap | undefined) => View;

/** A kernel that copies a view of its input; the backend's own handles empty tensors and strings. */
function viewKernel(viewOf: ViewOf): (own: tf.KernelFunc) => tf.KernelFunc {
  return (own) => (args) => {
    const inputs = args.inputs as { x: tf.TensorInfo };
    const kernels = movable(args.backend, inputs.x) ? wasmKernelsOf(args.backend) : null;
    if (kernels === null) return own(args);
    const { shape, offset, axes } = viewOf(inputs, args.attrs);
    if (shape.includes(0)) return own(args);
    const y = kernels.output(shape, inputs.x.dtype);
    const merged = mergeAxes(axes);
    const width = tf.util.bytesPerElement(inputs.x.dtype);
    const [{ size: items } = { size: 1 }] = merged;
    kernels.withScratch(merged.length * 8, (description) => {
      kernels.write(description, [
        ...merged.map(({ size }) => size),
        ...merged.map(({ step }) => step * width),
      ]);
      kernels.over('copyView', items, tf.util.sizeFromShape([...shape]) / items, [
        ...[kernels.address(inputs.x) + offset * width, kernels.address(y), description],
        ...[merged.length, width],
      ]);
    });
    return y;
  };
}

/** Whether this package's kernels can copy a tensor: it is not empty, and its elements have 1 or 4 bytes. */
export function movable(backend: unknown, { dtype, shape }: tf.TensorInfo): boolean {
  return (
    ['float32', 'int32', 'bool'].includes(dtype) && !shape.includes(0) && wasmKernelsOf(backend) !== null
  );
}

/** The same view with as few axes as possible: axes of size 1 are dropped, contiguous axes are merged. */
function mergeAxes(axes: readonly Axis[]): Axis[] {
  const merged: Axis[] = [];
  for (const axis of axes.filter(({ size }) => size > 1)) {
    const before = merged.at(-1);
    if (before !== undefined && before.step === axis.step * axis.size) {
      merged[merged.length - 1] = { size: before.size * axis.size, step: axis.step };
    } else merged.push(axis);
  }
  return merged.length > 0 ? merged : [{ size: 1, step: 1 }];
}
