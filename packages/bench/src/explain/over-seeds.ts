import studentT from '@stdlib/stats-base-dists-t';
import type { NeuralTree } from '@distilljs/vam';
import { comparePaired, summarize } from '../statistics/index.js';
import type { Summary } from '../statistics/index.js';
import { ownConflict } from './explained.js';
import type { ExplainedTraining, LevelStability, SeedsComparison, SeedsSummary } from './explained.js';

/** Every method with mixtures of experts, over its seeds. */
export function overSeeds(trainings: readonly ExplainedTraining[]): readonly SeedsSummary[] {
  return methodsOf(trainings).map((method) => {
    const own = trainings.filter((one) => one.method === method);
    const experts = own.flatMap((one) => one.experts ?? []);
    const names = experts[0]?.levels.map(({ name }) => name) ?? [];
    const conflicts = own.flatMap((one) => ownConflict(one) ?? []);
    const level = (at: number, of: 'mean' | 'normalized'): Summary =>
      summarize(experts.map(({ levels }) => levels[at]?.entropy[of] ?? NaN));
    return {
      method,
      training: own[0]?.training,
      seeds: own.map(({ seed }) => seed),
      testAccuracy: summarize(own.map(({ testAccuracy }) => testAccuracy)),
      levels: names.map((name, at) => ({
        name,
        entropy: level(at, 'mean'),
        normalized: level(at, 'normalized'),
      })),
      entropy: summarize(experts.map(({ entropy }) => entropy)),
      ...(conflicts.length > 0 && {
        conflict: {
          cosine: summarize(conflicts.map(({ mean }) => mean)),
          negativeShare: summarize(conflicts.map(({ negativeShare }) => negativeShare)),
        },
      }),
      stability:
        own.length < 2
          ? []
          : names.map((name, at) => ({
              name,
              ...meanAgreement(experts.map(({ tree }) => classGroups(tree, names.length - 1 - at))),
            })),
    };
  });
}

/** KD against label smoothing and plain training, and label smoothing against plain training, in every measure. */
export function seedsComparisons(trainings: readonly ExplainedTraining[]): readonly SeedsComparison[] {
  const measures = {
    entropy: (one) => one.experts?.entropy,
    conflict: (one) => ownConflict(one)?.negativeShare,
    accuracy: (one) => one.testAccuracy,
  } satisfies Record<SeedsComparison['measure'], (one: ExplainedTraining) => number | undefined>;
  const methodOf = (training: ExplainedTraining['training']): string | undefined =>
    trainings.find((one) => one.training === training)?.method;
  const pairs = [
    [methodOf('kd'), methodOf('label-smoothing')],
    [methodOf('kd'), methodOf('plain')],
    [methodOf('label-smoothing'), methodOf('plain')],
  ] as const;
  return Object.entries(measures).flatMap(([measure, of]) =>
    pairs.flatMap(([first, second]) => {
      if (first === undefined || second === undefined) return [];
      const bySeed = (method: string): ReadonlyMap<number, number> =>
        new Map(
          trainings
            .filter((one) => one.method === method)
            .flatMap((one) => {
              const value = of(one);
              return value === undefined ? [] : [[one.seed, value] as const];
            }),
        );
      const difference = comparePaired(bySeed(first), bySeed(second));
      return difference === null
        ? []
        : [{ measure: measure as SeedsComparison['measure'], first, second, difference }];
    }),
  );
}

const methodsOf = (trainings: readonly ExplainedTraining[]): readonly string[] => [
  ...new Set(trainings.filter(({ experts }) => experts !== undefined).map(({ method }) => method)),
];

/**
 * The group of every class: the expert on its chain, `above` levels above the class's parent.
 *
 * @param above 0 for the experts that classes attend to
 */
export function classGroups({ groups }: NeuralTree, above: number): readonly number[] {
  const found: number[] = [];
  for (const { chain, classes } of groups) for (const of of classes) found[of] = chain[above] ?? 0;
  return found;
}

/**
 * Adjusted Rand index of two groupings of the same items: `(Σ C(n_ij, 2) − E) / ((Σ C(a_i, 2) + Σ C(b_j, 2)) / 2 − E)` with
 * `E = Σ C(a_i, 2) Σ C(b_j, 2) / C(n, 2)`. It is 1 for equal groups under any names, 0 on average for random groups, and negative for less
 * agreement than that. It is 1 where both have a single group, or both one group per item.
 *
 * @see Hubert and Arabie, Comparing Partitions, Journal of Classification 2, 1985
 */
export function adjustedRandIndex(first: readonly number[], second: readonly number[]): number {
  const pairsWithin = (groups: readonly (number | string)[]): number => {
    const sizes = new Map<number | string, number>();
    for (const group of groups) sizes.set(group, (sizes.get(group) ?? 0) + 1);
    return [...sizes.values()].reduce((sum, size) => sum + (size * (size - 1)) / 2, 0);
  };
  const all = (first.length * (first.length - 1)) / 2;
  const both = pairsWithin(first.map((group, at) => `${group} ${second[at] ?? ''}`));
  const [a, b] = [pairsWithin(first), pairsWithin(second)];
  const expected = all === 0 ? 0 : (a * b) / all;
  const most = (a + b) / 2;
  return most === expected ? 1 : (both - expected) / (most - expected);
}

/**
 * Mean agreement of all pairs of seeds. Pairs share seeds and are not independent, so the interval is the jackknife's over seeds,
 * `mean ± t(0.975, n − 1) · √((n − 1) / n · Σ (θ₋ᵢ − θ̄)²)` with `θ₋ᵢ` the mean without seed i.
 */
export function meanAgreement(groups: readonly (readonly number[])[]): Omit<LevelStability, 'name'> {
  const seeds = groups.map((_, seed) => seed);
  const agreement = (kept: readonly number[]): number => {
    const pairs = kept.flatMap((one, at) => kept.slice(at + 1).map((other) => [one, other] as const));
    const sum = pairs.reduce(
      (total, [one, other]) => total + adjustedRandIndex(groups[one] ?? [], groups[other] ?? []),
      0,
    );
    return sum / pairs.length;
  };
  const n = seeds.length;
  const mean = agreement(seeds);
  const pairs = (n * (n - 1)) / 2;
  if (n < 3) return { pairs, mean, ci95: null };
  const without = seeds.map((left) => agreement(seeds.filter((seed) => seed !== left)));
  const centre = without.reduce((sum, value) => sum + value, 0) / n;
  const variance = ((n - 1) / n) * without.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  const half = studentT.quantile(0.975, n - 1) * Math.sqrt(variance);
  return { pairs, mean, ci95: [mean - half, mean + half] };
}
