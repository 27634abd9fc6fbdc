import { UNLABELLED } from '../data/index.js';
import type { CheckedDataset } from '../data/index.js';

/** Weights of the same ratios with mean 1: equal ones change nothing, whatever their size. */
export function withMeanOne(weights: Float32Array): Float32Array {
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length || 1;
  return weights.map((weight) => weight / mean);
}

/** Of unlabelled images 0; undefined where every image has a label and counts the same, or none has one. */
export function labelWeights({ labels, weights }: CheckedDataset): Float32Array | undefined {
  const isPartly = labels.includes(UNLABELLED) && labels.some((label) => label !== UNLABELLED);
  if (!isPartly) return weights && withMeanOne(weights);
  return withMeanOne(Float32Array.from(labels, (label, at) => (label < 0 ? 0 : (weights?.[at] ?? 1))));
}
