import * as tf from '@tensorflow/tfjs-core';
import { batchNormKernels } from '../wasm/batch-norm.js';
import { conv2D } from '../wasm/conv2d.js';
import { gather } from '../wasm/gather.js';
import { identity } from '../wasm/identity.js';
import { matMul } from '../wasm/mat-mul.js';
import { maxPoolGradient } from '../wasm/max-pool-gradient.js';
import { reluGradientKernel } from '../wasm/relu-gradient.js';
import { batchNormWebGpuKernels } from '../webgpu/batch-norm.js';
import { reluGradientWebGpuKernel } from '../webgpu/relu-gradient.js';
import { reverse, slice, tile, unpack } from '../wasm/views.js';
import { batchMatMulTensorFlow } from './batch-mat-mul-tensorflow.js';
import { conv2DBackpropFilter } from './conv2d-backprop-filter.js';
import { conv2DBackpropFilterOnCpu } from './conv2d-backprop-filter-cpu.js';
import { conv2DBackpropFilterOnTensorFlow } from './conv2d-backprop-filter-tensorflow.js';
import { conv2DBackpropInput } from './conv2d-backprop-input.js';
import { depthwiseConv2dNativeBackpropFilter } from './depthwise-conv2d-native-backprop-filter.js';
import { depthwiseConv2dNativeBackpropInput } from './depthwise-conv2d-native-backprop-input.js';
import { registerDilatedGradients } from './dilated-gradients.js';
import { resizeBilinearGrad, resizeNearestNeighborGrad } from './resize-gradients.js';
import { conv3DBackpropFilter, conv3DBackpropInput, maxPool3D, maxPool3DGrad } from './three-dimensional.js';
import { unsortedSegmentSum } from './unsorted-segment-sum.js';
import { withSamePadding } from './volume-padding.js';
import { alongAxes, oneHot, toBool, unable } from './repairs.js';
import { averageGradient, ofNothing, withinResult } from './windows.js';

/** A kernel of this package, which replaces the backend's own if there is one. */
interface TrainingKernel {
  readonly kernelName: string;
  readonly backendName: string;
  readonly create: (own: tf.KernelFunc | undefined) => tf.KernelFunc;
}

const whole = ({ kernelName, backendName, kernelFunc }: tf.KernelConfig): TrainingKernel => ({
  kernelName,
  backendName,
  create: () => kernelFunc,
});

/** A kernel that falls back to the backend's own for inputs that this package's does not support. */
const beside = (
  kernelName: string,
  create: (own: tf.KernelFunc) => tf.KernelFunc,
  backendName = 'wasm',
): TrainingKernel => ({
  kernelName,
  backendName,
  create: (own) => create(own as tf.KernelFunc),
});

const samePadding = ({ kernelFunc, ...kernel }: tf.KernelConfig): TrainingKernel =>
  whole({ ...kernel, kernelFunc: withSamePadding(kernel.kernelName, kernelFunc) });

const kernels: readonly TrainingKernel[] = [
  ...[
    conv2DBackpropFilter,
    conv2DBackpropInput,
    depthwiseConv2dNativeBackpropFilter,
    depthwiseConv2dNativeBackpropInput,
  ].map((kernel) => whole({ ...kernel, kernelFunc: ofNothing(kernel.kernelFunc) })),
  ...[conv3DBackpropFilter, conv3DBackpropInput, maxPool3D, maxPool3DGrad].map(samePadding),
  // tfjs's cpu kernel assigns a window's gradient to the wrong place if strides differ.
  samePadding({ ...maxPool3DGrad, backendName: 'cpu' }),
  whole(identity),
  whole(reluGradientKernel),
  whole(reluGradientWebGpuKernel),
  whole(resizeNearestNeighborGrad),
  whole(unsortedSegmentSum),
  beside(tf.ResizeBilinearGrad, resizeBilinearGrad, 'cpu'),
  ...[...batchNormKernels, ...batchNormWebGpuKernels].map(whole),
  beside(tf.BatchMatMul, matMul),
  beside(tf.BatchMatMul, batchMatMulTensorFlow, 'tensorflow'),
  ...[tf.Conv2D, tf.FusedConv2D].map((name) => beside(name, (own) => withinResult(name, conv2D(name, own)))),
  ...[tf.DepthwiseConv2dNative, tf.FusedDepthwiseConv2D, tf.MaxPool, tf.AvgPool].map((name) =>
    beside(name, (own) => withinResult(name, own)),
  ),
  ...['cpu', 'wasm', 'webgpu'].map((backend) =>
    beside(tf.AvgPoolGrad, (own) => ofNothing(averageGradient(own)), backend),
  ),
  ...['cpu', 'wasm'].flatMap((backend) => [
    beside(tf.FusedBatchNorm, alongAxes('mean', 'variance', 'offset', 'scale'), backend),
    ...[tf.AvgPool3D, tf.Conv3D].map((name) => beside(name, (own) => withSamePadding(name, own), backend)),
    beside(tf.AvgPool3DGrad, (own) => withSamePadding(tf.AvgPool3DGrad, averageGradient(own)), backend),
  ]),
  ...[tf.Conv3DBackpropFilterV2, tf.Conv3DBackpropInputV2, tf.MaxPool3D].map((name) =>
    beside(name, (own) => withSamePadding(name, own), 'cpu'),
  ),
  beside(tf.Conv2DBackpropFilter, conv2DBackpropFilterOnCpu, 'cpu'),
  beside(tf.Conv2DBackpropFilter, conv2DBackpropFilterOnTensorFlow, 'tensorflow'),
  beside(tf.GatherV2, gather),
  beside(tf.MaxPoolGrad, (own) => ofNothing(maxPoolGradient(own))),
  beside(tf.Cast, toBool),
  beside(tf.OneHot, oneHot),
  beside(tf.Prelu, alongAxes('alpha')),
  ...[tf.Dilation2D, tf.MaxPoolWithArgmax].map((name) => beside(name, unable)),
  beside(tf.Reverse, reverse),
  beside(tf.Slice, slice),
  beside(tf.Tile, tile),
  beside(tf.Unpack, unpack),
];

/** Marks a registered kernel as one of this package. */
const OURS = Symbol.for('distilljs.trainingKernel');

/**
 * Gives the backends the kernels that training needs and that tfjs 4.22.0 lacks or gets wrong:
 *
 * | kernel | gradient of | backend | tfjs 4.22.0 |
 * |---|---|---|---|
 * | AvgPoolGrad, AvgPool3DGrad | avgPool | cpu, wasm, webgpu (2-D) | wrong for 'same' padding |
 * | all of pooling and convolution over volumes | | cpu, wasm | wrong for 'same' padding with strides above the window |
 * | BatchMatMul | | wasm | a plain loop for batches, vectors and transposed factors |
 * | BatchMatMul | | tensorflow | up to ten times slower for small matrices; still used for large ones |
 * | Cast | | wasm | 0.5 is false |
 * | Conv2D, FusedConv2D | | wasm | half as fast; still used for inputs that ours does not support |
 * | Conv2DBackpropFilter | conv2d, conv2dTranspose | wasm | missing |
 * | Conv2DBackpropFilter | conv2d, conv2dTranspose | cpu | forty times slower; still used for inputs that ours does not support |
 * | Conv2DBackpropFilter | conv2d | tensorflow | with AVX2 it writes beyond its memory for 1×1 convolutions with strides |
 * | Conv2DBackpropInput | conv2d; value of conv2dTranspose | wasm | a plain loop, replaced |
 * | Conv3DBackpropFilterV2 | conv3d | wasm | wrong for strides, replaced |
 * | Conv3DBackpropInputV2 | conv3d; value of conv3dTranspose | wasm | wrong, replaced |
 * | DepthwiseConv2dNativeBackpropFilter | depthwiseConv2d, separableConv2d | wasm | missing |
 * | DepthwiseConv2dNativeBackpropInput | depthwiseConv2d, separableConv2d | wasm | missing |
 * | Dilation2D, MaxPoolWithArgmax | | wasm | wrong for numbers below 0, refused |
 * | DistillBatchNorm, DistillBatchNormGrad | batchNormTraining | wasm, webgpu | do not exist |
 * | DistillReluGrad | relu | wasm, webgpu | does not exist |
 * | FusedBatchNorm | | cpu, wasm | wrong for channels that are not the last axis |
 * | GatherV2 | | wasm | number by number |
 * | Identity | | wasm | copies, replaced |
 * | MaxPool3D, MaxPool3DGrad | maxPool3d | wasm | wrong for numbers below 0, replaced |
 * | MaxPoolGrad | maxPool | wasm | visits, for every pixel, all windows that contain it |
 * | OneHot | | wasm | wrong for floats |
 * | Prelu | | wasm | wrong for an alpha that is not along the last axes |
 * | ResizeBilinearGrad | upsampling | cpu | result has height and width exchanged |
 * | Reverse, Slice, Tile, Unpack | | wasm | number by number or row by row |
 * | UnsortedSegmentSum | gather | wasm | missing |
 * | ResizeNearestNeighborGrad | image.resizeNearestNeighbor | cpu | wrong from the second image of a batch on, replaced |
 *
 * Gradients of dilated convolutions are registered on every backend ({@link registerDilatedGradients}).
 *
 * Call this after importing the backends' packages. Backends not registered, and those done before, are skipped.
 */
export function registerTrainingKernels(): void {
  registerDilatedGradients();
  for (const { kernelName, backendName, create } of kernels) {
    const present = tf.getKernelsForBackend(backendName);
    const replaced = present.find((kernel) => kernel.kernelName === kernelName);
    if (present.length === 0 || (replaced !== undefined && OURS in replaced)) continue;
    // Registering over an existing kernel makes tfjs print a warning.
    if (replaced !== undefined) tf.unregisterKernel(kernelName, backendName);
    const kernel = { ...replaced, kernelName, backendName, kernelFunc: create(replaced?.kernelFunc) };
    tf.registerKernel(Object.assign(kernel, { [OURS]: true }));
  }
}

/** Names of the kernels that the forward and backward passes of common layers use, on any backend. */
export const trainingKernels: readonly string[] = [
  // linear layers
  tf.BatchMatMul,
  tf.Conv2D,
  tf.Conv2DBackpropFilter,
  tf.Conv2DBackpropInput,
  tf.DepthwiseConv2dNative,
  tf.DepthwiseConv2dNativeBackpropFilter,
  tf.DepthwiseConv2dNativeBackpropInput,
  // pooling and resizing
  tf.AvgPool,
  tf.AvgPoolGrad,
  tf.MaxPool,
  tf.MaxPoolGrad,
  tf.ResizeBilinear,
  tf.ResizeBilinearGrad,
  tf.ResizeNearestNeighbor,
  tf.ResizeNearestNeighborGrad,
  // element by element
  tf.Abs,
  tf.Add,
  tf.AddN,
  tf.Cast,
  tf.ClipByValue,
  tf.Elu,
  tf.EluGrad,
  tf.Erf,
  tf.Exp,
  tf.FusedBatchNorm,
  tf.LeakyRelu,
  tf.Log,
  tf.Maximum,
  tf.Minimum,
  tf.Multiply,
  tf.Neg,
  tf.Pow,
  tf.Prelu,
  tf.RealDiv,
  tf.Relu,
  tf.Relu6,
  tf.Rsqrt,
  tf.Select,
  tf.Selu,
  tf.Sigmoid,
  tf.Sign,
  tf.Softplus,
  tf.Sqrt,
  tf.Square,
  tf.SquaredDifference,
  tf.Step,
  tf.Sub,
  tf.Tanh,
  // comparisons
  tf.Equal,
  tf.Greater,
  tf.GreaterEqual,
  tf.Less,
  tf.LessEqual,
  tf.LogicalAnd,
  tf.LogicalNot,
  tf.LogicalOr,
  // reductions
  tf.ArgMax,
  tf.Max,
  tf.Mean,
  tf.Min,
  tf.Softmax,
  tf.Sum,
  // shape and place
  tf.Concat,
  tf.ExpandDims,
  tf.Fill,
  tf.GatherV2,
  tf.Identity,
  tf.OneHot,
  tf.Pack,
  tf.PadV2,
  tf.Reshape,
  tf.Reverse,
  tf.ScatterNd,
  tf.Slice,
  tf.SplitV,
  tf.Tile,
  tf.Transpose,
  tf.Unpack,
  tf.UnsortedSegmentSum,
  tf.ZerosLike,
];

/** The {@link trainingKernels} that a tfjs backend does not have; empty when it can train. */
export function missingTrainingKernels(backendName: string): string[] {
  const present = new Set(tf.getKernelsForBackend(backendName).map(({ kernelName }) => kernelName));
  return trainingKernels.filter((kernelName) => !present.has(kernelName));
}
