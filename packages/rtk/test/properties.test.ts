import * as tf from '@tensorflow/tfjs-core';
import type { FeatureMap } from '@distilljs/core';
import { expect, test } from 'vitest';
import {
  attentionLoss,
  attentionWeights,
  createAttentionWeights,
  energyMap,
  layerMaps,
  mapDistances,
  topMask,
  aboveUniform,
  unitMaps,
} from '../src/index.js';
import { createRandom } from '@distilljs/core';
import { describeOnEngines } from './engines.js';
import {
  asTensor3D,
  attentionShape,
  base,
  baseParams,
  featureMaps,
  golden,
  goldenGradients,
  goldenMatch,
  goldenWeights,
  largest,
  largestGap,
  matched,
  matching,
  namedWeights,
  rtkParams,
  studentFeatures,
  teacherFeatures,
} from './golden.js';
import type { GoldenParams, Numbers } from './golden.js';

const how = matching({ direction: 'teacher-query' });
const values = (x: tf.Tensor): Numbers => x.arraySync() as Numbers;
const properties = golden.afdProperties;

describeOnEngines('properties', () => {
  test('attention rows sum to 1', () => {
    tf.tidy(() => {
      const sums = tf.sum(goldenMatch(baseParams, how).attention, 2);
      expect(largestGap(sums, properties.attRowSums)).toBeLessThan(1e-6);
    });
  });

  test('student layers in another order, with their weights, give the same loss', () => {
    const [first, second] = baseParams.key as readonly [
      (typeof baseParams.key)[0],
      (typeof baseParams.key)[0],
    ];
    const [pS0, pS1] = baseParams.pS as readonly [Numbers, Numbers];
    const swapped: GoldenParams = { ...baseParams, key: [second, first], pS: [pS1, pS0] };
    tf.tidy(() => {
      const match = matched(
        teacherFeatures(),
        studentFeatures().reverse(),
        goldenWeights(swapped, 'teacher-query'),
        how,
      );
      expect(largestGap(match.attention, properties.permutedStudents.att)).toBeLessThan(2e-6);
      expect(largestGap(attentionLoss(match), base.train.loss)).toBeLessThan(2e-6);
    });
  });

  test('teacher layers of one grid that stand apart are put back into their order', () => {
    // A, B, A: the grid of the first layer comes again after another.
    const order = [0, 3, 1, 2];
    tf.tidy(() => {
      const student = layerMaps(studentFeatures(), false);
      const inOrder = mapDistances(layerMaps(teacherFeatures(), true), student, 'meanSquare');
      const teacher = teacherFeatures();
      const apart = layerMaps(
        order.map((layer) => teacher[layer] as FeatureMap),
        true,
      );
      const expected = tf.gather(inOrder.distances, order, 1);
      expect(largestGap(mapDistances(apart, student, 'meanSquare').distances, values(expected))).toBe(0);
      const asOther = mapDistances(student, apart, 'meanSquare').distances;
      const other = mapDistances(student, layerMaps(teacherFeatures(), true), 'meanSquare').distances;
      expect(largestGap(asOther, values(tf.gather(other, order, 2)))).toBe(0);
    });
  });

  test('images in another order give the same loss', () => {
    const shuffled = (maps: FeatureMap[]): FeatureMap[] =>
      maps.map((map) => tf.gather(map, properties.permutedBatch.order));
    tf.tidy(() => {
      for (const [params, each] of [
        [baseParams, how],
        [rtkParams, matching({})],
      ] as const) {
        const weights = goldenWeights(params, each.direction);
        const loss = attentionLoss(
          matched(shuffled(teacherFeatures()), shuffled(studentFeatures()), weights, each),
        );
        expect(largestGap(loss, values(attentionLoss(goldenMatch(params, each))))).toBeLessThan(1e-6);
      }
    });
  });

  test('a distance is (2 − 2 cos) / pixels, the direct mean of squares, and at most 2 / pixels', () => {
    tf.tidy(() => {
      const teacher = layerMaps(teacherFeatures(), true);
      const student = layerMaps(studentFeatures(), false);
      const { distances } = mapDistances(teacher, student, 'meanSquare');
      const direct = teacher.groups.map((group) => {
        const [v, w] = [teacher.ofGroup(group).units, student.onGrid(group).units];
        return tf.mean(tf.squaredDifference(tf.expandDims(v, 2), tf.expandDims(w, 1)), 3);
      });
      expect(largestGap(distances, values(tf.concat(direct, 1)))).toBeLessThan(1e-6);
      expect(tf.min(distances).arraySync()).toBeGreaterThanOrEqual(0);
      const loss = attentionLoss(goldenMatch(baseParams, how)).arraySync();
      expect(loss).toBeLessThanOrEqual(properties.lossUpperBound);
    });
  });

  test('a scaled copy is at distance 0, and scaling either map changes nothing', () => {
    tf.tidy(() => {
      const teacher = teacherFeatures();
      const copy = tf.mul<FeatureMap>(teacher[0] as FeatureMap, 3);
      const { distances } = mapDistances(
        layerMaps(teacher.slice(0, 1), true),
        layerMaps([copy], false),
        'meanSquare',
      );
      expect(largest(values(distances))).toBeLessThan(1e-7);
      const scaled = (maps: FeatureMap[], by: number): FeatureMap[] => maps.map((map) => tf.mul(map, by));
      const other = mapDistances(
        layerMaps(scaled(teacher, 7), true),
        layerMaps(scaled(studentFeatures(), 0.1), false),
        'meanSquare',
      );
      expect(largestGap(other.distances, base.train.dist)).toBeLessThan(2e-6);
    });
  });

  test('without queries, attention is that of the positions', () => {
    const zero = [0, 0, 0, 0];
    const silent: GoldenParams = {
      ...baseParams,
      query: baseParams.query.map((block) => ({ ...block, gamma: zero, beta: zero })),
    };
    tf.tidy(() => {
      const match = goldenMatch(silent, how);
      for (const perImage of tf.unstack(match.attention)) {
        expect(largestGap(perImage, properties.positionOnlyAtt)).toBeLessThan(2e-6);
      }
      expect(largestGap(attentionLoss(match), properties.positionOnlyLoss)).toBeLessThan(2e-6);
    });
  });

  test('one student map gets all attention, and the attention no gradient', () => {
    const single: GoldenParams = {
      ...baseParams,
      key: baseParams.key.slice(0, 1),
      pS: [(baseParams.pS as Numbers[])[0] ?? 0],
    };
    tf.tidy(() => {
      const named = namedWeights(single, 'teacher-query');
      const student = studentFeatures().slice(0, 1);
      const loss = (...xs: tf.Tensor[]): tf.Scalar => {
        const given = Object.fromEntries(
          Object.keys(named).map((name, index) => [name, xs[index] as tf.Tensor]),
        );
        const weights = attentionWeights(attentionShape(single), given);
        return attentionLoss(matched(teacherFeatures(), student, weights, how));
      };
      for (const gradient of tf.grads(loss)(Object.values(named))) {
        expect(largest(values(gradient))).toBeLessThan(1e-7);
      }
      const { attention } = matched(
        teacherFeatures(),
        student,
        attentionWeights(attentionShape(single), named),
        how,
      );
      expect(largestGap(tf.sub(attention, 1), values(tf.zeros([4, 4, 1])))).toBeLessThan(1e-6);
    });
  });

  test('a student map of one pixel becomes constant', () => {
    const { student, teacher, studentMapNormalised, dist } = golden.onePixelStudent;
    tf.tidy(() => {
      const small = layerMaps(featureMaps([student]), false);
      const { distances } = mapDistances(layerMaps(featureMaps([teacher]), true), small, 'meanSquare');
      expect(largestGap(distances, dist)).toBeLessThan(2e-6);
      expect(largestGap(small.onGrid({ height: 3, width: 3 }).units, studentMapNormalised)).toBeLessThan(
        1e-6,
      );
    });
  });
});

describeOnEngines('near-degenerate maps', () => {
  test('unit maps and their gradients are those of the reference, 0 for a map of zeros', () => {
    const { input, output, upstream, gradTorch } = golden.l2normalize;
    tf.tidy(() => {
      const units = (x: tf.Tensor): tf.Tensor => unitMaps(tf.expandDims(x, 0)).units;
      const maps = tf.tensor2d(input);
      expect(largestGap(units(maps), output)).toBeLessThan(1e-6);
      const gradient = tf.grad((x) => tf.sum(tf.mul(units(x), tf.tensor2d(upstream))))(maps);
      const expected = gradTorch.map((row, index) => (index === 1 ? [0, 0, 0] : row));
      expect(largestGap(gradient, expected)).toBeLessThan(1e-5);
    });
  });

  test('dead and tiny maps leave loss and gradients finite', () => {
    tf.tidy(() => {
      const [first, second] = studentFeatures() as [FeatureMap, FeatureMap];
      const [deadTeacher, ...rest] = teacherFeatures() as [FeatureMap, ...FeatureMap[]];
      const weights = goldenWeights(rtkParams, 'student-query');
      const teacher = [tf.zerosLike(deadTeacher), ...rest];
      for (const by of [0, 1e-7, 1e-12]) {
        const loss = (x: tf.Tensor, y: tf.Tensor): tf.Scalar =>
          attentionLoss(
            matched(teacher, [x as FeatureMap, y as FeatureMap], weights, matching({ select: 'none' })),
          );
        const { value, grads } = tf.valueAndGrads(loss)([tf.mul(first, by), second]);
        expect(Number.isFinite(value.arraySync())).toBe(true);
        for (const gradient of grads) expect(Number.isFinite(largest(values(gradient)))).toBe(true);
      }
      const dead = mapDistances(layerMaps([tf.zerosLike(first)], false), layerMaps(rest, true), 'meanSquare');
      // A zero vector against unit vectors: 1 / pixels.
      expect(largestGap(tf.mul(dead.distances, 16), values(tf.ones([4, 1, 3])))).toBeLessThan(1e-6);
    });
  });

  test('the energy map and its gradient are those that tfjs derives', () => {
    tf.tidy(() => {
      const map = studentFeatures()[0] as FeatureMap;
      const derived = (x: tf.Tensor): tf.Tensor => tf.mean(tf.square(x), -1);
      const loss =
        (of: (x: tf.Tensor) => tf.Tensor) =>
        (x: tf.Tensor): tf.Tensor =>
          tf.sum(tf.square(of(x)));
      const own = tf.valueAndGrad(loss((x) => energyMap(x as FeatureMap)))(map);
      const other = tf.valueAndGrad(loss(derived))(map);
      expect(largestGap(own.value, values(other.value))).toBeLessThan(1e-4);
      expect(largestGap(own.grad, values(other.grad))).toBeLessThan(1e-5);
    });
  });
});

describeOnEngines('selection', () => {
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

  test('no gradient passes through the choice', () => {
    tf.tidy(() => {
      const { features } = goldenGradients(
        baseParams,
        matching({ direction: 'teacher-query', select: 'bestMatch' }),
      );
      for (const gradient of features) expect(Number.isFinite(largest(values(gradient)))).toBe(true);
    });
  });
});

test('weights start as PyTorch starts them', () => {
  const layers = (prefix: string, channels: readonly number[]): { name: string; channels: number }[] =>
    channels.map((each, index) => ({ name: `${prefix}${index}`, channels: each }));
  const shape = { queries: layers('s', [4, 16]), keys: layers('t', [16]), width: 64 };
  const named = createAttentionWeights(shape, createRandom(1));
  const spread = (name: string): number => largest(values(named[name] as tf.Tensor));
  expect(spread('query/kernel/s0')).toBeGreaterThan(0.45);
  expect(spread('query/kernel/s0')).toBeLessThanOrEqual(0.5);
  expect(spread('query/kernel/s1')).toBeGreaterThan(0.23);
  expect(spread('query/kernel/s1')).toBeLessThanOrEqual(0.25);
  expect(spread('bilinear/kernel')).toBeLessThanOrEqual(0.125);
  const positions = Array.from((named['position/query'] as tf.Tensor).dataSync());
  const variance = positions.reduce((sum, value) => sum + value * value, 0) / positions.length;
  expect(variance).toBeGreaterThan(0.6 * (2 / 66));
  expect(variance).toBeLessThan(1.5 * (2 / 66));
  tf.dispose(Object.values(named));
});

test('weights of other taps are refused by name', () => {
  tf.tidy(() => {
    const named = namedWeights(baseParams, 'teacher-query');
    const { 'key/scale': _, ...rest } = named;
    expect(() => attentionWeights(attentionShape(baseParams), rest)).toThrow(
      /attention weight 'key\/scale': expected a tensor of shape \[8\], got nothing/,
    );
  });
});
