import type { Dataset, Random } from '@distilljs/core';
import { DistillError } from '@distilljs/core';
import { subset } from './subset.js';

/**
 * Takes a share of every class away for validation.
 *
 * Of each class `fraction · count` images, rounded so that the whole is `round(fraction · size)` (largest remainders
 * first); which ones, `random` says. Both parts keep the dataset's order.
 *
 * @param fraction above 0 and below 1
 * @throws DistillError code `option` when the fraction is outside, or leaves one part empty
 */
export function splitValidation(
  dataset: Dataset,
  fraction: number,
  random: Random,
): { readonly train: Dataset; readonly validation: Dataset } {
  const wanted = Math.round(fraction * dataset.size);
  if (!(fraction > 0 && fraction < 1) || wanted === 0 || wanted === dataset.size) {
    throw new DistillError({
      code: 'option',
      where: 'validationFraction',
      expected: `a number between 0 and 1 that leaves both parts of ${dataset.size} images some`,
      got: String(fraction),
    });
  }
  const byClass = Array.from({ length: dataset.classes }, (): number[] => []);
  dataset.labels.forEach((label, position) => byClass[label]?.push(position));
  const quotas = apportion(
    byClass.map((positions) => fraction * positions.length),
    wanted,
  );
  const chosen = new Set<number>();
  byClass.forEach((positions, label) => {
    const order = random.fork(label).permutation(positions.length);
    for (const place of order.subarray(0, quotas[label])) chosen.add(positions[place] ?? 0);
  });
  const positions = Array.from({ length: dataset.size }, (_, position) => position);
  return {
    train: subset(
      dataset,
      positions.filter((position) => !chosen.has(position)),
    ),
    validation: subset(
      dataset,
      positions.filter((position) => chosen.has(position)),
    ),
  };
}

/** Whole numbers near `shares` that sum to `total`: the largest remainders are rounded up (Hare–Niemeyer). */
function apportion(shares: readonly number[], total: number): readonly number[] {
  const quotas = shares.map(Math.floor);
  let missing = total - quotas.reduce((sum, quota) => sum + quota, 0);
  const remainder = (place: number): number => (shares[place] ?? 0) - Math.floor(shares[place] ?? 0);
  const order = shares.map((_, place) => place).sort((a, b) => remainder(b) - remainder(a) || a - b);
  for (const place of order) {
    if (missing-- <= 0) break;
    quotas[place] = (quotas[place] ?? 0) + 1;
  }
  return quotas;
}
