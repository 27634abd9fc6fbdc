import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  bestThreshold,
  classCosines,
  identification,
  kFoldAccuracy,
  matePairs,
  pairScores,
  recallAt,
  reid,
  reidFromDistances,
  tarAtFar,
} from '../src/index.js';
import { matchRanks } from '../src/evaluation/recall.js';
import { golden } from './golden.js';

const { reid: reidCase, recall, verification, identification: identificationCase } = golden.metrics;
const ids = { queryIds: reidCase.queryPid, galleryIds: reidCase.galleryPid };

test('re-identification with and without the camera filter', () => {
  const filtered = reidFromDistances({
    distances: reidCase.dist,
    ...ids,
    queryCameras: reidCase.queryCam,
    galleryCameras: reidCase.galleryCam,
  });
  expect([...filtered.cmc.slice(0, 4)]).toEqual(reidCase.withCameraFilter.cmc1to4);
  expect(filtered.meanAveragePrecision).toBeCloseTo(reidCase.withCameraFilter.mAP, 12);
  expect([...filtered.averagePrecisions]).toEqual(reidCase.withCameraFilter.ap);
  expect(filtered.skippedQueries).toEqual(reidCase.withCameraFilter.skippedQueries);

  const plain = reidFromDistances({ distances: reidCase.dist, ...ids });
  expect([...plain.cmc.slice(0, 4)]).toEqual(reidCase.withoutCameraFilter.cmc1to4);
  expect(plain.meanAveragePrecision).toBeCloseTo(reidCase.withoutCameraFilter.mAP, 12);
  expect(plain.skippedQueries).toEqual(reidCase.withoutCameraFilter.skippedQueries);
});

test('re-identification by embeddings agrees with its own distances', () => {
  const queries = [
    [1, 0.2],
    [-0.3, 2],
  ];
  const gallery = [
    [3, 0.1],
    [0.2, 0.9],
    [-1, 0.4],
    [0.5, 0.5],
  ];
  const cosine = (a: number[], b: number[]): number =>
    a.reduce((sum, value, axis) => sum + value * (b[axis] ?? 0), 0) / Math.hypot(...a) / Math.hypot(...b);
  const distances = queries.map((query) => gallery.map((entry) => 1 - cosine(query, entry)));
  const labels = { queryIds: [7, 8], galleryIds: [8, 7, 8, 7], ranks: 3 };
  const found = reid({ queries, gallery, ...labels });
  expect(found).toEqual(reidFromDistances({ distances, ...labels }));
  expect(found.cmc).toHaveLength(3);
  const flat = { data: Float32Array.from(gallery.flat()), width: 2 };
  expect(reid({ queries, gallery: flat, ...labels })).toEqual(found);
});

test('ranks of matches agree with a full stable sort', () => {
  const score = fc.integer({ min: 0, max: 5 });
  const role = fc.constantFrom('match' as const, 'other' as const, 'ignored' as const);
  fc.assert(
    fc.property(fc.array(fc.tuple(score, role), { maxLength: 20 }), (gallery) => {
      const sorted = gallery.filter(([, kind]) => kind !== 'ignored').sort(([a], [b]) => b - a);
      const expected = sorted.flatMap(([, kind], index) => (kind === 'match' ? [index + 1] : []));
      const scores = gallery.map(([value]) => value);
      expect([...matchRanks(scores, (position) => gallery[position]?.[1] ?? 'ignored')]).toEqual(expected);
    }),
    { seed: 1 },
  );
});

test('recall@k', () => {
  const found = recallAt({ embeddings: recall.embeddingsUnit, labels: recall.labels, ks: [1, 2, 3] });
  expect(found.recall).toEqual([recall['recall@1'], recall['recall@2'], recall['recall@3']]);
  expect(found.queries).toBe(6);
});

test('recall@k leaves singletons out, or counts them as missed', () => {
  const embeddings = [...recall.embeddingsUnit, [0, -1]];
  const labels = [...recall.labels, 9];
  const excluded = recallAt({ embeddings, labels, ks: [1] });
  expect(excluded).toEqual({ recall: [0.5], queries: 6, singletons: 1 });
  expect(recallAt({ embeddings, labels, ks: [1], singletons: 'miss' }).recall).toEqual([3 / 7]);
});

test('TAR@FAR: thresholds and rates', () => {
  const points = tarAtFar(
    verification,
    verification.tarAtFar.map(({ far }) => far),
  );
  expect(points).toEqual(verification.tarAtFar);
});

test('TAR@FAR at the ends: nobody below every impostor passes, FAR 1 accepts all', () => {
  const scores = { genuine: [0.1, 0.2], impostor: [0.9, 0.8] };
  expect(tarAtFar(scores, [0, 1])).toEqual([
    { far: 0, threshold: Infinity, tar: 0 },
    { far: 1, threshold: 0.1, tar: 1 },
  ]);
});

test('best threshold', () => {
  const best = bestThreshold(verification);
  expect(best.accuracy).toBeCloseTo(verification.bestAccuracy, 12);
  const { genuine, impostor } = verification;
  const right =
    genuine.filter((score) => score >= best.threshold).length +
    impostor.filter((score) => score < best.threshold).length;
  expect(right / 15).toBeCloseTo(verification.bestAccuracy, 12);
});

test('k-fold accuracy judges each fold by the threshold of the others', () => {
  // Two folds. Trained on the second (genuine .4, impostor .1) t = .4: of the first fold .9 passes and .5 does too.
  // Trained on the first (genuine .9, impostor .5) t = .9: the second fold's genuine .4 is refused.
  const found = kFoldAccuracy([0.9, 0.5, 0.4, 0.1], [true, false, true, false], 2);
  expect(found.perFold).toEqual([0.5, 0.5]);
  expect(found.mean).toBe(0.5);
});

test('identification against 1, 2, 3 and 4 distractors', () => {
  const { probes, mates, distractors, results } = identificationCase;
  const counts = results.map((result) => result.distractors);
  expect(identification({ probes, mates, distractors, counts })).toEqual(results);
  // All ordered pairs of one identity, from one table.
  const pairs = matePairs([0, 1, 2, 0, 1, 2]);
  expect(pairs).toEqual([
    [0, 3],
    [3, 0],
    [1, 4],
    [4, 1],
    [2, 5],
    [5, 2],
  ]);
  const table = [...probes, ...mates];
  const both = identification({ probes: table, mates: table, distractors, counts: [4, 1], pairs });
  expect(both.map(({ hits }) => [hits[0], hits[2], hits[4]])).toEqual([results[3]?.hits, results[0]?.hits]);
});

test('pair scores and mean cosines agree with loops over pairs', () => {
  const embeddings = recall.embeddingsUnit;
  const { labels } = recall;
  const { genuine, impostor } = pairScores(embeddings, labels);
  expect(genuine).toHaveLength(6);
  expect(impostor).toHaveLength(9);
  const mean = (values: ArrayLike<number>): number =>
    Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
  const found = classCosines(
    embeddings.map((row, index) => row.map((value) => value * (index + 1))),
    labels,
  );
  expect(found.intra).toBeCloseTo(mean(genuine), 6);
  expect(found.inter).toBeCloseTo(mean(impostor), 6);
});

test('a zero embedding has cosine 0 with everything', () => {
  expect(
    pairScores(
      [
        [0, 0],
        [1, 0],
        [0, 1],
      ],
      [0, 0, 1],
    ),
  ).toEqual({
    genuine: Float32Array.from([0]),
    impostor: Float32Array.from([0, 0]),
  });
});
