import { comparePaired, summarize } from '../statistics/index.js';
import { withInterval } from './explain-findings.js';
import type { ExplainedMaps, MapsComparison, MapsSummary } from './explained-maps.js';

type Variant = 'distance' | 'standardized';

/** Every method whose maps could be compared, over its seeds. */
export function mapsOverSeeds(maps: readonly ExplainedMaps[]): readonly MapsSummary[] {
  return methodsOf(maps).map((method) => ({
    method,
    hasAdversary: maps.some((one) => one.method === method && one.discriminator !== undefined),
    squared: summarize([...bySeed(maps, method, 'distance').values()]),
    standardized: summarize([...bySeed(maps, method, 'standardized').values()]),
  }));
}

/** Every method with an adversary against every method without one that has the same networks. */
export function mapsComparisons(maps: readonly ExplainedMaps[]): readonly MapsComparison[] {
  const networksOf = (method: string): string =>
    [
      ...new Set(
        maps.filter((one) => one.method === method).map(({ network, peer }) => `${network} ${peer}`),
      ),
    ].join();
  const methods = methodsOf(maps);
  const plays = (method: string): boolean =>
    maps.some((one) => one.method === method && one.discriminator !== undefined);
  return methods.filter(plays).flatMap((first) =>
    methods
      .filter((second) => !plays(second) && networksOf(first) === networksOf(second))
      .flatMap((second) => {
        const of = (variant: Variant): ReturnType<typeof comparePaired> =>
          comparePaired(bySeed(maps, first, variant), bySeed(maps, second, variant));
        const [squared, standardized] = [of('distance'), of('standardized')];
        return squared === null || standardized === null ? [] : [{ first, second, squared, standardized }];
      }),
  );
}

/** Whether the adversary moved the maps, and problems of its discriminators. */
export function mapsFindings(
  maps: readonly ExplainedMaps[],
  comparisons: readonly MapsComparison[],
): readonly string[] {
  const moved = comparisons.map(({ first, second, squared: { mean, ci95, seeds } }) => {
    const verdict =
      ci95 === null || seeds.length < 3
        ? `with ${seeds.length} ${seeds.length === 1 ? 'seed' : 'seeds'} this is no evidence`
        : ci95[1] < 0
          ? 'nearer with the adversary'
          : ci95[0] > 0
            ? 'further apart with the adversary'
            : 'nothing that these seeds can show';
    return `Distance of feature maps (MMD²), ${first} minus ${second}: ${withInterval({ mean, ci95 })}; ${verdict}.`;
  });
  const problems = maps.flatMap(({ method, seed, discriminator }) =>
    (discriminator?.problems ?? []).map((problem) => `${method}, seed ${seed}: ${problem}`),
  );
  const unlike = [
    ...new Set(maps.filter(({ distance }) => distance === undefined).map(({ method }) => method)),
  ];
  return [
    ...moved,
    ...problems,
    ...(unlike.length === 0 ? [] : [`Maps of unlike shape, which have no distance: ${unlike.join(', ')}.`]),
  ];
}

const methodsOf = (maps: readonly ExplainedMaps[]): readonly string[] => [
  ...new Set(maps.filter(({ distance }) => distance !== undefined).map(({ method }) => method)),
];

/** MMD² by seed, mean over the networks of a cohort. */
function bySeed(
  maps: readonly ExplainedMaps[],
  method: string,
  variant: Variant,
): ReadonlyMap<number, number> {
  const values = new Map<number, number[]>();
  for (const one of maps) {
    const squared = one[variant]?.squared;
    if (one.method !== method || squared === undefined) continue;
    values.set(one.seed, [...(values.get(one.seed) ?? []), squared]);
  }
  return new Map(
    [...values].map(([seed, all]) => [seed, all.reduce((sum, value) => sum + value, 0) / all.length]),
  );
}
