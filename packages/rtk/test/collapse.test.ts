import * as tf from '@tensorflow/tfjs-core';
import type { EpochReport } from '@distilljs/core';
import { describeOnEngines } from '@distilljs/core/testing';
import { describe, expect, it } from 'vitest';
import { reviewAgreement } from '../src/attention-method.js';
import { rtk, stageAgreement, studentQuery } from '../src/index.js';
import { goldenPlan, goldenTaps, termsOf } from './planned.js';

await describeOnEngines('agreement of student maps on a stage of the teacher', () => {
  it('is the least attention that all of them give it', () => {
    tf.tidy(() => {
      // Two images, two student maps, three teacher maps: two of one stage, one of another.
      const attention = tf.tensor3d([
        [
          [0.5, 0.3, 0.2],
          [0.1, 0.3, 0.6],
        ],
        [
          [0.7, 0.3, 0],
          [0.3, 0.5, 0.2],
        ],
      ]);
      // Means: 0.9 and 0.1 of the first map, 0.6 and 0.4 of the second.
      expect(stageAgreement(attention, [[0, 1], [2]]).arraySync()).toBeCloseTo(0.6, 6);
      expect(stageAgreement(attention, [[0], [1], [2]]).arraySync()).toBeCloseTo(0.3, 6);
    });
  });

  it('is logged without weight where student maps ask, and only there', async () => {
    for (const [options, names] of [
      [studentQuery, ['ce', 'kd', 'attention', 'agreement']],
      [{}, ['ce', 'kd', 'attention']],
    ] as const) {
      const plan = await goldenPlan(rtk({ ...goldenTaps, ...options }));
      tf.tidy(() => {
        const terms = termsOf(plan);
        expect(Object.keys(terms)).toEqual(names);
        expect(terms['agreement']?.weight ?? 0).toBe(0);
      });
      plan.dispose();
    }
  });
});

describe('a collapse', () => {
  const history = (...shares: number[]): EpochReport[] =>
    shares.map((value) => ({ terms: { agreement: { value, weight: 0 } } }) as unknown as EpochReport);

  it('is warned of after three epochs, with what to do', () => {
    expect(reviewAgreement(history(0.2, 0.95, 0.97, 0.99))).toEqual([
      expect.stringMatching(/one stage of the teacher more than 90 % .*direction 'teacher-query'/),
    ]);
    expect(reviewAgreement(history(0.95, 0.97))).toEqual([]);
    expect(reviewAgreement(history(0.99, 0.99, 0.6))).toEqual([]);
  });
});
