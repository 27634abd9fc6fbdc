import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import type { FeatureMap, NamedTensors } from '@distilljs/core';
import {
  attentionLoss,
  attentionWeights,
  baseDefaults,
  layerMaps,
  matchLayers,
  rtkDefaults,
  studentQuery,
} from '../src/index.js';
import type {
  AttentionOptions,
  AttentionShape,
  AttentionWeights,
  LayerMatch,
  Matching,
} from '../src/index.js';
import golden from './fixtures/rtk-golden.json' with { type: 'json' };

export { golden };

/** Nested numbers of any depth. */
export type Numbers = number | readonly Numbers[];

type Block = Readonly<Record<'kernel' | 'bias' | 'gamma' | 'beta' | 'runMean' | 'runVar', Numbers>>;

/** Weights of the attention as the file holds them. */
export interface GoldenParams {
  readonly query: readonly Block[];
  readonly key: readonly Block[];
  readonly bilinear: Block;
  readonly pT: Numbers;
  readonly pS: Numbers;
}

export const base = golden.afd;
export const baseParams: GoldenParams = golden.afd.params;
export const rtkParams: GoldenParams = golden.rtkA.params;

export function tensor(values: Numbers): tf.Tensor {
  return tf.tensor(values);
}

export function featureMaps(maps: readonly Numbers[]): FeatureMap[] {
  return maps.map((map) => tensor(map) as FeatureMap);
}

export const studentFeatures = (): FeatureMap[] => featureMaps(base.studentFeatures);
export const teacherFeatures = (): FeatureMap[] => featureMaps(base.teacherFeatures);

export function attentionShape(params: GoldenParams): AttentionShape {
  const layers = (blocks: readonly Block[]): AttentionShape['queries'] =>
    blocks.map(({ kernel }) => ({ channels: (kernel as Numbers[]).length }));
  return { queries: layers(params.query), keys: layers(params.key), width: 4 };
}

/** The file's weights by our names; per-layer biases and batch norms stand side by side here. */
export function namedWeights(params: GoldenParams, direction: AttentionOptions['direction']): NamedTensors {
  const blocks = { query: params.query, key: params.key, bilinear: [params.bilinear] };
  const named: Record<string, tf.Tensor> = {};
  for (const [side, list] of Object.entries(blocks)) {
    named[`${side}/kernel`] = tensor(list.flatMap(({ kernel }) => kernel));
    named[`${side}/bias`] = sideBySide(list.map(({ bias }) => bias));
    named[`${side}/scale`] = sideBySide(list.map(({ gamma }) => gamma));
    named[`${side}/offset`] = sideBySide(list.map(({ beta }) => beta));
  }
  const [queries, keys] = direction === 'teacher-query' ? [params.pT, params.pS] : [params.pS, params.pT];
  return { ...named, 'position/query': tensor(queries), 'position/key': tensor(keys) };
}

/** A gradient of the file as a part of one of ours: what stands from `from` on in the flattened tensor `name`. */
export interface GradientPart {
  readonly of: string;
  readonly name: string;
  readonly from: number;
  readonly values: readonly number[];
}

/** The file's gradients, each with its place in ours. */
export function gradientParts(
  gradients: Readonly<Record<string, Numbers>>,
  params: GoldenParams,
  direction: AttentionOptions['direction'],
): GradientPart[] {
  const ours = { kernel: 'kernel', bias: 'bias', gamma: 'scale', beta: 'offset' } as const;
  const positions = direction === 'teacher-query' ? { pT: 'query', pS: 'key' } : { pT: 'key', pS: 'query' };
  return Object.entries(gradients).map(([of, numbers]) => {
    const values = flattened(numbers);
    const [, side = '', layer = '0', part = ''] = /^(query|key|bilinear)(\d*)\.(\w+)$/.exec(of) ?? [];
    if (part === '') return { of, name: `position/${positions[of as 'pT' | 'pS']}`, from: 0, values };
    const field = part as keyof typeof ours;
    const before = side === 'bilinear' ? [] : params[side as 'query' | 'key'].slice(0, Number(layer));
    const from = before.reduce((sum, block) => sum + flattened(block[field]).length, 0);
    return { of, name: `${side}/${ours[field]}`, from, values };
  });
}

/** Largest gap between a part and our gradient. */
export function partGap(
  found: Readonly<Record<string, tf.Tensor>>,
  { name, from, values }: GradientPart,
): number {
  const gradient = tf.reshape(found[name] as tf.Tensor, [-1]);
  return largestGap(tf.slice(gradient, [from], [values.length]), values);
}

function sideBySide(vectors: readonly Numbers[]): tf.Tensor {
  return tensor(vectors.flatMap((vector) => vector as number[]));
}

/** How the base method, or RTK, matches the file's layers. */
export function matching(options: Partial<AttentionOptions>, keep = 2): Matching {
  const defaults = options.direction === 'teacher-query' ? baseDefaults : { ...rtkDefaults, ...studentQuery };
  const { direction, grid, distance, select } = { ...defaults, ...options };
  return { direction, grid, distance, rule: select, keep, runs: [[0, 1, 2], [3]] };
}

/** The match of some maps with some weights. */
export function matched(
  teacher: readonly FeatureMap[],
  student: readonly FeatureMap[],
  weights: AttentionWeights,
  how: Matching,
): LayerMatch {
  return matchLayers(layerMaps(teacher, true), layerMaps(student, false), weights, how);
}

/** The match of the file's maps with the file's weights. */
export function goldenMatch(params: GoldenParams, how: Matching): LayerMatch {
  return matched(teacherFeatures(), studentFeatures(), goldenWeights(params, how.direction), how);
}

export function goldenWeights(
  params: GoldenParams,
  direction: AttentionOptions['direction'],
): AttentionWeights {
  return attentionWeights(attentionShape(params), namedWeights(params, direction));
}

/** Gradients of the loss: per student map, and per weight by name. */
export function goldenGradients(
  params: GoldenParams,
  how: Matching,
): { features: tf.Tensor[]; weights: Record<string, tf.Tensor> } {
  const named = namedWeights(params, how.direction);
  const names = Object.keys(named);
  const maps = studentFeatures();
  const all = tf.grads((...xs: tf.Tensor[]) => {
    const given = Object.fromEntries(
      names.map((name, index) => [name, xs[maps.length + index] as tf.Tensor]),
    );
    const weights = attentionWeights(attentionShape(params), given);
    return attentionLoss(matched(teacherFeatures(), xs.slice(0, maps.length) as tf.Tensor4D[], weights, how));
  })([...maps, ...Object.values(named)]);
  return {
    features: all.slice(0, maps.length),
    weights: Object.fromEntries(names.map((name, index) => [name, all[maps.length + index] as tf.Tensor])),
  };
}

/** Largest absolute difference; Infinity when a value is NaN or the sizes differ. */
export function largestGap(found: tf.Tensor, expected: Numbers): number {
  const want = flattened(expected);
  const values = found.dataSync();
  if (values.length !== want.length) return Infinity;
  return want.reduce((worst, value, index) => {
    const gap = Math.abs((values[index] ?? NaN) - value);
    return gap <= worst ? worst : Number.isNaN(gap) ? Infinity : gap;
  }, 0);
}

export function largest(values: Numbers): number {
  return Math.max(...flattened(values).map(Math.abs));
}

function flattened(values: Numbers): number[] {
  return typeof values === 'number' ? [values] : values.flatMap(flattened);
}

export const asTensor3D = (values: Numbers): Tensor3D => tensor(values) as Tensor3D;
