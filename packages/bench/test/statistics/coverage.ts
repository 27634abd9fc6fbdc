import { createRandom } from '@distilljs/core';
import type { Random } from '@distilljs/core';
import { comparePaired, hierarchicalIntervals } from '../../src/statistics/index.js';

/** How a simulated comparison varies. */
export interface Setting {
  readonly seeds: number;
  readonly images: number;
  /** Deviation over images of a method's log-odds of being right, beside what both methods have in common. */
  readonly imageSpread: number;
  /** Deviation of a training's log-odds, the same for all its images. */
  readonly seedSpread: number;
  readonly repeats: number;
}

/** Shares of simulated comparisons whose 95 % interval holds the true difference. */
export interface Coverage {
  /** Over seeds and images: the truth is the difference over all images that there could be. */
  readonly withImages: number;
  /** Over seeds alone (t): the truth is the difference on these images. */
  readonly overSeeds: number;
}

const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));

/** Simulates comparisons of two equally good methods, whose true difference is 0 over all images. */
export function coverageOf(setting: Setting, seed = 1): Coverage {
  const hits = { withImages: 0, overSeeds: 0 };
  for (let repeat = 0; repeat < setting.repeats; repeat++) {
    const random = createRandom(seed).fork(repeat);
    const { methods, onTheseImages } = simulated(setting, random);
    const [low, high] = hierarchicalIntervals(methods, { draws: 400, seed: repeat })(0, 1);
    if (low <= 0 && high >= 0) hits.withImages += 1;
    const bySeed = methods.map(
      (rows) => new Map(rows.map((row, at) => [at, row.reduce((sum, value) => sum + value, 0) / row.length])),
    );
    const [a, b] = bySeed as [Map<number, number>, Map<number, number>];
    const interval = comparePaired(a, b)?.ci95;
    if (interval != null && interval[0] <= onTheseImages && interval[1] >= onTheseImages) hits.overSeeds += 1;
  }
  return {
    withImages: hits.withImages / setting.repeats,
    overSeeds: hits.overSeeds / setting.repeats,
  };
}

/** `P(right) = sigmoid(1 + common[image] + own[method][image] + training[method][seed])`. */
function simulated(
  { seeds, images, imageSpread, seedSpread }: Setting,
  random: Random,
): { readonly methods: number[][][]; readonly onTheseImages: number } {
  const common = Array.from({ length: images }, () => 2 * random.normal());
  const expected: number[] = [];
  const methods = [0, 1].map(() => {
    const own = common.map((value) => 1 + value + imageSpread * random.normal());
    expected.push(own.reduce((sum, odds) => sum + meanOver(odds, seedSpread), 0) / images);
    return Array.from({ length: seeds }, () => {
      const training = seedSpread * random.normal();
      return own.map((odds) => (random.uniform() < sigmoid(odds + training) ? 1 : 0));
    });
  });
  return { methods, onTheseImages: (expected[0] ?? 0) - (expected[1] ?? 0) };
}

/** The mean of `sigmoid(odds + deviation · z)` over a normal z, by Gauss–Hermite with three points. */
function meanOver(odds: number, deviation: number): number {
  const step = Math.sqrt(3) * deviation;
  return (sigmoid(odds - step) + 4 * sigmoid(odds) + sigmoid(odds + step)) / 6;
}
