import type { Explanation } from '@distilljs/vam';
import { expect, it } from 'vitest';
import { explainFindings } from '../../src/explain/explain-findings.js';
import type { ExplainedTraining } from '../../src/explain/index.js';
import {
  adjustedRandIndex,
  classGroups,
  meanAgreement,
  overSeeds,
  seedsComparisons,
} from '../../src/explain/over-seeds.js';

it("gives scikit-learn's adjusted Rand index", () => {
  // sklearn.metrics.adjusted_rand_score
  expect(adjustedRandIndex([0, 0, 1, 1, 2, 2], [0, 0, 1, 2, 2, 2])).toBeCloseTo(0.4444444444444444, 12);
  expect(adjustedRandIndex([0, 0, 0, 1, 1, 1], [0, 1, 0, 1, 0, 1])).toBeCloseTo(-0.1111111111111111, 12);
  expect(adjustedRandIndex([0, 0, 1, 1], [5, 5, 3, 3])).toBe(1);
  expect(adjustedRandIndex([0, 0, 0, 0], [0, 1, 2, 3])).toBe(0);
  expect(adjustedRandIndex([0, 0, 0, 0], [1, 1, 1, 1])).toBe(1);
  expect(adjustedRandIndex([0, 1, 2, 3], [3, 2, 1, 0])).toBe(1);
});

it('reads the groups of classes off every level of a tree', () => {
  const groups = [
    { chain: [1, 0], classes: [0, 3] },
    { chain: [2, 0], classes: [1] },
    { chain: [0, 1], classes: [2] },
  ];
  expect(classGroups({ parents: [], groups }, 0)).toEqual([1, 2, 0, 1]);
  expect(classGroups({ parents: [], groups }, 1)).toEqual([0, 0, 1, 0]);
});

it('takes the interval of an agreement over seeds, not over pairs that share them', () => {
  const [same, other] = [
    [0, 0, 1, 1],
    [0, 1, 0, 1],
  ] as const;
  // Agreements: 1 between the two alike, a = −0.5 to the third. Without a seed: a, a, 1.
  const { pairs, mean, ci95 } = meanAgreement([same, same, other]);
  expect(adjustedRandIndex(same, other)).toBeCloseTo(-0.5, 12);
  expect(pairs).toBe(3);
  expect(mean).toBeCloseTo(0, 12);
  // Their mean is 0, the squared deviations 0.25 + 0.25 + 1: √(2 / 3 · 1.5) = 1; t(0.975, 2) = 4.302653.
  expect(ci95?.[0]).toBeCloseTo(-4.302653, 5);
  expect(ci95?.[1]).toBeCloseTo(4.302653, 5);
  expect(meanAgreement([same, same])).toEqual({ pairs: 1, mean: 1, ci95: null });
});

/** A training whose tree has two classes apart, with these measurements. */
function training(
  kind: 'kd' | 'plain' | 'label-smoothing',
  seed: number,
  entropy: number,
  negativeShare: number,
): ExplainedTraining {
  const statistics = { mean: entropy, normalized: entropy / Math.LN2, perChild: [], histogram: [] };
  const experts = {
    levels: [{ name: 'attention', attention: [], temperature: 1, entropy: statistics, edges: 0 }],
    entropy,
    tree: { parents: [], groups: [0, 1].map((of) => ({ chain: [of], classes: [of] })) },
    flow: [],
    similarity: { jensenShannon: [], cosine: [] },
    conflict: { [kind === 'plain' ? 'hard' : kind]: { cosines: [], mean: 0.1, negativeShare } },
  } as unknown as Explanation;
  return { method: `explainer-${kind}`, seed, testAccuracy: 0.5, training: kind, experts, layers: [] };
}

it('compares KD with label smoothing and plain training, paired over seeds, and says only what the intervals support', () => {
  const trainings = [0, 1, 2].flatMap((seed) => [
    training('kd', seed, 0.5 + 0.1 * seed, 0.2 + 0.1 * seed),
    training('label-smoothing', seed, 0.6 + 0.1 * seed + 0.001 * seed, 0.3),
    training('plain', seed, 0.4 + 0.1 * seed - 0.001 * seed, 0.3),
  ]);
  const [kd, ...others] = overSeeds(trainings);
  expect(others.map(({ training: of }) => of)).toEqual(['label-smoothing', 'plain']);
  expect(kd).toMatchObject({ method: 'explainer-kd', seeds: [0, 1, 2] });
  expect(kd?.entropy.mean).toBeCloseTo(0.6, 12);
  // t(0.975, 2) · 0.1 / √3
  expect(kd?.levels[0]?.entropy.ci95?.[0]).toBeCloseTo(0.6 - (4.302653 * 0.1) / Math.sqrt(3), 6);
  expect(kd?.conflict?.negativeShare.mean).toBeCloseTo(0.3, 12);
  expect(kd?.stability).toEqual([{ name: 'attention', pairs: 3, mean: 1, ci95: [1, 1] }]);

  const comparisons = seedsComparisons(trainings);
  expect(comparisons).toHaveLength(9);
  const findings = explainFindings({ summaries: overSeeds(trainings), comparisons });
  expect(findings[0]).toMatch(
    /entropy .* is 0\.600 \(0\.352 to 0\.848\)\. Against label smoothing −0\.101 \(95 % interval .*\), lower; against plain training \+0\.101 .*, higher\.$/,
  );
  expect(findings[1]).toMatch(/conflict is 0\.300 .* Against label smoothing 0\.000 .*, open;/);
  expect(findings[2]).toMatch(
    /explainer-kd's last level: .* 1\.000 .* over 3 pairs of seeds, more than chance\./,
  );
});

it('does not accept fewer than three seeds as evidence', () => {
  const trainings = [training('kd', 0, 0.5, 0.2), training('plain', 0, 0.6, 0.1)];
  const findings = explainFindings({
    summaries: overSeeds(trainings),
    comparisons: seedsComparisons(trainings),
  });
  expect(findings).toHaveLength(2);
  expect(findings[0]).toMatch(/−0\.100, lower\. With 1 seed this is no evidence\.$/);
});
