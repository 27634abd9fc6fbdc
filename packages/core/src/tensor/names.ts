import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D, Variable } from '@tensorflow/tfjs-core';

/** A batch of images, `[batch, height, width, channels]` (NHWC), float32, normalized. */
export type Images = Tensor4D;
/** Class indices, `[batch]`, int32, each in `[0, classes)`, or −1 for an unlabelled image. */
export type Labels = Tensor1D;
/** Unnormalized class scores (before softmax), `[batch, classes]`. */
export type Logits = Tensor2D;
/** A distribution over classes per image, `[batch, classes]`, rows sum to 1. */
export type Probabilities = Tensor2D;
/** An intermediate activation of a convolutional network, `[batch, height, width, channels]` (NHWC). */
export type FeatureMap = Tensor4D;
/** One feature vector per image, `[batch, width]`. */
export type Embedding = Tensor2D;

/** Variables by a name that is stable between runs (`layer/weight`), in a fixed order. */
export type NamedVariables = Readonly<Record<string, Variable>>;
/** Tensors by name: gradients by variable, optimizer slots, checkpoint entries. */
export type NamedTensors = Readonly<Record<string, Tensor>>;

export type { Scalar, Tensor };
