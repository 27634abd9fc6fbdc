import {
  classCosines,
  identification,
  matePairs,
  pairScores,
  recallAt,
  reid,
  tarAtFar,
} from '@distilljs/cckd';
import type { FlatEmbeddings } from '@distilljs/cckd';

/** Embeddings of images with their labels. */
export interface EmbeddedSet {
  readonly embeddings: FlatEmbeddings;
  /** Identity or class per image. */
  readonly labels: Int32Array;
  /** Camera per image, where all are known. */
  readonly cameras?: Int32Array | undefined;
}

/** What a network is measured on. */
export interface EmbeddedSets {
  /** Without a gallery, each image is a query for the others. */
  readonly query: EmbeddedSet;
  readonly gallery?: EmbeddedSet | undefined;
  readonly distractors?: FlatEmbeddings | undefined;
}

/** Measures by name. Shares are in 0…1, cosines in −1…1; NaN where nothing could be measured. */
export type Measures = Readonly<Record<string, number>>;

/** Most images whose pairs fit into memory and are compared in seconds. */
const MOST_FOR_PAIRS = 5000;

/**
 * Measures by the protocols that fit the sets. With a gallery: re-identification (CMC and mAP, without images of the query's identity
 * from its own camera). Without: recall@k, verification (TAR at FAR) and the cosines within and between identities. With distractors
 * also: identification against growing numbers of them.
 */
export function measure({ query, gallery, distractors }: EmbeddedSets): Measures {
  const found = gallery === undefined ? amongThemselves(query) : reidentification(query, gallery);
  return distractors === undefined ? found : { ...found, ...againstDistractors(query, gallery, distractors) };
}

function reidentification(query: EmbeddedSet, gallery: EmbeddedSet): Measures {
  const haveCameras = query.cameras !== undefined && gallery.cameras !== undefined;
  const { cmc, meanAveragePrecision } = reid({
    queries: query.embeddings,
    gallery: gallery.embeddings,
    queryIds: query.labels,
    galleryIds: gallery.labels,
    ...(haveCameras ? { queryCameras: query.cameras, galleryCameras: gallery.cameras } : {}),
  });
  const rank = (k: number): number => cmc[Math.min(k, cmc.length) - 1] ?? NaN;
  return { 'rank-1': rank(1), 'rank-5': rank(5), 'rank-10': rank(10), mAP: meanAveragePrecision };
}

const RECALL = [1, 2, 4, 8];
const FARS = [0.01, 0.001];

function amongThemselves({ embeddings, labels }: EmbeddedSet): Measures {
  const { recall } = recallAt({ embeddings, labels, ks: RECALL });
  const { intra, inter } = classCosines(embeddings, labels);
  const found: Record<string, number> = {};
  RECALL.forEach((k, at) => (found[`recall@${k}`] = recall[at] ?? NaN));
  if (labels.length <= MOST_FOR_PAIRS) {
    const scores = pairScores(embeddings, labels);
    const isPossible = scores.genuine.length > 0 && scores.impostor.length > 0;
    for (const { far, tar } of isPossible ? tarAtFar(scores, FARS) : []) found[`TAR@FAR ${far}`] = tar;
  }
  return { ...found, 'cosine within': intra, 'cosine between': inter };
}

function againstDistractors(
  query: EmbeddedSet,
  gallery: EmbeddedSet | undefined,
  distractors: FlatEmbeddings,
): Measures {
  const size = distractors.data.length / distractors.width;
  const powers = [10, 100, 1000, 10_000, 100_000, 1_000_000].filter((count) => count < size);
  const counts = [...powers, size];
  const mates = gallery ?? query;
  const pairs =
    gallery === undefined ? matePairs(query.labels) : matesInGallery(query.labels, gallery.labels);
  if (pairs.length === 0) return {};
  const results = identification({
    probes: query.embeddings,
    mates: mates.embeddings,
    distractors,
    counts,
    pairs,
  });
  return Object.fromEntries(results.map(({ distractors: count, rank1 }) => [`rank-1 of ${count}`, rank1]));
}

/** Pairs of each query with each gallery image of its identity. */
function matesInGallery(queryIds: Int32Array, galleryIds: Int32Array): (readonly [number, number])[] {
  const rows = new Map<number, number[]>();
  galleryIds.forEach((identity, row) => {
    const known = rows.get(identity);
    if (known === undefined) rows.set(identity, [row]);
    else known.push(row);
  });
  return Array.from(queryIds).flatMap((identity, query) =>
    (rows.get(identity) ?? []).map((mate) => [query, mate] as const),
  );
}
