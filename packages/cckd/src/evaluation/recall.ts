import { wholeNumber } from '@distilljs/core';
import { expectOption } from '../expect-option.js';
import { expectLength } from './expect-length.js';
import { matchRanks } from './match-ranks.js';
import { cosine, unitTable } from './unit-table.js';
import type { EmbeddingRows } from './unit-table.js';

/** Options of {@link recallAt}. */
export interface RecallOptions {
  readonly embeddings: EmbeddingRows;
  /** Label per row. */
  readonly labels: ArrayLike<number>;
  /** The k of recall@k, e.g. `[1, 2, 4, 8]`. */
  readonly ks: readonly number[];
  /** An image without another of its label: leave it out (default), or count it as not found. */
  readonly singletons?: 'exclude' | 'miss' | undefined;
}

/** Result of {@link recallAt}. */
export interface RecallResult {
  /** One share in `[0, 1]` per entry of `ks`; NaN when no query counts. */
  readonly recall: readonly number[];
  /** Queries that counted. */
  readonly queries: number;
  /** Images without another of their label. */
  readonly singletons: number;
}

/**
 * Recall@k of retrieval: every image queries all others by cosine; it is found if one of the k nearest shares its label.
 * Ties keep the order of the rows.
 *
 * Certainty: common practice in metric learning; not in Peng et al., ICCV 2019.
 *
 * @throws DistillError code `shape` when lengths or widths do not fit, `option` for a k that is no whole number above 0
 */
export function recallAt(options: RecallOptions): RecallResult {
  const { labels, ks } = options;
  const table = unitTable('recallAt(embeddings)', options.embeddings);
  expectLength('recallAt(labels)', labels, table.size);
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
