import { cosine, expectDistributions, expectLevels, jensenShannon, pairwise, product } from './matrix.js';
import type { Matrix } from './matrix.js';

/** The hard tree: every child keeps the parent that it attends to most, the first on ties. */
export interface NeuralTree {
  /** Per level, from the images to the classes, the parent of every child. */
  readonly parents: readonly (readonly number[])[];
  /** Groups of classes that share their whole chain of experts, in order of their first class. */
  readonly groups: readonly {
    /** Experts from the class's parent back to the first level. */
    readonly chain: readonly number[];
    readonly classes: readonly number[];
  }[];
}

/**
 * The hard tree of an attention hierarchy.
 *
 * @param levels attention or its logits from the images to the classes, `[child][parent]` each
 * @throws DistillError code `shape` without levels, and for levels that do not match each other
 */
export function neuralTree(levels: readonly Matrix[]): NeuralTree {
  expectLevels('neuralTree(levels)', levels);
  const parents = levels.map((rows) => rows.map((row) => row.indexOf(Math.max(...row))));
  const groups = new Map<string, { chain: number[]; classes: number[] }>();
  (parents.at(-1) ?? []).forEach((parent, of) => {
    const chain = [parent];
    for (const level of parents.slice(0, -1).reverse()) chain.push(level[chain.at(-1) ?? 0] ?? 0);
    const key = chain.join(' ');
    const group = groups.get(key) ?? { chain, classes: [] };
    group.classes.push(of);
    groups.set(key, group);
  });
  return { parents, groups: [...groups.values()] };
}

/** Similarity of classes by what they attend to. */
export interface ClassSimilarity {
  /** Jensen–Shannon divergence in nats, `[class][class]`, 0 to ln 2. */
  readonly jensenShannon: Matrix;
  /** Cosine similarity, `[class][class]`, 0 to 1. */
  readonly cosine: Matrix;
}

/**
 * Share of each class's signal that comes from each expert of the first level, `[class][expert]`: the product of all
 * levels' attention. Rows sum to 1.
 *
 * @param levels attention from the images to the classes, `[child][parent]` each
 * @throws DistillError code `shape` without levels, for levels that do not match each other, and for rows that do not
 *   sum to 1
 */
export function attentionFlow(levels: readonly Matrix[]): Matrix {
  expectLevels('attentionFlow(levels)', levels);
  levels.forEach((level, at) => {
    expectDistributions(`attentionFlow(levels)[${at}]`, level);
  });
  return levels.reduceRight((flow, level) => product(flow, level));
}

/**
 * Pairwise similarity of the classes.
 *
 * @param rows one distribution per class: attention to the last experts, or the flow from the first
 * @throws DistillError code `shape`
 */
export function classSimilarity(rows: Matrix): ClassSimilarity {
  expectDistributions('classSimilarity(rows)', rows);
  return { jensenShannon: pairwise(rows, jensenShannon), cosine: pairwise(rows, cosine) };
}
