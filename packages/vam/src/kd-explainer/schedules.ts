import type { Schedule } from '@distilljs/core';

/**
 * The rate of the released search: with e whole epochs done of E, `base / 4` and `base / 2` in the first two epochs, `base` in the next two,
 * then `base · (1 − e' / ⌊1.03093 E⌋)` with e' the even number at or below e.
 *
 * @param warmUp false: 0 in the first two epochs, as for attention
 * @see github.com/xmq1221/KDExplainer, train_LTB_kd_s1.py
 */
export function searchRate(base: number, warmUp = true): Schedule {
  return {
    name: 'kdexplainer-search',
    options: { base, warmUp },
    rate({ epoch, epochs }) {
      const done = Math.floor(epoch);
      if (done < 2) return warmUp ? base / (done === 0 ? 4 : 2) : 0;
      if (done < 4) return base;
      return base * (1 - (done - (done % 2)) / Math.floor(epochs * 1.03093));
    },
  };
}

/**
 * The rate of the released retraining: halved at the start of every tenth of the phase (of 300 epochs: 30, 60, …, counted from 1).
 *
 * @see github.com/xmq1221/KDExplainer, train_LTB_kd_s2.py
 */
export function retrainRate(base: number): Schedule {
  return {
    name: 'kdexplainer-retrain',
    options: { base },
    rate: ({ epoch, epochs }) => base / 2 ** Math.floor(((Math.floor(epoch) + 1) * 10) / epochs),
  };
}
