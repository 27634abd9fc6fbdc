import { hierarchicalIntervals } from './hierarchical.js';
import { holmAdjusted } from './holm.js';
import { comparePaired } from './paired.js';
import { detectableDifference, seedsFor } from './power.js';
import { summarize } from './summary.js';
import type { Interval } from './summary.js';

/** Two methods over the seeds that both have. Differences are first minus second, as shares of the test images. */
export interface Pair {
  readonly first: string;
  readonly second: string;
  readonly seeds: readonly number[];
  /** Mean difference. */
  readonly mean: number;
  /** 95 % interval over seeds (t); null for one seed. */
  readonly ci95: Interval | null;
  /** 95 % interval over seeds and test images (hierarchical bootstrap); null for one seed or without kept predictions. */
  readonly ci95WithImages: Interval | null;
  /** Two-sided p of the paired t-test over seeds, uncorrected; null where there is none. */
  readonly p: number | null;
  /** The same after Holm's correction for all pairs. */
  readonly correctedP: number | null;
  /** Seeds in which the first is better, equal, and worse. */
  readonly wins: number;
  readonly ties: number;
  readonly losses: number;
  /** Hedges' g of the paired differences: mean over deviation, corrected for few seeds; null where there is no deviation. */
  readonly effect: number | null;
  readonly power: PairPower | null;
}

/** What the seeds of a comparison could have shown, and what more would. Level 0.05, two-sided, power 0.8. */
export interface PairPower {
  /** Deviation of the differences over seeds. */
  readonly sd: number;
  /** Smallest true difference that the paired t-test finds in 80 of 100 runs with these seeds. */
  readonly detectable: number;
  /** Seeds per method that would find a difference of one point (0.01) as often. */
  readonly seedsForOnePoint: number;
}

/** The same for a whole report, from the pooled deviation of all pairs. */
export interface Power extends PairPower {
  /** Seeds per method now: the fewest of all pairs. */
  readonly seeds: number;
  /** Trainings that are still missing for one point, over all ranked methods, and their hours, one after the other. */
  readonly moreTrainings: number;
  readonly moreHours: number;
}

/** A method over its seeds. */
export interface PairedMethod {
  readonly method: string;
  readonly accuracies: ReadonlyMap<number, number>;
  /** By seed, 1 for each test image that was classified correctly, else 0 (means over networks between); where it is kept. */
  readonly correct?: ReadonlyMap<number, ArrayLike<number>> | undefined;
}

/** Differences at or below it are none: accuracies are counts over at most millions of images. */
const SAME = 1e-12;
/** A difference of one percentage point. */
const POINT = 0.01;

/** Every pair of methods, in the order given; the first of each comes first. */
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
          effect: sd === null ? null : (mean / sd) * (1 - 3 / (4 * (seeds.length - 1) - 1)),
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
 * What the seeds of a report could have shown: as {@link comparePairs} says pair by pair, from their pooled deviation.
 *
 * @param hoursPerSeed hours of one training of each method, together
 * @param methods number of methods
 * @returns null where no pair has a deviation
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

/** Null for one value, and where all are equal. */
function deviationOf(values: readonly number[]): number | null {
  const { sd } = summarize(values);
  return sd === null || sd <= SAME ? null : sd;
}

/** Draws once for all methods that have every common seed's images. */
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
