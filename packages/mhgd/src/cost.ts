import { NO_COST } from '@distilljs/core';
import type { AuxiliaryCost, NamedVariables } from '@distilljs/core';
import type { AttentionModule } from './attention/index.js';
import { headWidth } from './attention/index.js';
import type { SensingPoint } from './compression/index.js';
import { eigenvectorMacs, headInputs } from './compression/index.js';

/** The parts that MHGD adds to the networks. */
export interface Beside {
  readonly points: readonly SensingPoint[];
  readonly modules: readonly AttentionModule[];
  readonly trained: NamedVariables;
}

/**
 * Trained parameters besides the student's, and multiply–accumulates per image of a forward pass in phase `transfer`.
 * These cover projections, and compression, sketches, embeddings and scores of both networks. Nothing at inference.
 */
export function costOf(
  { points, modules, trained }: Beside,
  { candidates, heads }: { readonly candidates: number; readonly heads: number },
  batchSize: number,
): AuxiliaryCost {
  const compression = compressionMacs(points, 1, candidates);
  const attention = modules.reduce((sum, _, index) => {
    const [front, back] = [index, index + 1].map((at) => headInputs(points[at] as SensingPoint)) as [
      number,
      number,
    ];
    return sum + 2 * headWidth(front, back) * heads * (front + back + batchSize);
  }, 0);
  const sketches = points.reduce((sum, { sketch }) => sum + 2 * (sketch?.size ?? 0), 0);
  return {
    ...NO_COST,
    trainParameters: parameterCount(trained),
    trainMacs: compression + attention + sketches,
  };
}

/** Multiply–accumulates per image of projecting and compressing the maps of both networks. */
export function compressionMacs(
  points: readonly SensingPoint[],
  vectors: number,
  candidates: number,
): number {
  return points.reduce((sum, { channels, teacherPositions, studentPositions, projection }) => {
    const projected = projection === undefined ? 0 : studentPositions * projection.kernel.size;
    const teacher = eigenvectorMacs(teacherPositions, channels, vectors);
    return sum + projected + teacher + eigenvectorMacs(studentPositions, channels, candidates);
  }, 0);
}

export function parameterCount(variables: NamedVariables): number {
  return Object.values(variables).reduce((sum, { size }) => sum + size, 0);
}
