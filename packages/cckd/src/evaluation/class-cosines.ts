import { expectLength } from './expect-length.js';
import { unitTable } from './unit-table.js';
import type { EmbeddingRows } from './unit-table.js';

/** Mean cosine within classes and between them; NaN where there is no such pair. */
export interface ClassCosines {
  readonly intra: number;
  readonly inter: number;
}

/**
 * Mean cosine of all pairs of different images of one class (`intra`) and of two classes (`inter`): the diagnostic of the
 * paper's figure 4, where correlation congruence raises the first and leaves the second nearly alone.
 *
 * Uses `Σ_{i≠j} x_i·x_j = ‖Σ x_i‖² − Σ ‖x_i‖²`: one pass instead of all pairs.
 *
 * @throws DistillError code `shape` when lengths or widths do not fit
 * @see Peng et al., ICCV 2019 (arXiv 1904.01802), figure 4
 */
export function classCosines(embeddings: EmbeddingRows, labels: ArrayLike<number>): ClassCosines {
  const table = unitTable('classCosines(embeddings)', embeddings);
  expectLength('classCosines(labels)', labels, table.size);
  const { width } = table;
  const all = emptyGroup(width);
  const classes = new Map<number, Group>();
  for (let row = 0; row < table.size; row++) {
    const label = labels[row] ?? 0;
    const group = classes.get(label) ?? emptyGroup(width);
    classes.set(label, group);
    const values = table.data.subarray(row * width, (row + 1) * width);
    add(all, values);
    add(group, values);
  }
  let intra = 0;
  let intraPairs = 0;
  for (const group of classes.values()) {
    intra += pairSum(group);
    intraPairs += group.size * (group.size - 1);
  }
  const interPairs = all.size * (all.size - 1) - intraPairs;
  return { intra: intra / intraPairs, inter: (pairSum(all) - intra) / interPairs };
}

interface Group {
  readonly sum: Float64Array;
  squaredLengths: number;
  size: number;
}

function emptyGroup(width: number): Group {
  return { sum: new Float64Array(width), squaredLengths: 0, size: 0 };
}

function add(group: Group, values: Float32Array): void {
  group.size++;
  values.forEach((value, axis) => {
    group.sum[axis] = (group.sum[axis] ?? 0) + value;
    group.squaredLengths += value * value;
  });
}

/** Sum of the cosines of all ordered pairs of different rows. */
function pairSum(group: Group): number {
  return group.sum.reduce((sum, value) => sum + value * value, 0) - group.squaredLengths;
}
