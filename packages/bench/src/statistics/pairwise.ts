import { hierarchicalIntervals } from './hierarchical.js';
import { holmAdjusted } from './holm.js';
import { comparePaired } from './paired.js';
import { detectableDifference, seedsFor } from './power.js';
import { summarize } from './summary.js';
import type { Interval } from './summary.js';

/** Two methods over their common seeds. Differences are first minus second, in accuracy from 0 to 1. */
export interface Pair {
  readonly first: string;
  readonly second: string;
  readonly seeds: readonly number[];
  /** Mean difference. */
  readonly mean: number;
  /** 95 % interval over seeds (t); null for one seed, and where all differences are equal. */
  readonly ci95: Interval | null;
  /** 95 % interval over seeds and test images (hierarchical bootstrap); null for one seed or without kept predictions. */
  readonly ci95WithImages: Interval | null;
  /** Two-sided p-value of the paired t-test over seeds, uncorrected; null where there is none. */
  readonly p: number | null;
  /** The same after Holm's correction for all pairs. */
  readonly correctedP: number | null;
  /** Seeds in which the first is better, equal, and worse. */
  readonly wins: number;
  readonly ties: number;
  readonly losses: number;
  /** Hedges' g of the paired differences: mean over deviation, corrected for few seeds; null with fewer than three, and where there is no deviation. */
  readonly effect: number | null;
  readonly power: PairPower | null;
}

/** The power of a comparison with its seeds, and with more. Two-sided test, level 0.05, power 0.8. */
export interface PairPower {
  /** Deviation of the differences over seeds. */
  readonly sd: number;
  /** Smallest true difference that the paired t-test finds in 80 of 100 runs with these seeds. */
  readonly detectable: number;
  /** Seeds per method that would find a difference of one percentage point (0.01) as often. */
  readonly seedsForOnePoint: number;
}

/** The same for a whole report, from the pooled deviation of all pairs. */
export interface Power extends PairPower {
  /** Current seeds per method: the fewest of all pairs. */
  readonly seeds: number;
  /** Further trainings to detect one point, over all ranked methods, and their hours when run one after the other. */
  readonly moreTrainings: number;
  readonly moreHours: number;
}

/** A method over its seeds. */
export interface PairedMethod {
  readonly method: string;
  readonly accuracies: ReadonlyMap<number, number>;
  /** By seed, per test image 1 if classified correctly, else 0; the mean over networks trained together. Only where it is kept. */
  readonly correct?: ReadonlyMap<number, ArrayLike<number>> | undefined;
}

/** Differences at or below this count as 0: accuracies are counts over at most millions of images. */
const SAME = 1e-12;
/** A difference of one percentage point. */
const POINT = 0.01;

/** Compares every pair of methods, in the given order. */
export function comparePairs(methods: readonly PairedMethod[]): readonly Pair[] {
  const withImages = intervalsWithImages(methods);
  const pairs = methods.flatMap((first, place) =>
    methods.slice(place + 1).flatMap((second): Omit<Pair, 'correctedP'>[] => {
      const compared = comparePaired(first.accuracies, second.accuracies);
      if (compared === null) return [];
      const { seeds, mean, ci95, p } = compared;
      const differences = seeds.map(
        (seed) => (first.accuracies.get(seed) ?? 0) - (second.accuracies.get(seed) ?? 0),
      );
      const wins = differences.filter((difference) => difference > SAME).length;
      const losses = differences.filter((difference) => difference < -SAME).length;
      const sd = deviationOf(differences);
      return [
        {
          ...{ first: first.method, second: second.method, seeds, mean, ci95, p },
          ci95WithImages: withImages(first, second),
          ...{ wins, losses, ties: seeds.length - wins - losses },
          // With two seeds the correction is 0 / 3: no estimate is unbiased.
          effect:
            sd === null || seeds.length < 3 ? null : (mean / sd) * (1 - 3 / (4 * (seeds.length - 1) - 1)),
          power: sd === null ? null : powerFor(sd, seeds.length),
        },
      ];
    }),
  );
  const tested = pairs.filter(({ p }) => p !== null);
  const corrected = new Map(
    holmAdjusted(tested.map(({ p }) => p ?? 1)).map((p, at) => [tested[at], p] as const),
  );
  return pairs.map((pair) => ({ ...pair, correctedP: corrected.get(pair) ?? null }));
}

/**
 * The power of a whole report, from the pooled deviation of all pairs of {@link comparePairs}.
 *
 * @param methods number of methods
 * @param hoursPerSeed total hours of one training of every method
 * @returns null where no pair has a deviation, or some pair has a single seed
 */
export function pooledPower(pairs: readonly Pair[], methods: number, hoursPerSeed: number): Power | null {
  const seeds = Math.min(...pairs.map((pair) => pair.seeds.length));
  const deviations = pairs.flatMap(({ power, seeds: of }) =>
    power === null ? [] : [{ sd: power.sd, freedom: of.length - 1 }],
  );
  if (deviations.length === 0 || seeds < 2) return null;
  const freedom = deviations.reduce((sum, each) => sum + each.freedom, 0);
  const sd = Math.sqrt(deviations.reduce((sum, each) => sum + each.freedom * each.sd ** 2, 0) / freedom);
  const found = powerFor(sd, seeds);
  const more = Math.max(0, found.seedsForOnePoint - seeds);
  return { ...found, seeds, moreTrainings: more * methods, moreHours: more * hoursPerSeed };
}

const powerFor = (sd: number, seeds: number): PairPower => ({
  sd,
  detectable: detectableDifference(sd, seeds),
  seedsForOnePoint: seedsFor(POINT, sd),
});

/** The standard deviation; null for one value, and where all are equal. */
function deviationOf(values: readonly number[]): number | null {
  const { sd } = summarize(values);
  return sd === null || sd <= SAME ? null : sd;
}

/** Intervals over seeds and images. One bootstrap serves all methods that keep predictions for the same seeds. */
function intervalsWithImages(
  methods: readonly PairedMethod[],
): (first: PairedMethod, second: PairedMethod) => Interval | null {
  const kept = methods.flatMap(({ method, accuracies, correct }) =>
    correct === undefined || [...accuracies.keys()].some((seed) => !correct.has(seed))
      ? []
      : [{ method, correct, seeds: [...accuracies.keys()].sort((a, b) => a - b) }],
  );
  const seeds = kept[0]?.seeds ?? [];
  const alike = kept.filter((each) => each.seeds.join() === seeds.join());
  if (seeds.length < 2 || alike.length < 2) return () => null;
  const between = hierarchicalIntervals(
    alike.map(({ correct }) => seeds.map((seed) => correct.get(seed) ?? [])),
  );
  return (first, second) => {
    const [a, b] = [first, second].map(({ method }) => alike.findIndex((each) => each.method === method));
    return a === undefined || b === undefined || a < 0 || b < 0 ? null : between(a, b);
  };
}
