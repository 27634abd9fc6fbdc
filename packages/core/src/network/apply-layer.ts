import * as tf from '@tensorflow/tfjs-core';
import { batchNormTraining } from '../engine/kernels/batch-norm-training.js';
import { relu } from '../engine/kernels/relu.js';
import { DistillError } from '../error/index.js';
import type { Random } from '../random/index.js';
import type { MovingStatistic } from './batch-statistics.js';
import { dropout } from './dropout.js';
import type { GraphNode } from './graph.js';
import { isPlainConvolution, isPlainRelu, layerConfig } from './layer-config.js';
import { weightsOf } from './weights.js';

/** What a layer may need to know of the pass that it is part of. */
export interface Pass {
  readonly training: boolean;
  readonly random: Random | undefined;
  /** Collects what batch norm saw, in training. */
  readonly statistics: MovingStatistic[];
}

type Apply = (inputs: tf.Tensor[], pass: Pass) => tf.Tensor | tf.Tensor[];

/**
 * How one layer runs in a forward pass. Most layers run their own `call`; five kinds do not, because tfjs-layers'
 * version is slow in training (batch norm is some 30 operations, ReLU's gradient two; a convolution always computes the
 * gradient of its input, also where that is the images) or unseeded (dropout).
 */
export function compileLayer(node: GraphNode): Apply {
  const { layer } = node;
  const { kind, config } = layerConfig(layer);
  const own: Apply = (inputs, pass) =>
    layer.call(inputs.length === 1 ? (inputs[0] as tf.Tensor) : inputs, { training: pass.training });

  if (isPlainRelu(kind, config)) return ([x]) => relu(x as tf.Tensor);

  if (kind === 'BatchNormalization') {
    const weights = weightsOf(layer);
    const gamma = (weights.get('gamma') ?? null) as tf.Tensor1D | null;
    const beta = (weights.get('beta') ?? null) as tf.Tensor1D | null;
    const epsilon = config['epsilon'] as number;
    const momentum = config['momentum'] as number;
    const movingMean = weights.get('moving_mean') as tf.Variable;
    const movingVariance = weights.get('moving_variance') as tf.Variable;
    return (inputs, pass) => {
      if (!pass.training) return own(inputs, pass);
      const { y, mean, variance } = batchNormTraining(inputs[0] as tf.Tensor, gamma, beta, epsilon);
      pass.statistics.push(
        { moving: movingMean, batch: mean, momentum },
        { moving: movingVariance, batch: variance, momentum },
      );
      return y;
    };
  }

  if (kind === 'Conv2D' && isPlainConvolution(config)) {
    const kernel = weightsOf(layer).get('kernel') as tf.Variable<tf.Rank.R4>;
    const strides = config['strides'] as [number, number];
    const padding = config['padding'] as 'same' | 'valid';
    const dilation = config['dilationRate'] as [number, number];
    return ([x]) => tf.conv2d(x as tf.Tensor4D, kernel, strides, padding, 'NHWC', dilation);
  }

  if (kind === 'Dropout' || kind === 'SpatialDropout1D') {
    const rate = config['rate'] as number;
    return (inputs, pass) => {
      const x = inputs[0] as tf.Tensor;
      if (!pass.training || rate <= 0) return x;
      const noise = kind === 'Dropout' ? config['noiseShape'] : [null, 1, null];
      const maskShape = (noise as (number | null)[] | null | undefined)?.map(
        (axis, at) => axis ?? x.shape[at] ?? 1,
      );
      return dropout(x, rate, seededBy(pass, node.name), maskShape);
    };
  }
  return own;
}

function seededBy(pass: Pass, name: string): Random {
  if (pass.random !== undefined) return pass.random.fork(name);
  throw new DistillError({
    code: 'option',
    where: `network.forward (layer '${name}')`,
    expected: 'a random stream, because the layer drops values at random in training',
    got: 'none',
    hint: 'Pass `random: createRandom(seed)` with `training: true`.',
  });
}
