import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import {
  checkOptions,
  DistillError,
  expectOption,
  expectRandom,
  expectTensor,
  listOf,
  objectWith,
  shapeText,
  wholeNumber,
} from '@distilljs/core';
import type { NamedTensors, NamedVariables, OptionCheck, Random } from '@distilljs/core';
import type { AttentionWeights, LinearNorm } from './layer-attention.js';

/** The sizes that determine the weights' shapes. */
export interface AttentionShape {
  /** The querying layers in order. */
  readonly queries: readonly DescribedLayer[];
  /** The key layers in order. */
  readonly keys: readonly DescribedLayer[];
  /** d, width of queries and keys. */
  readonly width: number;
}

/** A layer as the attention describes it. */
export interface DescribedLayer {
  readonly channels: number;
}

const aLayer: OptionCheck = (value) =>
  objectWith('channels')(value) ?? wholeNumber({ min: 1 })((value as DescribedLayer).channels);

function expectAttentionShape(where: string, shape: AttentionShape): void {
  checkOptions(where, shape, {} as AttentionShape, {
    queries: listOf(aLayer, 1),
    keys: listOf(aLayer, 1),
    width: wholeNumber({ min: 1 }),
  });
}

/** One weight: its shape, and the draw of its initial values. */
interface WeightPlan {
  readonly name: string;
  readonly shape: readonly number[];
  readonly draw: (random: Random, index: number) => number;
}

/**
 * Fresh weights under stable names (`query/kernel`, `query/bias`, …, `position/key`): kernels and biases uniform in
 * `±1/√fan-in`, batch norm at scale 1 and offset 0, positions normal with variance `2 / (layers + d)`.
 *
 * @param random each weight draws from its own fork
 * @returns variables that the caller disposes
 * @throws DistillError code `option`
 */
export function createAttentionWeights(shape: AttentionShape, random: Random): NamedVariables {
  expectAttentionShape('createAttentionWeights(shape)', shape);
  expectRandom('createAttentionWeights(random)', random);
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
 * The weights, grouped by purpose.
 *
 * @param named variables of {@link createAttentionWeights}, or tensors of the same names
 * @throws DistillError code `shape` when one is missing or has another shape, `option` for an invalid `shape`
 */
export function attentionWeights(shape: AttentionShape, named: NamedTensors): AttentionWeights {
  expectAttentionShape('attentionWeights(shape)', shape);
  expectOption('attentionWeights(named)', named, objectWith());
  for (const { name, shape: expected } of weightPlans(shape)) {
    const found = named[name]?.shape;
    if (found !== undefined && tf.util.arraysEqual(found, [...expected])) {
      expectTensor(`attention weight '${name}'`, named[name]);
      continue;
    }
    throw new DistillError({
      code: 'shape',
      where: `attention weight '${name}'`,
      expected: `a tensor of shape ${shapeText(expected)}`,
      got: found === undefined ? 'nothing' : shapeText(found),
      hint: 'Pass the weights of a run with the same taps and width.',
    });
  }
  const block = (name: string): LinearNorm => ({
    kernel: named[`${name}/kernel`] as Tensor2D,
    bias: named[`${name}/bias`] as Tensor1D,
    scale: named[`${name}/scale`] as Tensor1D,
    offset: named[`${name}/offset`] as Tensor1D,
  });
  return {
    query: block('query'),
    key: block('key'),
    bilinear: block('bilinear'),
    queryPositions: named['position/query'] as Tensor2D,
    keyPositions: named['position/key'] as Tensor2D,
  };
}

function weightPlans({ queries, keys, width }: AttentionShape): WeightPlan[] {
  const channelsOf = (layers: readonly DescribedLayer[]): number[] => layers.map(({ channels }) => channels);
  return [
    ...blockPlans('query', channelsOf(queries), width),
    ...blockPlans('key', channelsOf(keys), width),
    ...blockPlans('bilinear', [width], queries.length * width),
    positionPlan('query', queries.length, width),
    positionPlan('key', keys.length, width),
  ];
}

/** @param inputs channels of each input */
function blockPlans(name: string, inputs: readonly number[], columns: number): WeightPlan[] {
  const uniform =
    (fanIn: (index: number) => number | undefined) =>
    (random: Random, index: number): number =>
      (2 * random.uniform() - 1) / Math.sqrt(fanIn(index) ?? 1);
  const channelsOfRow = inputs.flatMap((channels) => Array.from({ length: channels }, () => channels));
  const vector = [inputs.length * columns];
  return [
    {
      name: `${name}/kernel`,
      shape: [channelsOfRow.length, columns],
      draw: uniform((index) => channelsOfRow[Math.floor(index / columns)]),
    },
    { name: `${name}/bias`, shape: vector, draw: uniform((index) => inputs[Math.floor(index / columns)]) },
    { name: `${name}/scale`, shape: vector, draw: () => 1 },
    { name: `${name}/offset`, shape: vector, draw: () => 0 },
  ];
}

function positionPlan(name: string, layers: number, width: number): WeightPlan {
  return {
    name: `position/${name}`,
    shape: [layers, width],
    draw: (random) => Math.sqrt(2 / (layers + width)) * random.normal(),
  };
}
