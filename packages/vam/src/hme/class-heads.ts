import { initializers, layers } from '@tensorflow/tfjs-layers';
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import { classScores, headOutputs } from './class-scores-layer.js';
import type { HeadKind } from './class-scores-layer.js';

/**
 * One head per class, and the scores of all.
 *
 * @param features per class what its head sees, `[n, width]`
 * @param before layers of a head before its last, by class
 * @returns `[n, classes]`
 */
export function classHeads(
  features: readonly SymbolicTensor[],
  head: HeadKind,
  before: (x: SymbolicTensor, name: string) => SymbolicTensor,
): SymbolicTensor {
  const outputs = features.map((x, index) => {
    const name = `head${index}`;
    return denseLayer(name, headOutputs(head)).apply(before(x, name)) as SymbolicTensor;
  });
  return classScores(head).apply(outputs) as SymbolicTensor;
}

/** Dense layer with weights normal of deviation 0.01 and bias 0, as the released code starts them. */
export function denseLayer(
  name: string,
  units: number,
  activation: 'linear' | 'relu' = 'linear',
): layers.Layer {
  const kernelInitializer = initializers.randomNormal({ mean: 0, stddev: 0.01 });
  return layers.dense({ name, units, activation, kernelInitializer });
}
