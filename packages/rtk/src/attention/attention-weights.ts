import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { DistillError, shapeText } from '@distilljs/core';
import type { NamedTensors, NamedVariables, Random } from '@distilljs/core';
import type { AttentionWeights } from './layer-attention.js';
import type { LinearNorm } from './linear-norm.js';

/** What the weights depend on. */
export interface AttentionShape {
  /** The querying layers in order. */
  readonly queries: readonly DescribedLayer[];
  readonly keys: readonly DescribedLayer[];
  /** d. */
  readonly width: number;
}

/** A layer as the attention knows it. */
export interface DescribedLayer {
  readonly name: string;
  readonly channels: number;
}

/** One weight: its shape, and how it starts. */
interface WeightPlan {
  readonly name: string;
  readonly shape: readonly number[];
  readonly draw: (random: Random, index: number) => number;
}

/**
 * Fresh weights under stable names (`query/kernel/TAP`, `query/bias`, …, `position/key`): kernels and biases uniform in
 * `±1/√fan-in`, batch norm at scale 1 and offset 0, positions normal with variance `2 / (layers + d)`.
 *
 * @param random each weight draws from a fork of its own; the caller disposes the variables
 */
export function createAttentionWeights(shape: AttentionShape, random: Random): NamedVariables {
  return Object.fromEntries(
    weightPlans(shape).map((plan) => {
      const stream = random.fork(plan.name);
      const size = tf.util.sizeFromShape([...plan.shape]);
      const values = Float32Array.from({ length: size }, (_, index) => plan.draw(stream, index));
      return [plan.name, tf.tidy(() => tf.variable(tf.tensor(values, [...plan.shape])))];
    }),
  );
}

/** Names and shapes of the weights, in order. */
export function attentionWeightShapes(shape: AttentionShape): Readonly<Record<string, readonly number[]>> {
  return Object.fromEntries(weightPlans(shape).map((plan) => [plan.name, plan.shape]));
}

/**
 * The weights by what they are for.
 *
 * @param named variables of {@link createAttentionWeights}, or tensors of the same names
 * @throws DistillError code `shape` when one is missing or of another shape
 */
export function attentionWeights(shape: AttentionShape, named: NamedTensors): AttentionWeights {
  for (const { name, shape: expected } of weightPlans(shape)) {
    const found = named[name]?.shape;
    if (found !== undefined && tf.util.arraysEqual(found, [...expected])) continue;
    throw new DistillError({
      code: 'shape',
      where: `attention weight '${name}'`,
      expected: `a tensor of shape ${shapeText(expected)}`,
      got: found === undefined ? 'nothing' : shapeText(found),
      hint: 'Give the weights of a run with the same taps and width.',
    });
  }
  const block = (name: string, inputs: readonly string[]): LinearNorm => ({
    kernels: inputs.map((input) => named[input] as Tensor2D),
    bias: named[`${name}/bias`] as Tensor1D,
    scale: named[`${name}/scale`] as Tensor1D,
    offset: named[`${name}/offset`] as Tensor1D,
  });
  return {
    query: block('query', kernelNames('query', shape.queries)),
    key: block('key', kernelNames('key', shape.keys)),
    bilinear: block('bilinear', ['bilinear/kernel']),
    queryPositions: named['position/query'] as Tensor2D,
    keyPositions: named['position/key'] as Tensor2D,
  };
}

function kernelNames(side: string, layers: readonly DescribedLayer[]): string[] {
  return layers.map(({ name }) => `${side}/kernel/${name}`);
}

function weightPlans({ queries, keys, width }: AttentionShape): WeightPlan[] {
  const uniform =
    (bound: (index: number) => number) =>
    (random: Random, index: number): number =>
      bound(index) * (2 * random.uniform() - 1);
  const constant = (value: number) => (): number => value;
  const blockPlans = (
    side: string,
    kernels: readonly string[],
    inputs: readonly number[],
    columns: number,
  ): WeightPlan[] => {
    const bound = (input: number): number => 1 / Math.sqrt(inputs[input] ?? 1);
    const shape = [inputs.length * columns];
    return [
      ...kernels.map((name, input) => ({
        name,
        shape: [inputs[input] ?? 0, columns],
        draw: uniform(() => bound(input)),
      })),
      { name: `${side}/bias`, shape, draw: uniform((index) => bound(Math.floor(index / columns))) },
      { name: `${side}/scale`, shape, draw: constant(1) },
      { name: `${side}/offset`, shape, draw: constant(0) },
    ];
  };
  const sidePlans = (side: string, layers: readonly DescribedLayer[]): WeightPlan[] =>
    blockPlans(
      side,
      kernelNames(side, layers),
      layers.map(({ channels }) => channels),
      width,
    );
  const positionPlan = (side: string, layers: number): WeightPlan => ({
    name: `position/${side}`,
    shape: [layers, width],
    draw: (random) => Math.sqrt(2 / (layers + width)) * random.normal(),
  });
  return [
    ...sidePlans('query', queries),
    ...sidePlans('key', keys),
    ...blockPlans('bilinear', ['bilinear/kernel'], [width], queries.length * width),
    positionPlan('query', queries.length),
    positionPlan('key', keys.length),
  ];
}
