import { describe, expect, it } from 'vitest';
import { findings, renderHtml } from '../../src/report/index.js';
import type { Report } from '../../src/report/index.js';
import { METHODS, fixtureReport, fixtureResults, methodOf } from './report-fixture.js';

/** A report of the methods named, over the first seeds. */
function reportOf(names: readonly string[], seeds: number): Report {
  return fixtureReport(
    METHODS.filter(({ name }) => names.includes(name)),
    seeds,
  );
}

/** Two that do much worse or better than kd by the seed, and so have a large p each. */
const NOISY = [methodOf('rtk', 0.69, 0.71, 0.695), methodOf('mhgd', 0.71, 0.69, 0.7)];
const STUDENT = methodOf('student', 0.69, 0.705, 0.7);
const KD = methodOf('kd', 0.7, 0.7, 0.7);
/** Against kd: 0.010, 0.012, 0.015, so t = 0.012333 · √3 / 0.002517 = 8.49, and p = 0.0136 with 2 degrees of freedom. */
const LUCKY = methodOf('cckd', 0.71, 0.712, 0.715);

describe('the headline', () => {
  it('says who is best, and whether that is more than chance', () => {
    const { headline, verdicts } = findings(fixtureReport());
    expect(headline).toBe(
      'cckd comes out first: it classifies 70.83 % of the test images rightly on average over 5 seeds.',
    );
    expect(verdicts).toEqual([
      'Its difference to kd is +0.32 points (95 % interval +0.26 to +0.38, p < 0.001; p < 0.001 when corrected for being picked out of 6 such tests): more than the chance of the seeds explains.',
      'Its lead over the next, rtk, is 0.01 points (95 % interval −0.37 to +0.39, p = 0.945): no more than the chance of the seeds may give, so it is open which of the two is better.',
    ]);
  });

  it('does not take the luckiest of several for better than kd', () => {
    const alone = findings(fixtureReport([KD, LUCKY], 3)).verdicts[0];
    expect(alone).toContain('p = 0.014): more than the chance of the seeds explains.');
    const among = findings(fixtureReport([STUDENT, KD, LUCKY, ...NOISY], 3)).verdicts[0];
    // 4 tests: 4 · 0.0136.
    expect(among).toContain(
      'p = 0.014; p = 0.054 when corrected for being picked out of 4 such tests): the luckiest of 4 may look like that by the chance of the seeds alone.',
    );
  });

  it('compares the first with the next when kd is first', () => {
    const { headline, verdicts } = findings(reportOf(['student', 'kd', 'mhgd'], 5));
    expect(headline).toContain('kd comes out first: it classifies 70.51 %');
    expect(verdicts[0]).toContain('Its difference to the student alone is +1.49 points');
    // Paired differences 0.60, 0.21, 0.40, 0.16, 0.15 points: mean 0.304.
    expect(verdicts[1]).toContain('Its lead over the next, mhgd, is 0.30 points (95 % interval');
    expect(verdicts[1]).toMatch(
      /more than the chance of the seeds explains, as is that over each of the others\.$/,
    );
  });

  it('does not call the first the best when one further down cannot be told from it', () => {
    const steady = methodOf('rtk', 0.719, 0.721, 0.7195);
    const next = methodOf('mhgd', 0.709, 0.7105, 0.71);
    const wild = methodOf('cckd', 0.66, 0.73, 0.7);
    const { verdicts } = findings(fixtureReport([steady, next, wild], 3));
    expect(verdicts).toEqual([
      expect.stringMatching(
        /^Its lead over the next, mhgd, is 1\.00 points .* but 1 of the 1 further down cannot be told from it by such a test, so it is open which is best\.$/,
      ),
    ]);
  });

  it('falls back to the student alone, and says once that it comes next', () => {
    expect(findings(reportOf(['student', 'rtk'], 5)).verdicts).toEqual([
      expect.stringContaining('Its difference to the student alone, which comes next, is +1.80 points'),
    ]);
  });

  it('claims nothing from one seed', () => {
    const { headline, verdicts, caveats } = findings(reportOf(['student', 'kd', 'cckd', 'rtk'], 1));
    expect(headline).toBe(
      'rtk comes out first: it classifies 70.83 % of the test images rightly with its one seed.',
    );
    expect(verdicts).toEqual([
      'Its difference to kd is +0.42 points, its lead over the next, cckd, is 0.15 points; one seed does not tell whether that is more than chance.',
    ]);
    expect(caveats[0]).toBe('Only 1 seed: nothing tells a difference from chance.');
  });

  it('claims nothing from differences that are all equal', () => {
    const shifted = methodOf('cckd', 0.71, 0.71, 0.71);
    expect(findings(fixtureReport([KD, shifted], 3)).verdicts[0]).toContain(
      'is +1.00 points in each of 3 seeds: too alike for a test.',
    );
  });

  it('does not let the order of the configuration decide between equal means', async () => {
    // The mean over the seeds is 0.71 for both, whichever way it is rounded.
    const [one, other] = [methodOf('cckd', 0.7, 0.71, 0.72), methodOf('rtk', 0.72, 0.7, 0.71)];
    for (const pair of [
      [one, other],
      [other, one],
    ]) {
      const report = fixtureReport([KD, ...pair], 3);
      const { headline, verdicts } = findings(report);
      const names = pair.map(({ name }) => name).join(' and ');
      expect(headline).toBe(
        `${names} share the first place: each classifies 71.00 % of the test images rightly on average over 3 seeds.`,
      );
      expect(verdicts).toEqual([
        'Their means are the same: nothing here tells which is better.',
        'Their difference to kd is +1.00 points; the table has the test of each.',
      ]);
      const page = await renderHtml(report, fixtureResults([KD, ...pair], 3, 2));
      expect(page.match(/<tr class="best">/g)).toHaveLength(2);
    }
  });

  it('names all that come next with the same mean', () => {
    const [one, other] = [methodOf('cckd', 0.7, 0.71, 0.72), methodOf('rtk', 0.72, 0.7, 0.71)];
    const best = methodOf('mhgd', 0.72, 0.73, 0.743);
    expect(findings(fixtureReport([one, other, best], 3)).verdicts[0]).toMatch(
      /Its lead over the next, cckd and rtk with the same mean, is 2\.10 points \(over rtk: 95 % interval/,
    );
  });

  it('has nothing to compare a single method with', () => {
    expect(findings(fixtureReport([KD], 3)).verdicts).toEqual(['It is the only one to rank.']);
  });
});
