import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { describeOnEngines } from '@distilljs/core/testing';
import { expect, test } from 'vitest';
import {
  aboveUniform,
  attentionLoss,
  layerMaps,
  runsOfOneShape,
  stageMedoids,
  topMask,
} from '../src/index.js';
import { matchedByLoops } from './by-loops.js';
import type { LoopMatch } from './by-loops.js';
import {
  asTensor3D,
  base,
  baseParams,
  goldenMatch,
  goldenWeights,
  largestGap,
  matched,
  matching,
  rtkParams,
  studentFeatures,
  teacherFeatures,
} from './golden.js';
import type { Numbers } from './golden.js';

const values = (x: tf.Tensor): Numbers => x.arraySync();

const rules = ['none', 'topk', 'aboveUniform', 'stageMedoid', 'bestMatch'] as const;
const combinations = (['teacher-query', 'student-query'] as const).flatMap((direction) =>
  (['teacher', 'student'] as const).flatMap((grid) => rules.map((select) => ({ direction, grid, select }))),
);

/** Energy maps of a run on one grid, with random values. */
const runOf = (length: number, seed: number): ReturnType<typeof layerMaps> =>
  layerMaps(
    Array.from({ length }, (_, layer) =>
      tf.randomUniform<tf.Rank.R4>([64, 5, 5, 3], 0, 1, 'float32', seed + layer),
    ),
    true,
  );

await describeOnEngines('selection', () => {
  test.each(combinations)(
    '$select, $direction on the $grid grid is what loops over the pairs give',
    (how) => {
      const keep = how.direction === 'teacher-query' && how.select === 'topk' ? 1 : 2;
      const params = how.direction === 'teacher-query' ? baseParams : rtkParams;
      tf.tidy(() => {
        const all = values(
          goldenMatch(params, matching({ ...how, select: 'none' })).attention,
        ) as number[][][];
        const match = goldenMatch(params, matching(how, keep));
        const expected = all.map((attention, image) =>
          matchedByLoops(
            base.teacherFeatures.map((map) => map[image] ?? []),
            base.studentFeatures.map((map) => map[image] ?? []),
            attention,
            { direction: how.direction, grid: how.grid, rule: how.select, keep },
          ),
        );
        const every = (part: keyof LoopMatch): Numbers => expected.map((each) => each[part]);
        const kept = tf.mul(
          tf.onesLike(match.attention),
          tf.mul(match.kept.keys ?? 1, match.kept.queries ?? 1),
        );
        expect(values(kept)).toEqual(every('kept'));
        expect(largestGap(match.distances, every('distances'))).toBeLessThan(2e-6);
        expect(largestGap(match.attention, every('attention'))).toBeLessThan(2e-6);
      });
    },
  );

  test('ties go to the earlier key', () => {
    tf.tidy(() => {
      const mask = topMask(
        asTensor3D([
          [
            [1, 3, 3, 3, 2],
            [5, 5, 5, 5, 5],
            [0, 0, 0, 0, 1],
          ],
        ]),
        2,
      );
      expect(values(mask)).toEqual([
        [
          [0, 1, 1, 0, 0],
          [1, 1, 0, 0, 0],
          [1, 0, 0, 0, 1],
        ],
      ]);
    });
  });

  test('equal keys are all kept above uniform, and one key stays at least', () => {
    tf.tidy(() => {
      for (const keys of [3, 7]) {
        expect(values(tf.sum(aboveUniform(tf.fill([1, 1, keys], 0.3))))).toBe(keys);
      }
      expect(values(aboveUniform(asTensor3D([[[0, 9, 0]]])))).toEqual([[[0, 1, 0]]]);
    });
  });

  test('the medoid of a run of two is the first, and of one that one', () => {
    tf.tidy(() => {
      for (const seed of [1, 11, 21]) {
        const two: Tensor2D = stageMedoids(runOf(2, seed), [[0, 1]]);
        expect(values(tf.sum(two, 0))).toEqual([64, 0]);
      }
      expect(values(tf.sum(stageMedoids(runOf(1, 1), [[0]])))).toBe(64);
      const spread = values(tf.sum(stageMedoids(runOf(3, 1), [[0, 1, 2]]), 0)) as number[];
      expect(Math.min(...spread)).toBeGreaterThan(0);
    });
  });
});

test('a shape that returns after another one starts a new group', () => {
  const [small, large] = [
    [2, 2, 3],
    [4, 4, 3],
  ];
  expect(runsOfOneShape([large, large, small, large] as number[][])).toEqual([[0, 1], [2], [3]]);
});

test('the loss leaves one tensor', () => {
  tf.tidy(() => {
    const weights = goldenWeights(rtkParams, 'student-query');
    const match = matched(teacherFeatures(), studentFeatures(), weights, matching({}));
    const before = tf.memory().numTensors;
    attentionLoss(match);
    expect(tf.memory().numTensors).toBe(before + 1);
  });
});
