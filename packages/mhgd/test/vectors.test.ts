import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import { createRandom } from '@distilljs/core';
import { describeOnEngines } from '@distilljs/core/testing';
import { expect, test } from 'vitest';
import { alignedVectors, positionRows, teacherVectors } from '../src/index.js';
import { batchOfOne, flat, golden, largestGap, relativeGap } from './golden.js';
import { jacobiGradient } from './float64.js';

type Matrix = readonly (readonly number[])[];

const { tall, wide, hand_diag31: diagonal, hand_ones22: ones } = golden.singular_vector;

const gradOf = (loss: (rows: Tensor3D) => tf.Tensor): ((rows: Tensor3D) => Tensor3D) =>
  tf.grad((x) => loss(x as Tensor3D)) as (rows: Tensor3D) => Tensor3D;

/** v₁ with the largest entry positive. */
const topVector = (x: Matrix): number[] =>
  tf.tidy(() => flat(teacherVectors(tf.expandDims(batchOfOne(x), 1), 1).vectors));

/** Gradient of `c · v₁` with respect to X, v₁ in the sign of `towards`. */
function gradient(x: Tensor3D, towards: Tensor3D, cotangent: Tensor3D, candidates = 4): Tensor3D {
  return gradOf((rows) => tf.sum(tf.mul(alignedVectors(rows, towards, candidates).vectors, cotangent)))(x);
}

/** Plain autodiff: power steps by XᵀX from a constant, converged vector. */
function unrolledGradient(x: Tensor3D, converged: Tensor3D, cotangent: Tensor3D): Tensor3D {
  return gradOf((rows) => {
    let vector = tf.transpose(converged, [0, 2, 1]);
    for (let step = 0; step < 33; step++) {
      const next = tf.matMul(rows, tf.matMul(rows, vector), true);
      vector = tf.div(next, tf.sqrt(tf.sum(tf.square(next), 1, true)));
    }
    return tf.sum(tf.mul(tf.transpose(vector, [0, 2, 1]), cotangent));
  })(x);
}

/** Non-negative maps with a strong first vector, as activations have: `[n, positions, channels]`. */
function activations(n: number, positions: number, channels: number, seed: number): Tensor3D {
  const random = createRandom(seed);
  const values = Float32Array.from({ length: n * positions * channels }, () =>
    Math.max(0, 0.4 + 0.8 * random.normal()),
  );
  return tf.tensor3d(values, [n, positions, channels]);
}

function normalValues(shape: [number, number, number], seed: number): Tensor3D {
  const random = createRandom(seed);
  return tf.tensor3d(
    Float32Array.from({ length: shape[0] * shape[1] * shape[2] }, () => random.normal()),
    shape,
  );
}

await describeOnEngines('right singular vectors', () => {
  test.each([
    ['tall', tall.x, tall.v1],
    ['wide', wide.x, wide.v1],
    ['ones', ones.x, ones.v1],
    ['diagonal', diagonal.x, diagonal.v1],
  ])('the first of the %s matrix is the reference', (_, x, expected) => {
    expect(largestGap(topVector(x), expected)).toBeLessThan(1e-5);
  });

  test.each([
    ['tall', tall],
    ['wide', wide],
  ])('singular values and second vector of the %s matrix too', (_, { x, s, v2_up_to_sign }) => {
    tf.tidy(() => {
      const found = teacherVectors(tf.expandDims(batchOfOne(x), 1), 2);
      expect(largestGap(found.singularValues, s.slice(0, 2))).toBeLessThan(2e-5);
      const second = flat(found.vectors).slice(x[0]?.length ?? 0);
      const cosine = second.reduce((sum, value, at) => sum + value * (v2_up_to_sign[at] ?? 0), 0);
      expect(Math.abs(cosine)).toBeCloseTo(1, 5);
    });
  });

  test('order of positions, mirroring and scale change nothing; a non-negative map has a non-negative vector', () => {
    tf.tidy(() => {
      const map = tf.reshape<tf.Rank.R4>(activations(5, 16, 6, 1), [5, 4, 4, 6]);
      const { vectors } = teacherVectors(map, 1);
      expect(tf.min(vectors).dataSync()[0]).toBeGreaterThanOrEqual(0);
      const order = tf.tensor1d([...createRandom(2).permutation(16)], 'int32');
      const shuffled = tf.reshape<tf.Rank.R4>(tf.gather(positionRows(map), order, 1), [5, 4, 4, 6]);
      for (const same of [
        shuffled,
        tf.reverse(map, 2),
        tf.mul<tf.Tensor4D>(map, 37),
        tf.mul<tf.Tensor4D>(map, 1e-4),
      ]) {
        expect(largestGap(teacherVectors(same, 1).vectors, vectors)).toBeLessThan(1e-5);
      }
    });
  });

  test('vectors come out orthonormal, and zero where a map has no more', () => {
    tf.tidy(() => {
      const { vectors } = teacherVectors(tf.expandDims(activations(3, 40, 9, 4), 1), 4);
      const products = tf.matMul(vectors, vectors, false, true);
      expect(largestGap(products, tf.tile(tf.expandDims(tf.eye(4), 0), [3, 1, 1]))).toBeLessThan(1e-4);
      const rankOne = teacherVectors(tf.ones([1, 2, 2, 3]), 3);
      expect(largestGap(rankOne.vectors, [Array(3).fill(Math.sqrt(1 / 3)), Array(6).fill(0)])).toBeLessThan(
        1e-5,
      );
    });
  });
});

await describeOnEngines('alignment', () => {
  test.each(golden.align)('takes vector $index with sign $sign', (entry) => {
    tf.tidy(() => {
      const columns = tf.tensor2d(entry.student_vectors_columns);
      // A matrix whose right vectors are these, in this order: singular values 4, 3, 2 times unit positions.
      const size = columns.shape[0];
      const scales = tf.diag(tf.tensor1d([4, 3, 2].slice(0, size)));
      const rows = tf.expandDims<Tensor3D>(tf.matMul(scales, columns, false, true), 0);
      for (const sign of [1, -1]) {
        const teacher = tf.mul<Tensor3D>(tf.tensor3d([[entry.teacher]]), sign);
        const { vectors, taken } = alignedVectors(rows, teacher, 4);
        expect(largestGap(tf.mul(vectors, sign), entry.aligned)).toBeLessThan(1e-5);
        expect(flat(taken)).toEqual([entry.index]);
        expect(tf.sum(tf.mul(vectors, teacher)).dataSync()[0]).toBeGreaterThan(0);
      }
    });
  });
});

await describeOnEngines('early-out', (engine) => {
  /** Teacher's vectors: the map's own first one, one not proven to be best, and one that another is better for. */
  function mixed(x: Tensor3D): Tensor3D {
    const own = teacherVectors(tf.expandDims(x, 1), 4).vectors;
    const weights = [
      [1, 0, 0, 0],
      [0.68, 0.6, 0.3, 0.3],
      [0.3, 0.1, -0.9, 0.3],
      [0.8, -0.6, 0, 0],
    ];
    const rows = Array.from({ length: x.shape[0] }, (_, image) => [weights[image % 4] ?? []]);
    return tf.matMul(tf.tensor3d(rows), own);
  }

  test.each([
    [60, 12],
    [8, 20],
  ])(
    '%i positions by %i channels: vectors and gradient are those of all candidates',
    (positions, channels) => {
      tf.tidy(() => {
        const x = activations(9, positions, channels, 31);
        const teacher = mixed(x);
        const cotangent = normalValues([9, 1, channels], 32);
        const early = alignedVectors(x, teacher, 4);
        expect(flat(early.taken)).toEqual([0, 0, 2, 0, 0, 0, 2, 0, 0]);
        // With a second vector to match there is no early-out.
        const twice = tf.concat<Tensor3D>([teacher, teacher], 1);
        const all = alignedVectors(x, twice, 4);
        const [vectors] = tf.split(all.vectors, 2, 1) as [Tensor3D, Tensor3D];
        expect(largestGap(early.vectors, vectors)).toBeLessThan(1e-6);
        const padded = tf.concat<Tensor3D>([cotangent, tf.zerosLike(cotangent)], 1);
        expect(relativeGap(gradient(x, teacher, cotangent), gradient(x, twice, padded))).toBeLessThan(1e-4);
      });
    },
  );

  test.skipIf(engine === 'webgpu' || engine === 'node-gpu')(
    'saves the work where all are proven',
    async () => {
      const x = activations(4, 30, 6, 33);
      const teacher = tf.tidy(() => teacherVectors(tf.expandDims(x, 1), 1).vectors);
      const kernels = async (vector: Tensor3D): Promise<number> => {
        const { kernels: run } = await tf.profile(() => {
          tf.tidy(() => {
            alignedVectors(x, vector, 4);
          });
        });
        return run.length;
      };
      const other = tf.tidy(() => mixed(x));
      expect(await kernels(teacher)).toBeLessThan(0.6 * (await kernels(other)));
      tf.dispose([x, teacher, other]);
    },
  );
});

await describeOnEngines('gradient of right singular vectors', () => {
  test.each([
    ['tall', tall],
    ['wide', wide],
  ])('agrees with float64 for the first and the second vector of the %s matrix', (_, entry) => {
    tf.tidy(() => {
      const x = batchOfOne(entry.x);
      const cotangent = tf.tensor3d([[entry.cotangent]]);
      const first = gradient(x, tf.tensor3d([[entry.v1]]), cotangent);
      expect(relativeGap(first, entry.grad_x_of_c_dot_v1)).toBeLessThan(1e-4);
      const second = gradient(x, tf.tensor3d([[entry.v2_up_to_sign]]), cotangent);
      expect(relativeGap(second, entry.grad_x_of_c_dot_v2)).toBeLessThan(1e-3);
    });
  });

  test('by hand: diag(3, 1) and cotangent (0, 1)', () => {
    // w = e₂ / (9 − 1), so (X v) wᵀ + (X w) vᵀ = [[0, 3/8], [1/8, 0]]; 0.75 would be the rule without its ½.
    tf.tidy(() => {
      const x = batchOfOne(diagonal.x);
      const found = gradient(x, tf.tensor3d([[[1, 0]]]), tf.tensor3d([[diagonal.cotangent]]));
      expect(largestGap(found, diagonal.grad_x_of_c_dot_v1)).toBeLessThan(1e-6);
      expect(flat(diagonal.grad_x_of_c_dot_v1)).toEqual([0, 0.375, 0.125, 0]);
    });
  });

  test.each([
    [60, 12],
    [12, 12],
    [8, 20],
  ])(
    '%i positions by %i channels: agrees with unrolled power steps, is orthogonal to X, shrinks as X grows',
    (positions, channels) => {
      tf.tidy(() => {
        const x = activations(6, positions, channels, positions);
        const cotangent = normalValues([6, 1, channels], 3);
        const { vectors } = teacherVectors(tf.expandDims(x, 1), 1);
        const found = gradient(x, vectors, cotangent);
        expect(relativeGap(found, unrolledGradient(x, vectors, cotangent))).toBeLessThan(1e-4);
        expect(relativeGap(found, gradient(x, vectors, cotangent, 1))).toBeLessThan(1e-4);
        const size = Math.sqrt(tf.sum(tf.square(found)).dataSync()[0] ?? NaN);
        expect(Math.abs(tf.sum(tf.mul(found, x)).dataSync()[0] ?? NaN)).toBeLessThan(1e-4 * size);
        expect(relativeGap(tf.mul(gradient(tf.mul(x, 10), vectors, cotangent), 10), found)).toBeLessThan(
          1e-4,
        );
        const alongVector = gradient(x, vectors, tf.mul(vectors, 5));
        expect(tf.max(tf.abs(alongVector)).dataSync()[0]).toBeLessThan(1e-5);
      });
    },
  );

  test.each([
    [30, 8],
    [6, 9],
  ])(
    '%i positions by %i channels: whichever of four candidates is taken, agrees with float64',
    (positions, channels) => {
      tf.tidy(() => {
        const x = normalValues([1, positions, channels], 11);
        const cotangent = normalValues([1, 1, channels], 12);
        for (let index = 0; index < 4; index++) {
          const { vector, gradient: expected } = jacobiGradient(
            x.arraySync()[0] ?? [],
            index,
            flat(cotangent),
          );
          const found = gradient(x, tf.tensor3d([[vector]]), cotangent);
          expect(relativeGap(found, expected), `vector ${index}`).toBeLessThan(2e-2);
        }
      });
    },
  );

  test('near-degenerate and all-zero maps, rank one and huge values stay finite; an all-zero map gets no gradient', () => {
    tf.tidy(() => {
      const teacher = tf.tensor3d([[[0.6, 0.8, 0]]]);
      const cotangent = tf.tensor3d([[[1, -2, 3]]]);
      const cases = {
        twice: [
          [1, 0, 0],
          [0, 1, 0],
          [0, 0, 0.5],
        ],
        nearly: [
          [1, 0, 0],
          [0, 1 - 1e-6, 0],
          [0, 0, 1 - 2e-6],
        ],
        zero: [
          [0, 0, 0],
          [0, 0, 0],
          [0, 0, 0],
        ],
        rankOne: [
          [1, 2, 3],
          [2, 4, 6],
          [0, 0, 0],
        ],
        huge: [
          [1e8, 0, 0],
          [0, 3e7, 1e7],
          [0, 0, 1e7],
        ],
        tiny: [
          [1e-8, 0, 0],
          [0, 3e-9, 1e-9],
          [0, 0, 1e-9],
        ],
        wide: [
          [1, 0, 0],
          [0, 1, 0],
        ],
        oneDot: [[0, 0, 1e-3]],
      };
      for (const [name, rows] of Object.entries(cases)) {
        const x = batchOfOne(rows);
        const found = flat(gradient(x, teacher, cotangent));
        expect(found.every(Number.isFinite), name).toBe(true);
        expect(flat(alignedVectors(x, teacher, 4).vectors).every(Number.isFinite), name).toBe(true);
        if (name === 'zero') expect(found.every((value) => value === 0)).toBe(true);
      }
    });
  });

  test('agrees with central differences', () => {
    tf.tidy(() => {
      const x = activations(1, 9, 4, 21);
      const cotangent = normalValues([1, 1, 4], 22);
      const { vectors } = teacherVectors(tf.expandDims(x, 1), 1);
      const at = (values: Float32Array): number =>
        tf
          .sum(tf.mul(alignedVectors(tf.tensor3d(values, [1, 9, 4]), vectors, 4).vectors, cotangent))
          .dataSync()[0] ?? NaN;
      const base = x.dataSync<'float32'>();
      const differences = Array.from(base, (_, index) => {
        const moved = (by: number): number =>
          at(base.map((value, other) => (other === index ? value + by : value)));
        return (moved(0.01) - moved(-0.01)) / 0.02;
      });
      expect(relativeGap(gradient(x, vectors, cotangent), differences)).toBeLessThan(5e-3);
    });
  });
});
