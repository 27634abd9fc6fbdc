import { describe, expect, it } from 'vitest';
import { coverageOf } from './coverage.js';

// `npm run simulate` prints more settings and repeats; docs/statistics.md has its figures.
describe('95 % intervals', { timeout: 300_000 }, () => {
  it.each([5, 10])('hold the truth in about 95 of 100 simulated comparisons with %i seeds', (seeds) => {
    const found = coverageOf({ seeds, images: 200, imageSpread: 0.5, seedSpread: 0.1, repeats: 300 });
    // 300 repeats of 0.95 deviate by 0.0126; four deviations either way.
    for (const share of Object.values(found) as number[]) {
      expect(share).toBeGreaterThan(0.9);
      expect(share).toBeLessThanOrEqual(1);
    }
  });
});
