import { describe, expect, it } from 'vitest';
import { measure } from '../../src/metrics/index.js';
import type { EmbeddedSet } from '../../src/metrics/index.js';

/** Rows of two numbers: directions in degrees. */
const set = (
  degrees: readonly number[],
  labels: readonly number[],
  cameras?: readonly number[],
): EmbeddedSet => ({
  embeddings: {
    data: Float32Array.from(
      degrees.flatMap((angle) => [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)]),
    ),
    width: 2,
  },
  labels: Int32Array.from(labels),
  cameras: cameras && Int32Array.from(cameras),
});

describe('measure', () => {
  it('ranks a gallery for each query, without what its own camera saw', () => {
    const query = set([0, 90], [1, 2], [1, 1]);
    // By angle: query 0 meets 1 (own camera, left out), then 2, then 1; query 1 meets 2 first.
    const gallery = set([1, 10, 20, 85], [1, 2, 1, 2], [1, 2, 2, 2]);
    const measures = measure({ query, gallery });
    // Ranks of the matches: 2 for the first query; 1 and 3 (85°, 20°, 10°) for the second.
    expect(measures['rank-1']).toBe(1 / 2);
    expect(measures['rank-5']).toBe(1);
    expect(measures['mAP']).toBeCloseTo((1 / 2 + (1 + 2 / 3) / 2) / 2, 12);
    const without = measure({ query: set([0, 90], [1, 2]), gallery });
    expect(without['rank-1']).toBe(1);
  });

  it('lets images query one another where there is no gallery', () => {
    // Each one's nearest: 5 for 0, 0 for 5 (another label), 50 for 60, 60 for 50.
    const measures = measure({ query: set([0, 5, 50, 60, 20], [1, 2, 3, 3, 1]) });
    // Of four with another of their label: 50 and 60 find it at once, 0 second (20), 20 second (0).
    expect(measures['recall@1']).toBe(2 / 4);
    expect(measures['recall@2']).toBe(1);
    const cosine = (degrees: number): number => Math.cos((degrees * Math.PI) / 180);
    expect(measures['cosine within']).toBeCloseTo((cosine(20) + cosine(10)) / 2, 6);
    // Two pairs of one label, cosines of 10° and 20°; the nearest of two labels have 5°.
    expect(measures['TAR@FAR 0.01']).toBe(0);
  });

  it('distinguishes mates from growing numbers of distractors', () => {
    const distractors = set(
      [...Array.from({ length: 11 }, (_, at) => 100 + at), 4],
      Array.from({ length: 12 }, () => -1),
    );
    const measures = measure({ query: set([0, 5, 50], [1, 1, 2]), distractors: distractors.embeddings });
    // The twelfth distractor, at 4°, is nearer to 0 and to 5 than they are to each other.
    expect(measures['rank-1 of 10']).toBe(1);
    expect(measures['rank-1 of 12']).toBe(0);
  });

  it('leaves verification out where no two images show one identity', () => {
    expect(Object.keys(measure({ query: set([0, 5], [1, 2]) }))).not.toContain('TAR@FAR 0.01');
  });
});
