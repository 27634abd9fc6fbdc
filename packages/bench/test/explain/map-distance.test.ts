import { createRandom, resolveEngine } from '@distilljs/core';
import { beforeAll, expect, it } from 'vitest';
import { discriminatorFacts, standardized } from '../../src/explain/explain-maps.js';
import type { ExplainedMaps } from '../../src/explain/explained-maps.js';
import { maximumMeanDiscrepancy } from '../../src/explain/map-distance.js';
import { mapsComparisons, mapsFindings, mapsOverSeeds } from '../../src/explain/maps-over-seeds.js';

beforeAll(async () => {
  await resolveEngine('cpu');
});

/** Row i, column j: `((7 i + 3 j) mod 11) / 4 + shift`. */
function sample(rows: number, shift: number): { readonly data: Float32Array; readonly width: number } {
  const width = 3;
  const of = (at: number): number => (7 * Math.floor(at / width) + 3 * (at % width)) % 11;
  return { data: Float32Array.from({ length: rows * width }, (_, at) => of(at) / 4 + shift), width };
}

it('gives the MMD that NumPy and SciPy give', async () => {
  // k = exp(-cdist(a, b, 'sqeuclidean') / (2 * np.median(pdist(z)) ** 2)); means without the diagonal.
  const near = await maximumMeanDiscrepancy(sample(6, 0), sample(5, 0.3), createRandom(0));
  expect(near.bandwidth).toBeCloseTo(2.2638463, 5);
  expect(near.squared).toBeCloseTo(-0.0820003, 5);
  expect(near.p).toBeGreaterThan(0.2);
  const far = await maximumMeanDiscrepancy(sample(6, 0), sample(5, 2), createRandom(0));
  expect(far.bandwidth).toBeCloseTo(3.0207615, 5);
  expect(far.squared).toBeCloseTo(0.6982694, 5);
});

it('separates two distributions, but not two samples of one, whatever the scale', async () => {
  const normal = (seed: number, shift: number, scale: number): ReturnType<typeof sample> => {
    const random = createRandom(seed);
    return {
      data: Float32Array.from({ length: 40 * 4 }, () => scale * (random.normal() + shift)),
      width: 4,
    };
  };
  const same = await maximumMeanDiscrepancy(normal(1, 0, 1), normal(2, 0, 1), createRandom(0));
  const other = await maximumMeanDiscrepancy(normal(1, 0, 1), normal(2, 1, 1), createRandom(0));
  const scaled = await maximumMeanDiscrepancy(normal(1, 0, 1000), normal(2, 1, 1000), createRandom(0));
  expect(Math.abs(same.squared)).toBeLessThan(0.05);
  expect(same.p).toBeGreaterThan(0.05);
  // No division of 200 is as far apart.
  expect(other.p).toBeCloseTo(1 / 201, 12);
  expect(scaled.squared).toBeCloseTo(other.squared, 4);
  // Rows that are all alike have no distance.
  const alike = { data: new Float32Array(12).fill(3), width: 3 };
  expect(await maximumMeanDiscrepancy(alike, alike, createRandom(0))).toMatchObject({ squared: 0, p: 1 });
  await expect(maximumMeanDiscrepancy(alike, { ...alike, width: 4 }, createRandom(0))).rejects.toMatchObject({
    code: 'shape',
  });
});

it('leaves out of standardized maps what a batch norm takes away', () => {
  // Two maps of 1×1 with two channels: 1 and 3 have mean 2 and deviation 1; 5 and 5 no deviation.
  const { data } = standardized({ data: Float32Array.of(1, 5, 3, 5), width: 2, shape: [1, 1, 2] });
  expect([...data]).toEqual([-1, 0, 1, 0]);
});

const epoch = (loss: number): { readonly terms: object } => ({
  terms: {
    'discriminators/loss1': { value: loss, weight: 1 },
    'discriminators/own1': { value: 0.1, weight: 0 },
    'discriminators/peer1': { value: 0.9, weight: 0 },
  },
});

it('reports how each discriminator ended, and when it is saturated', () => {
  const facts = (losses: readonly number[]): ReturnType<typeof discriminatorFacts> =>
    discriminatorFacts(
      { epochs: losses.map(epoch) } as unknown as Parameters<typeof discriminatorFacts>[0],
      1,
    );
  expect(facts([0.5, 0.4, 0.3])).toEqual({ loss: 0.3, ownScore: 0.1, peerScore: 0.9, problems: [] });
  expect(facts([0.01, 0.01, 0.01])?.problems).toEqual([expect.stringContaining('saturated')]);
  expect(discriminatorFacts({ epochs: [] }, 1)).toBeUndefined();
});

it('holds methods with an adversary against those without, of the same networks', () => {
  const maps = (method: string, peer: string, squared: readonly number[]): readonly ExplainedMaps[] =>
    squared.map((value, seed) => {
      const distance = { squared: value, p: 0.01, bandwidth: 1 };
      const discriminator =
        method === 'afd-offline'
          ? { loss: 0.01, ownScore: 0, peerScore: 1, problems: ['Saturated.'] }
          : undefined;
      return {
        method,
        seed,
        network: 'small',
        peer,
        images: 8,
        distance,
        standardized: distance,
        discriminator,
      };
    });
  const all = [
    ...maps('kd', 'teacher', [0.5, 0.6, 0.7]),
    ...maps('dml', 'small 2', [0.5, 0.6, 0.7]),
    ...maps('afd-offline', 'teacher', [0.4, 0.501, 0.599]),
  ];
  expect(mapsOverSeeds(all).map(({ method, hasAdversary }) => [method, hasAdversary])).toEqual([
    ['kd', false],
    ['dml', false],
    ['afd-offline', true],
  ]);
  const compared = mapsComparisons(all);
  expect(compared.map(({ first, second }) => [first, second])).toEqual([['afd-offline', 'kd']]);
  expect(compared[0]?.squared.mean).toBeCloseTo(-0.1, 12);
  const findings = mapsFindings(all, compared);
  expect(findings[0]).toMatch(/afd-offline minus kd: −0\.100 \(.*\); nearer with the adversary\.$/);
  expect(findings.slice(1)).toEqual([0, 1, 2].map((seed) => `afd-offline, seed ${seed}: Saturated.`));
  expect(mapsFindings(all.slice(0, 1), [])).toEqual([]);
});
