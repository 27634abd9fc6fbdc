import type { Tensor } from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';

type Layer = layers.Layer;

/** The fields of tfjs's convolution that its types hide. */
export interface ConvolutionParts {
  readonly kernelInitializer: Parameters<Layer['addWeight']>[3];
  readonly kernelRegularizer: Parameters<Layer['addWeight']>[4];
  readonly kernelConstraint: Parameters<Layer['addWeight']>[6];
  readonly biasInitializer: Parameters<Layer['addWeight']>[3];
  readonly biasRegularizer: Parameters<Layer['addWeight']>[4];
  readonly biasConstraint: Parameters<Layer['addWeight']>[6];
  readonly strides: [number, number];
  readonly dilationRate: [number, number];
  readonly padding: 'same' | 'valid';
  readonly activation: { apply(x: Tensor): Tensor; getClassName(): string };
  readonly useBias: boolean;
}
