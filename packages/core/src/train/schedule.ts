import { DistillError } from '../error/index.js';
import type { TrainingPosition } from './optimizer.js';

/** A learning rate over time: plain data for reports, and the function itself. */
export interface Schedule {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** The rate at a fractional epoch of the phase. */
  rate(at: TrainingPosition): number;
}

/** Linear rise from `warmupFrom · base` to `base` over the first epochs. */
export interface WarmUp {
  /** Length in epochs, may be fractional. Default 0: none. */
  readonly warmupEpochs?: number | undefined;
  /** Share of the base rate to start from. Default 0.1. */
  readonly warmupFrom?: number | undefined;
}

/** One rate throughout. */
export function constantRate(base: number): Schedule {
  return { name: 'constant', options: { base }, rate: () => base };
}

/**
 * Half a cosine from `base` to `final` over the epochs after the warm-up:
 * `final + (base − final) (1 + cos(π (e − W) / (E − W))) / 2`.
 *
 * @see Loshchilov and Hutter, SGDR, ICLR 2017, eq. 5 (one cycle, no restart)
 */
export function cosineRate(
  base: number,
  options: WarmUp & { readonly final?: number | undefined } = {},
): Schedule {
  const { final = 0, warmupEpochs = 0, warmupFrom = 0.1 } = options;
  const warmUp = rise(base, warmupEpochs, warmupFrom);
  return {
    name: 'cosine',
    options: { base, final, warmupEpochs, warmupFrom },
    rate: (at) => {
      const share = Math.min(1, (at.epoch - warmupEpochs) / Math.max(1e-9, at.epochs - warmupEpochs));
      return warmUp(at.epoch) ?? final + ((base - final) * (1 + Math.cos(Math.PI * share))) / 2;
    },
  };
}

/**
 * `base · factor^k`, k being the number of milestones that lie behind.
 *
 * @param options.milestones epochs, rising; whole or fractional
 * @throws DistillError code `option` when they do not rise
 */
export function stepRate(
  base: number,
  options: WarmUp & { readonly milestones: readonly number[]; readonly factor?: number | undefined },
): Schedule {
  const { milestones, factor = 0.1, warmupEpochs = 0, warmupFrom = 0.1 } = options;
  if (
    milestones.some((milestone, position) => position > 0 && milestone <= (milestones[position - 1] ?? 0))
  ) {
    throw new DistillError({
      code: 'option',
      where: 'stepRate.milestones',
      expected: 'rising epochs',
      got: JSON.stringify(milestones),
    });
  }
  const warmUp = rise(base, warmupEpochs, warmupFrom);
  return {
    name: 'step',
    options: { base, milestones, factor, warmupEpochs, warmupFrom },
    rate: (at) =>
      warmUp(at.epoch) ?? base * factor ** milestones.filter((milestone) => at.epoch >= milestone).length,
  };
}

/** A number stands for a constant rate. */
export function asSchedule(rate: number | Schedule): Schedule {
  return typeof rate === 'number' ? constantRate(rate) : rate;
}

function rise(base: number, epochs: number, from: number): (epoch: number) => number | undefined {
  return (epoch) => (epoch < epochs ? base * (from + ((1 - from) * epoch) / epochs) : undefined);
}
