import { attentionWeightShapes } from './attention/index.js';
import type { AuxiliaryCost } from '@distilljs/core';
import type { LayerPair } from './layer-pair.js';
import { groupByGrid } from './map/index.js';
import type { Grid } from './map/index.js';

/**
 * Training cost of the attention: its weights, and the multiply–accumulates per image of the linear and bilinear maps,
 * the energy maps, the resampling and the comparisons. The exported student has no such cost.
 */
export function attentionCost({ teacher, student, attention, matching }: LayerPair): AuxiliaryCost {
  const { queries, keys, width } = attention;
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const weights = Object.values(attentionWeightShapes(attention));
  const linear = sum([...queries, ...keys].map(({ channels }) => channels * width));
  const bilinear = keys.length * width * queries.length * width;
  const products = keys.length * queries.length * width;
  const energies = sum([...teacher, ...student].map((map) => map.height * map.width * map.channels));
  const [own, other] = matching.grid === 'teacher' ? [teacher, student] : [student, teacher];
  const comparisons = sum(
    groupByGrid(own).map((grid) => {
      const resampling = sum(other.map((map) => resamplingMacs(map, grid)));
      return resampling + grid.layers.length * other.length * grid.height * grid.width;
    }),
  );
  return {
    trainParameters: sum(weights.map((shape) => shape.reduce((size, axis) => size * axis, 1))),
    trainMacs: linear + bilinear + products + energies + comparisons,
    inferenceParameters: 0,
    inferenceMacs: 0,
  };
}

function resamplingMacs(from: Grid, to: Grid): number {
  if (from.height === to.height && from.width === to.width) return 0;
  return from.height * from.width * to.width + from.height * to.width * to.height;
}
