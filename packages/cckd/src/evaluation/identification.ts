import { DistillError, expectOption, listOf, optional, wholeNumber } from '@distilljs/core';
import {
  aLabel,
  cosine,
  expectEach,
  expectLength,
  expectParts,
  expectSameWidth,
  unitTable,
} from './unit-table.js';
import type { EmbeddingRows } from './unit-table.js';

/** Mean cosine within classes (`intra`) and between them (`inter`); NaN where there is no such pair. */
export interface ClassCosines {
  readonly intra: number;
  readonly inter: number;
}

/**
 * Mean cosine of all pairs of different images, within a class (`intra`) and across two classes (`inter`). This is the
 * diagnostic of the paper's figure 4, where correlation congruence raises the first and leaves the second nearly
 * unchanged.
 *
 * Uses `Σ_{i≠j} x_i·x_j = ‖Σ x_i‖² − Σ ‖x_i‖²`: one pass instead of all pairs.
 *
 * @throws DistillError code `shape` when lengths or widths do not match
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

/** Options of {@link identification}. */
export interface IdentificationOptions {
  readonly probes: EmbeddingRows;
  readonly mates: EmbeddingRows;
  /** Images of people who are neither probe nor mate; a count `m` uses the first `m` of them. */
  readonly distractors: EmbeddingRows;
  /** Numbers of distractors, e.g. `[10, 100, 1000]`. */
  readonly counts: readonly number[];
  /** Rows `[probe, mate]` to evaluate. Default: row i with row i. See {@link matePairs}. */
  readonly pairs?: readonly (readonly [number, number])[] | undefined;
}

/** Result of {@link identification} for one number of distractors. */
export interface IdentificationResult {
  readonly distractors: number;
  /** Per pair, whether the mate came first. */
  readonly hits: readonly boolean[];
  /** Share of hits. */
  readonly rank1: number;
}

/**
 * Identification against distractors (MegaFace): the gallery of a probe is one mate and m distractors; a hit is a mate
 * that is strictly more similar (cosine) to the probe than every distractor.
 *
 * @throws DistillError code `shape` when widths differ or `pairs` name missing rows, `option` for a count above the
 *   number of distractors
 * @see Peng et al., ICCV 2019 (arXiv 1904.01802), table 4 (m = 10 … 10⁶)
 *
 * Certainty: the paper names the benchmark but states no formula; this is the usual one.
 */
export function identification(options: IdentificationOptions): readonly IdentificationResult[] {
  expectParts('identification', options, ['probes', 'mates', 'distractors', 'counts']);
  const probes = unitTable('identification(probes)', options.probes);
  const mates = unitTable('identification(mates)', options.mates);
  const distractors = unitTable('identification(distractors)', options.distractors);
  expectSameWidth('identification(mates)', probes, mates);
  expectSameWidth('identification(distractors)', probes, distractors);
  expectOption('identification(pairs)', options.pairs, optional(listOf(listOf(wholeNumber(), 2, 2))));
  const pairs = options.pairs ?? Array.from({ length: probes.size }, (_, row) => [row, row] as const);
  expectOption('identification(counts)', options.counts, listOf(wholeNumber({ min: 0 })));
  expectPairRows(pairs, probes.size, mates.size);
  expectEnoughDistractors(options.counts, distractors.size);

  const nearest = new Map<number, ReadonlyMap<number, number>>();
  for (const [probe] of pairs) {
    if (nearest.has(probe)) continue;
    nearest.set(
      probe,
      highestPerCount(options.counts, (position) => cosine(probes, probe, distractors, position)),
    );
  }
  return options.counts.map((count) => {
    const hits = pairs.map(
      ([probe, mate]) => cosine(probes, probe, mates, mate) > (nearest.get(probe)?.get(count) ?? -Infinity),
    );
    return { distractors: count, hits, rank1: hits.filter(Boolean).length / hits.length };
  });
}

/**
 * All ordered pairs of different rows with the same identity: the `pairs` for {@link identification} when probes and
 * mates are the same table.
 *
 * @throws DistillError code `option` for a value that is not a list of identities
 */
export function matePairs(identities: ArrayLike<number>): readonly (readonly [number, number])[] {
  expectEach('matePairs(identities)', identities, aLabel);
  const members = new Map<number, number[]>();
  for (let row = 0; row < identities.length; row++) {
    const identity = identities[row] ?? 0;
    members.set(identity, [...(members.get(identity) ?? []), row]);
  }
  return [...members.values()].flatMap((rows) =>
    rows.flatMap((probe) => rows.filter((mate) => mate !== probe).map((mate) => [probe, mate] as const)),
  );
}

/** The highest similarity among the first `count` distractors, for every count, in one pass. */
function highestPerCount(
  counts: readonly number[],
  similarity: (position: number) => number,
): ReadonlyMap<number, number> {
  const byCount = new Map<number, number>();
  let seen = 0;
  let highest = -Infinity;
  for (const count of [...new Set(counts)].sort((a, b) => a - b)) {
    for (; seen < count; seen++) highest = Math.max(highest, similarity(seen));
    byCount.set(count, highest);
  }
  return byCount;
}

function expectPairRows(pairs: readonly (readonly [number, number])[], probes: number, mates: number): void {
  const wrong = pairs.find(([probe, mate]) => probe < 0 || probe >= probes || mate < 0 || mate >= mates);
  if (wrong === undefined) return;
  throw new DistillError({
    code: 'shape',
    where: 'identification(pairs)',
    expected: `rows below ${probes} (probes) and ${mates} (mates)`,
    got: `[${wrong.join(', ')}]`,
  });
}

function expectEnoughDistractors(counts: readonly number[], size: number): void {
  const wrong = counts.find((count) => !Number.isInteger(count) || count < 0 || count > size);
  if (wrong === undefined) return;
  throw new DistillError({
    code: 'option',
    where: 'identification(counts)',
    expected: `whole numbers up to the number of distractors, ${size}`,
    got: `${wrong}`,
  });
}
