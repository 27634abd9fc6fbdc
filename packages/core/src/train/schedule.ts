import { checkOptions, expectOption, nonNegative } from '../option/index.js';
import type { OptionCheck } from '../option/index.js';
import type { TrainingPosition } from './optimizer.js';

/** A learning rate schedule: plain data for reports, and the function itself. */
export interface Schedule {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** The rate at a position in the phase, at least 0. Must depend on the position alone. */
  rate(at: TrainingPosition): number;
}

/** Linear warm-up from `warmupFrom · base` to `base` over the first epochs. */
export interface WarmUp {
  /** Length in epochs, possibly fractional. Default 0: no warm-up. */
  readonly warmupEpochs?: number | undefined;
  /** Fraction of the base rate at the start. Default 0.1. */
  readonly warmupFrom?: number | undefined;
}

/**
 * A constant rate.
 * @throws DistillError code `option` for a rate that is not at least 0
 */
export function constantRate(base: number): Schedule {
  checkOptions('constantRate', { base }, { base }, { base: nonNegative });
  return { name: 'constant', options: { base }, rate: () => base };
}

/**
 * Half a cosine from `base` to `final` (default 0) over the epochs after the warm-up:
 * `final + (base − final) (1 + cos(π (e − W) / (E − W))) / 2`, with epoch e of E and W warm-up epochs.
 *
 * @throws DistillError code `option` for a number below 0
 * @see Loshchilov and Hutter, SGDR, ICLR 2017, eq. 5 (one cycle, no restart)
 */
export function cosineRate(
  base: number,
  given: WarmUp & { readonly final?: number | undefined } = {},
): Schedule {
  const options = checkOptions(
    'cosineRate',
    given as Partial<Record<'final' | keyof typeof NO_WARM_UP, number>>,
    { final: 0, ...NO_WARM_UP },
    { final: nonNegative, ...warmUpChecks },
  );
  expectOption('cosineRate.base', base, nonNegative);
  const { final, warmupEpochs } = options;
  const warmUp = rise({ base, ...options });
  return {
    name: 'cosine',
    options: { base, ...options },
    rate: (at) => {
      const share = Math.min(1, (at.epoch - warmupEpochs) / Math.max(1e-9, at.epochs - warmupEpochs));
      return warmUp(at.epoch) ?? final + ((base - final) * (1 + Math.cos(Math.PI * share))) / 2;
    },
  };
}

/**
 * `base · factor^k`, where k is the number of milestones reached.
 *
 * @param given.milestones epochs in increasing order, possibly fractional
 * @param given.factor default 0.1
 * @throws DistillError code `option` for milestones that do not increase, or a number below 0
 */
export function stepRate(
  base: number,
  given: WarmUp & { readonly milestones: readonly number[]; readonly factor?: number | undefined },
): Schedule {
  const options = checkOptions(
    'stepRate',
    given as { readonly milestones: readonly number[] },
    // Milestones have no default: if omitted, they are refused like any wrong value.
    { milestones: undefined as unknown as readonly number[], factor: 0.1, ...NO_WARM_UP },
    { milestones: rising, factor: nonNegative, ...warmUpChecks },
  );
  expectOption('stepRate.base', base, nonNegative);
  const { milestones, factor } = options;
  const warmUp = rise({ base, ...options });
  return {
    name: 'step',
    options: { base, ...options },
    rate: (at) =>
      warmUp(at.epoch) ?? base * factor ** milestones.filter((milestone) => at.epoch >= milestone).length,
  };
}

/** Accepts a rate or a schedule. */
export const checkRate: OptionCheck = (value) => {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return undefined;
  if (typeof value === 'object' && value !== null && 'rate' in value && typeof value.rate === 'function')
    return undefined;
  return 'a number of at least 0, or a schedule (constantRate, cosineRate, stepRate)';
};

/**
 * Turns a number into a constant schedule; a schedule is returned as it is.
 *
 * @throws DistillError code `option` for anything else
 */
export function asSchedule(rate: number | Schedule): Schedule {
  expectOption('asSchedule(rate)', rate, checkRate);
  return typeof rate === 'number' ? constantRate(rate) : rate;
}

const NO_WARM_UP = { warmupEpochs: 0, warmupFrom: 0.1 };
const warmUpChecks = { warmupEpochs: nonNegative, warmupFrom: nonNegative };

const rising: OptionCheck = (value) => {
  const follows = (epoch: number, at: number, all: readonly number[]): boolean =>
    nonNegative(epoch) === undefined && (at === 0 || epoch > (all[at - 1] ?? 0));
  return Array.isArray(value) && (value as number[]).every(follows) ? undefined : 'rising epochs';
};

function rise(options: {
  readonly base: number;
  readonly warmupEpochs: number;
  readonly warmupFrom: number;
}): (epoch: number) => number | undefined {
  const { base, warmupEpochs: epochs, warmupFrom: from } = options;
  return (epoch) => (epoch < epochs ? base * (from + ((1 - from) * epoch) / epochs) : undefined);
}
