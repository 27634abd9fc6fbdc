import { describe, expect, it, test } from 'vitest';
import {
  bestThreshold,
  classCosines,
  identification,
  kFoldAccuracy,
  pairScores,
  recallAt,
  reid,
  reidFromDistances,
  tarAtFar,
} from '../src/index.js';

test.each([
  [
    'labels',
    () => recallAt({ embeddings: [[1], [2]], labels: [0], ks: [1] }),
    /recallAt\(labels\): expected one value per row, 2, got 1/,
  ],
  [
    'ragged rows',
    () => classCosines([[1, 2], [1]], [0, 1]),
    /expected rows of one width, 2, got 1 values in row 1/,
  ],
  [
    'a flat table',
    () => classCosines({ data: [1, 2, 3], width: 2 }, [0]),
    /multiple of the width 2 .*got 3 values/,
  ],
  ['NaN', () => classCosines([[NaN, 1]], [0]), /expected finite embeddings, got NaN or Infinity in row 0/],
  [
    'two networks',
    () => reid({ queries: [[1, 2]], gallery: [[1]], queryIds: [0], galleryIds: [0] }),
    /reid\(gallery\): expected embeddings of the same width as the others, 2, got 1/,
  ],
  [
    'too many distractors',
    () => identification({ probes: [[1]], mates: [[1]], distractors: [[1]], counts: [2] }),
    /identification\(counts\): expected whole numbers up to the number of distractors, 1, got 2/,
  ],
  [
    'a row that is not there',
    () => identification({ probes: [[1]], mates: [[1]], distractors: [[1]], counts: [1], pairs: [[0, 1]] }),
    /identification\(pairs\)/,
  ],
  [
    'no impostor pair',
    () => tarAtFar({ genuine: [1], impostor: [] }, [0]),
    /tarAtFar: expected at least one genuine and one impostor pair/,
  ],
  ['pairs', () => kFoldAccuracy([1], [true]), /kFoldAccuracy: expected as many scores as answers/],
  [
    'folds',
    () => kFoldAccuracy([0.9, 0.1, 0.8, 0.2], [true, false, true, false], 2.5),
    /kFoldAccuracy\(folds\): expected a whole number, at least 2, got 2\.5/,
  ],
  [
    'NaN scores',
    () => bestThreshold({ genuine: [1], impostor: [0, NaN] }),
    /bestThreshold: expected scores that are numbers, got NaN as impostor score 1/,
  ],
  [
    'NaN distances',
    () => reidFromDistances({ distances: [[NaN, 0.2, NaN]], queryIds: [0], galleryIds: [0, 1, 0] }),
    /reidFromDistances\(distances\): expected finite numbers, got NaN in row 0/,
  ],
  [
    'distances of several lengths',
    () => reidFromDistances({ distances: [[1, 2], [1]], queryIds: [0, 1], galleryIds: [0, 1] }),
    /reidFromDistances\(distances\): expected rows of one width, 2, got 1 values in row 1/,
  ],
  [
    'cameras of the queries alone',
    () => reidFromDistances({ distances: [[1]], queryIds: [0], galleryIds: [0], queryCameras: [1] }),
    /reid\(galleryCameras\): expected the cameras of .* or of neither, got those of the queries alone/,
  ],
  [
    'cameras of the gallery alone',
    () => reid({ queries: [[1]], gallery: [[1]], queryIds: [0], galleryIds: [0], galleryCameras: [1] }),
    /reid\(queryCameras\): expected the cameras of .* or of neither, got those of the gallery alone/,
  ],
  [
    'ranks',
    () => reidFromDistances({ distances: [[1]], queryIds: [0], galleryIds: [0], ranks: -1 }),
    /reid\(ranks\): expected a whole number, at least 1, got -1/,
  ],
  [
    'k',
    () => recallAt({ embeddings: [[1], [2]], labels: [0, 0], ks: [1, 0] }),
    /recallAt\(ks\): expected a whole number, at least 1, got 0/,
  ],
])('%s that do not fit are refused', (_what, act, message) => {
  expect(act).toThrow(message);
});

test.each([-0.5, NaN, 2])('a FAR of %d is refused', (far) => {
  expect(() => tarAtFar({ genuine: [0.9], impostor: [0.1] }, [0, far])).toThrow(
    `tarAtFar(fars): expected a number from 0 to 1, got ${far}`,
  );
});

describe('what is none of its arguments is refused in words by', () => {
  it.each<[string, (given: never) => unknown]>([
    ['identification', identification],
    ['recallAt', recallAt],
    ['reid', reid],
    ['reidFromDistances', reidFromDistances],
    ['bestThreshold', bestThreshold],
    ['pairScores', (given) => pairScores(given, given)],
    ['classCosines', (given) => classCosines(given, given)],
  ])('%s', (name, call) => {
    for (const given of [undefined, null, 7, 'x', () => 1])
      expect(() => call(given as never)).toThrow(new RegExp(`^${name}.*: expected (?:an object|a list)`));
  });
});
