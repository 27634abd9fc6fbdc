import type { Schedule } from '@distilljs/core';

/** Epochs of the released search in which attention has a rate of 0. */
export const WARM_UP = 2;

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
      if (done < WARM_UP) return warmUp ? base / (done === 0 ? 4 : 2) : 0;
      if (done < 4) return base;
      return base * (1 - (done - (done % 2)) / Math.floor(epochs * 1.03093));
    },
  };
}

/** Epochs of the released retraining, and of one of its rates. */
const RELEASED_EPOCHS = 300;
const HALVING = 30;

/**
 * The rate of the released retraining: halved at the start of epochs 30, 60, … of 300, counted from 1, which is one epoch before every tenth of
 * the phase is done. A phase of E epochs has the rates of that one at the same share: `base / 2^⌊(300 e / E + 1) / 30⌋` with e whole epochs done.
 * So its first epoch has the base rate, however short it is.
 *
 * @see github.com/xmq1221/KDExplainer, train_LTB_kd_s2.py
 */
export function retrainRate(base: number): Schedule {
  return {
    name: 'kdexplainer-retrain',
    options: { base },
    rate: ({ epoch, epochs }) =>
      base / 2 ** Math.floor(((RELEASED_EPOCHS * Math.floor(epoch)) / epochs + 1) / HALVING),
  };
}
