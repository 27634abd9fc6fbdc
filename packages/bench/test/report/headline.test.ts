import { describe, expect, it } from 'vitest';
import { buildReport, findings, renderHtml } from '../../src/report/index.js';
import type { Report } from '../../src/report/index.js';
import {
  ENVIRONMENT,
  METHODS,
  TEACHER,
  fixtureConfig,
  fixtureReport,
  fixtureResults,
  methodOf,
} from './report-fixture.js';

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
    expect(headline).toBe('cckd ranks first with 70.83 % test accuracy (mean of 5 seeds).');
    expect(verdicts).toEqual([
      'It is 0.32 points above kd (95 % interval +0.26 to +0.38, p < 0.001; corrected for 6 tests: p < 0.001): more than different seeds alone would produce.',
      'It is 0.01 points above second-ranked rtk (95 % interval −0.37 to +0.39, p = 0.945): within what different seeds alone would produce, so it is open which of the two is better.',
    ]);
  });

  it('does not take the luckiest of several for better than kd', () => {
    const alone = findings(fixtureReport([KD, LUCKY], 3)).verdicts[0];
    expect(alone).toContain('p = 0.014): more than different seeds alone would produce.');
    const among = findings(fixtureReport([STUDENT, KD, LUCKY, ...NOISY], 3)).verdicts[0];
    // 4 tests: 4 · 0.0136.
    expect(among).toContain(
      'p = 0.014; corrected for 4 tests: p = 0.054): the best of 4 methods can look this good by luck.',
    );
  });

  it('emphasizes a row only where it is clear that it is best', async () => {
    const page = await renderHtml(fixtureReport([KD, LUCKY], 3), fixtureResults([KD, LUCKY], 3, 2));
    expect(page).toContain('<tr class="best"><th scope="row">cckd</th>');
  });

  it('draws methods that are called like what JavaScript objects have', async () => {
    const named = [KD, methodOf('valueOf', 0.7, 0.71, 0.72)];
    expect(await renderHtml(fixtureReport(named, 3), fixtureResults(named, 3, 2))).toContain('valueOf');
  });

  it('compares the first with the next when kd is first', () => {
    const { headline, verdicts } = findings(reportOf(['student', 'kd', 'mhgd'], 5));
    expect(headline).toContain('kd ranks first with 70.51 %');
    expect(verdicts[0]).toContain('It is 1.49 points above the student alone');
    // Paired differences 0.60, 0.21, 0.40, 0.16, 0.15 points: mean 0.304.
    expect(verdicts[1]).toContain('It is 0.30 points above second-ranked mhgd (95 % interval');
    expect(verdicts[1]).toMatch(
      /more than different seeds alone would produce, and so is its lead over each of the others\.$/,
    );
  });

  it('does not call the first the best when one further down cannot be distinguished from it', () => {
    const steady = methodOf('rtk', 0.719, 0.721, 0.7195);
    const next = methodOf('mhgd', 0.709, 0.7105, 0.71);
    const wild = methodOf('cckd', 0.66, 0.73, 0.7);
    const { verdicts } = findings(fixtureReport([steady, next, wild], 3));
    expect(verdicts).toEqual([
      expect.stringMatching(
        /^It is 1\.00 points above second-ranked mhgd .* But it cannot be distinguished from cckd, so it is open which is best\.$/,
      ),
    ]);
  });

  it('says so of kd in the second place, too', () => {
    const steady = methodOf('rtk', 0.709, 0.712, 0.7105);
    const wild = methodOf('cckd', 0.66, 0.73, 0.7);
    const { verdicts } = findings(fixtureReport([KD, steady, wild], 3));
    expect(verdicts).toEqual([
      expect.stringMatching(
        /^It is 1\.05 points above second-ranked kd .* But it cannot be distinguished from cckd, so it is open which is best\.$/,
      ),
    ]);
  });

  it('compares two methods over few seeds rather than none over many', () => {
    const results = [...fixtureResults([STUDENT, KD], 5, 2)].filter(
      ({ method, seed }) => method === 'student' || seed < 2,
    );
    const { headline, verdicts } = findings(
      buildReport(fixtureConfig([STUDENT, KD], 5, 2), ENVIRONMENT, TEACHER, results),
    );
    expect(headline).toContain('kd ranks first with 70.00 % test accuracy (mean of 2 seeds).');
    expect(verdicts[0]).toContain('the student alone, which ranks second');
  });

  it('falls back to the student alone, and says once that it comes next', () => {
    expect(findings(reportOf(['student', 'rtk'], 5)).verdicts).toEqual([
      expect.stringContaining('It is 1.80 points above the student alone, which ranks second (95 %'),
    ]);
  });

  it('claims nothing from one seed', () => {
    const { headline, verdicts, caveats } = findings(reportOf(['student', 'kd', 'cckd', 'rtk'], 1));
    expect(headline).toBe('rtk ranks first with 70.83 % test accuracy (one seed).');
    expect(verdicts).toEqual([
      'It is 0.42 points above kd and 0.15 points above second-ranked cckd. One seed cannot show whether that is more than chance.',
    ]);
    expect(caveats[0]).toBe('Only 1 seed: differences cannot be distinguished from chance.');
  });

  it('claims nothing from differences that are all equal', () => {
    const shifted = methodOf('cckd', 0.71, 0.71, 0.71);
    expect(findings(fixtureReport([KD, shifted], 3)).verdicts[0]).toContain(
      'It is 1.00 points above second-ranked kd in each of 3 seeds; equal differences cannot be tested.',
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
      expect(headline).toBe(`${names} tie for first place with 71.00 % test accuracy (mean of 3 seeds).`);
      expect(verdicts).toEqual([
        'Their means are equal, so it is open which is better.',
        'They are 1.00 points above kd; the table has a test for each.',
      ]);
      const page = await renderHtml(report, fixtureResults([KD, ...pair], 3, 2));
      // Emphasis is for what is clear.
      expect(page).not.toContain('<tr class="best">');
    }
  });

  it('names all that come next with the same mean', () => {
    const [one, other] = [methodOf('cckd', 0.7, 0.71, 0.72), methodOf('rtk', 0.72, 0.7, 0.71)];
    const best = methodOf('mhgd', 0.72, 0.73, 0.743);
    expect(findings(fixtureReport([one, other, best], 3)).verdicts[0]).toMatch(
      /It is 2\.10 points above cckd and rtk, which tie for second place \(over rtk: 95 % interval/,
    );
  });

  it('has nothing to compare a single method with', () => {
    expect(findings(fixtureReport([KD], 3)).verdicts).toEqual([
      'There is no other method to compare it with.',
    ]);
  });
});
