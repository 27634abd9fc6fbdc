import { DistillError, expectOption, optional, wholeNumber } from '@distilljs/core';
import { matchRanks } from './recall.js';
import {
  aRow,
  cosine,
  expectEach,
  expectLength,
  expectParts,
  expectRows,
  expectSameWidth,
  unitTable,
} from './unit-table.js';
import type { EmbeddingRows } from './unit-table.js';

/**
 * Identity and, optionally, camera of each query and gallery image. Give the cameras of both sides, which turns on the
 * camera filter of {@link reid}, or of neither.
 */
export interface ReidLabels {
  readonly queryIds: ArrayLike<number>;
  readonly galleryIds: ArrayLike<number>;
  readonly queryCameras?: ArrayLike<number> | undefined;
  readonly galleryCameras?: ArrayLike<number> | undefined;
  /** Number of ranks of the CMC curve. Default: 50, or the gallery's size if smaller. */
  readonly ranks?: number | undefined;
}

/** Queries and gallery as embeddings of one network in inference mode. */
export interface ReidOptions extends ReidLabels {
  readonly queries: EmbeddingRows;
  readonly gallery: EmbeddingRows;
}

/** Distances of queries to gallery images, `[queries][gallery]`; smaller is nearer. */
export interface ReidDistanceOptions extends ReidLabels {
  readonly distances: readonly ArrayLike<number>[];
}

/** Result of {@link reid}; shares are in `[0, 1]`. */
export interface ReidResult {
  /** `cmc[k − 1]`: share of the evaluated queries with a match among the first k. */
  readonly cmc: Float64Array;
  /** Mean of {@link averagePrecisions}; NaN when no query could be evaluated. */
  readonly meanAveragePrecision: number;
  /** Per evaluated query, in order. */
  readonly averagePrecisions: Float64Array;
  /** Indices of the queries left out because the gallery holds no match for them. */
  readonly skippedQueries: readonly number[];
}

/**
 * Person re-identification: cumulative matching characteristic (CMC) and mean average precision (mAP) by cosine
 * similarity.
 *
 * For each query the gallery is sorted by falling similarity. With cameras, entries of the same person seen by the same
 * camera are removed first. `AP = mean over matches of (matches so far / rank)`, `mAP` = mean over queries; queries
 * without a match are skipped. Ties keep the gallery's order.
 *
 * @throws DistillError code `shape` when lengths or widths do not match, `option` for cameras on one side only or
 *   `ranks` below 1
 * @see Peng et al., ICCV 2019 (arXiv 1904.01802), tables 3 and 5 to 7: rank-1, rank-5 and mAP on MSMT17
 *
 * Certainty: the paper states no formulas; these are common practice (torchreid's `metrics/rank.py`).
 */
export function reid(options: ReidOptions): ReidResult {
  expectParts('reid', options, ['queries', 'gallery']);
  const queries = unitTable('reid(queries)', options.queries);
  const gallery = unitTable('reid(gallery)', options.gallery);
  expectSameWidth('reid(gallery)', queries, gallery);
  const scores = new Float64Array(gallery.size);
  return evaluate(options, queries.size, gallery.size, (query) => {
    for (let position = 0; position < scores.length; position++) {
      scores[position] = cosine(queries, query, gallery, position);
    }
    return scores;
  });
}

/**
 * {@link reid} for precomputed distances (another metric, re-ranking).
 *
 * @throws DistillError code `shape` when lengths do not match, `numeric` for NaN and Infinity, `option` as for
 *   {@link reid}
 */
export function reidFromDistances(options: ReidDistanceOptions): ReidResult {
  expectParts('reidFromDistances', options, ['distances']);
  const { distances } = options;
  expectEach('reidFromDistances(distances)', distances, aRow);
  const galleryCount = distances[0]?.length ?? 0;
  expectRows('reidFromDistances(distances)', distances, galleryCount);
  return evaluate(options, distances.length, galleryCount, (query) =>
    Float64Array.from(distances[query] ?? [], (distance) => -distance),
  );
}

function evaluate(
  labels: ReidLabels,
  queryCount: number,
  galleryCount: number,
  scoresOf: (query: number) => ArrayLike<number>,
): ReidResult {
  const { queryIds, galleryIds, queryCameras, galleryCameras } = labels;
  expectLength('reid(queryIds)', queryIds, queryCount);
  expectLength('reid(galleryIds)', galleryIds, galleryCount);
  expectOption('reid(ranks)', labels.ranks, optional(wholeNumber({ min: 1 })));
  expectCameras(labels);
  if (queryCameras !== undefined) expectLength('reid(queryCameras)', queryCameras, queryCount);
  if (galleryCameras !== undefined) expectLength('reid(galleryCameras)', galleryCameras, galleryCount);

  const firstMatches = new Float64Array(Math.min(labels.ranks ?? 50, galleryCount));
  const averagePrecisions: number[] = [];
  const skippedQueries: number[] = [];
  for (let query = 0; query < queryCount; query++) {
    const ranks = matchRanks(scoresOf(query), (position) => {
      if (galleryIds[position] !== queryIds[query]) return 'other';
      const sameCamera = queryCameras && galleryCameras && galleryCameras[position] === queryCameras[query];
      return sameCamera ? 'ignored' : 'match';
    });
    const first = ranks[0];
    if (first === undefined) {
      skippedQueries.push(query);
      continue;
    }
    if (first <= firstMatches.length) firstMatches[first - 1] = (firstMatches[first - 1] ?? 0) + 1;
    averagePrecisions.push(ranks.reduce((sum, rank, before) => sum + (before + 1) / rank, 0) / ranks.length);
  }

  const evaluated = averagePrecisions.length;
  let found = 0;
  return {
    cmc: firstMatches.map((count) => {
      found += count;
      return found / evaluated;
    }),
    meanAveragePrecision: averagePrecisions.reduce((sum, value) => sum + value, 0) / evaluated,
    averagePrecisions: Float64Array.from(averagePrecisions),
    skippedQueries,
  };
}

function expectCameras({ queryCameras, galleryCameras }: ReidLabels): void {
  if ((queryCameras === undefined) === (galleryCameras === undefined)) return;
  throw new DistillError({
    code: 'option',
    where: galleryCameras === undefined ? 'reid(galleryCameras)' : 'reid(queryCameras)',
    expected: 'the cameras of queries and gallery, or of neither',
    got: galleryCameras === undefined ? 'those of the queries alone' : 'those of the gallery alone',
  });
}
