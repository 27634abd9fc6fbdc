import { expectOption, oneOf, optional, wholeNumber } from '@distilljs/core';
import { aNumber, cosine, expectEach, expectLength, expectParts, unitTable } from './unit-table.js';
import type { EmbeddingRows } from './unit-table.js';

/** Role of a gallery entry for a query. */
export type GalleryRole = 'match' | 'other' | 'ignored';

/**
 * Ranks of a query's matches, counted from 1, with the gallery sorted by falling score and ignored entries removed.
 * Ties keep the gallery's order.
 *
 * Only the matches are sorted: O(gallery · log matches).
 *
 * @param scores score of each gallery entry, higher is nearer
 * @param role of each entry
 * @returns ascending; empty when there is no match
 */
export function matchRanks(scores: ArrayLike<number>, role: (position: number) => GalleryRole): Int32Array {
  const score = (position: number): number => scores[position] ?? 0;
  const precedes = (a: number, b: number): boolean => score(a) > score(b) || (score(a) === score(b) && a < b);
  const matches: number[] = [];
  const others: number[] = [];
  for (let position = 0; position < scores.length; position++) {
    const entry = role(position);
    if (entry === 'match') matches.push(position);
    else if (entry === 'other') others.push(position);
  }
  if (matches.length === 0) return new Int32Array();
  matches.sort((a, b) => (precedes(a, b) ? -1 : 1));
  const othersBefore = new Int32Array(matches.length);
  for (const other of others) {
    let low = 0;
    let high = matches.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (precedes(other, matches[middle] ?? 0)) high = middle;
      else low = middle + 1;
    }
    if (low < matches.length) othersBefore[low] = (othersBefore[low] ?? 0) + 1;
  }
  let before = 0;
  return othersBefore.map((count, matchesBefore) => {
    before += count;
    return before + matchesBefore + 1;
  });
}

/** Options of {@link recallAt}. */
export interface RecallOptions {
  readonly embeddings: EmbeddingRows;
  /** Label per row. */
  readonly labels: ArrayLike<number>;
  /** Values of k in recall@k, each at least 1, e.g. `[1, 2, 4, 8]`. */
  readonly ks: readonly number[];
  /** Images whose label no other image has: `exclude` (default) leaves them out, `miss` counts them as not found. */
  readonly singletons?: 'exclude' | 'miss' | undefined;
}

/** Result of {@link recallAt}. */
export interface RecallResult {
  /** One share in `[0, 1]` per entry of `ks`; NaN when no query counts. */
  readonly recall: readonly number[];
  /** Queries that counted. */
  readonly queries: number;
  /** Images whose label no other image has. */
  readonly singletons: number;
}

/**
 * Recall@k of retrieval: every image queries all others by cosine similarity. A query succeeds if one of the k nearest
 * images shares its label. Ties keep the order of the rows.
 *
 * Certainty: common practice in metric learning; not in Peng et al., ICCV 2019.
 *
 * @throws DistillError code `shape` when lengths or widths do not match, `option` for a k that is not a whole number
 *   above 0 or an unknown value of `singletons`
 */
export function recallAt(options: RecallOptions): RecallResult {
  expectParts('recallAt', options, ['embeddings', 'labels', 'ks']);
  const { labels, ks } = options;
  const table = unitTable('recallAt(embeddings)', options.embeddings);
  expectLength('recallAt(labels)', labels, table.size);
  expectOption('recallAt(singletons)', options.singletons, optional(oneOf('exclude', 'miss')));
  expectEach('recallAt(ks)', ks, aNumber);
  for (const k of ks) expectOption('recallAt(ks)', k, wholeNumber({ min: 1 }));
  const scores = new Float64Array(table.size);
  const found = ks.map(() => 0);
  let singletons = 0;
  for (let query = 0; query < table.size; query++) {
    for (let position = 0; position < table.size; position++) {
      scores[position] = cosine(table, query, table, position);
    }
    const [first] = matchRanks(scores, (position) => {
      if (position === query) return 'ignored';
      return labels[position] === labels[query] ? 'match' : 'other';
    });
    if (first === undefined) {
      singletons++;
      continue;
    }
    ks.forEach((k, index) => {
      if (first <= k) found[index] = (found[index] ?? 0) + 1;
    });
  }
  const queries = options.singletons === 'miss' ? table.size : table.size - singletons;
  return { recall: found.map((count) => count / queries), queries, singletons };
}
