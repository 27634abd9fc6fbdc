import { describe, expect, it } from 'vitest';
import { buildReport, findings } from '../../src/report/index.js';
import type { MethodResult } from '../../src/report/index.js';
import {
  ENVIRONMENT,
  METHODS,
  TEACHER,
  fixtureConfig,
  fixtureReport,
  fixtureResults,
  methodOf,
} from './report-fixture.js';

const KD = methodOf('kd', 0.7, 0.702, 0.701);
const CCKD = methodOf('cckd', 0.704, 0.707, 0.705);
const RTK = methodOf('rtk', 0.703, 0.705, 0.709);
const STUDENT = methodOf('student', 0.69, 0.691, 0.688);

describe('caveats', () => {
  it('count the tests of both columns', () => {
    const { caveats } = findings(fixtureReport([STUDENT, KD, CCKD, RTK], 3));
    expect(caveats[0]).toBe(
      'Only 3 seeds: intervals are wide, and small differences cannot be distinguished from chance.',
    );
    // 1 − 0.95³ = 0.143.
    expect(caveats[1]).toBe(
      "The table's p-values are from paired t-tests over seeds, uncorrected. If no method made a difference, at least one would still fall below 0.05 in up to 14 of 100 reports for the 3 tests against kd and in up to 14 of 100 reports for the 3 tests against student.",
    );
    expect(caveats[2]).toContain('was picked by its test accuracy');
  });

  it('count those against the student where there is no kd', () => {
    const { caveats } = findings(fixtureReport([STUDENT, CCKD, RTK], 3));
    expect(caveats[1]).toMatch(/0\.05 in up to 10 of 100 reports for the 2 tests against student\.$/);
    expect(findings(fixtureReport([STUDENT, KD], 3)).caveats.join()).not.toContain('uncorrected');
  });

  it('mention few seeds method by method, and keep methods that lack seeds out of the ranking', () => {
    const lucky = methodOf('mhgd', 0.72);
    const report = fixtureReport([STUDENT, KD, lucky, CCKD, RTK], 3);
    const { headline, caveats } = findings(report);
    expect(headline).toMatch(/^rtk ranks first.* \(mean of 3 seeds\)\.$/);
    expect(caveats).toContain('Only 1 seed of mhgd: differences cannot be distinguished from chance.');
    expect(caveats).toContain(
      'Only 3 seeds of each of the other methods: intervals are wide, and small differences cannot be distinguished from chance.',
    );
    expect(caveats).toContain('mhgd is unfinished: seeds 1, 2 missing; it is not ranked.');
    expect(caveats.join()).not.toContain('The ranking uses');
  });

  it('say over which seeds an unfinished run is ranked', () => {
    // Without its third seed, cckd is behind rtk; with it, it would come first.
    const cckd = methodOf('cckd', 0.703, 0.704, 0.79);
    const others = [STUDENT, KD, RTK].map((method) => ({
      ...method,
      accuracies: method.accuracies.slice(0, 2),
    }));
    const { headline, caveats } = findings(fixtureReport([...others, cckd], 3));
    expect(headline).toBe('rtk ranks first with 70.40 % test accuracy (mean of 2 seeds).');
    expect(caveats).toContain('kd is unfinished: seed 2 missing.');
    expect(caveats).toContain(
      'The ranking uses seeds 0, 1, which 4 methods have; the table uses every finished seed.',
    );
  });

  it('rank over what all have in common where no method has the seeds of another', () => {
    const results = fixtureResults([KD, CCKD], 3).filter(
      ({ method, seed }) => seed !== (method === 'kd' ? 0 : 2),
    );
    const report = buildReport(fixtureConfig([KD, CCKD], 3), ENVIRONMENT, TEACHER, results);
    expect(findings(report).headline).toContain('cckd ranks first with 70.70 %');
    expect(findings(report).headline).toContain('(one seed)');
  });

  it('say that students had different teachers, as after an exchange of the teacher in the run folder', () => {
    const results = fixtureResults([STUDENT, KD], 3).map((result) => ({
      ...result,
      origin: { data: 'd', teacher: result.seed === 2 ? 'other' : 'first' },
    }));
    const report = buildReport(fixtureConfig([STUDENT, KD], 3), ENVIRONMENT, TEACHER, results);
    expect(report.teachers).toBe(2);
    const { caveats } = findings(report);
    expect(caveats).toContain(
      'The students had 2 different teachers, and the report shows only the current one. Compare only students of the same teacher: `distill-bench verify RUN` names the others.',
    );
    expect(caveats.join()).toContain(
      'The training and validation split and the test images are the same for all.',
    );
    expect(fixtureReport([STUDENT, KD], 3).teachers).toBe(0);
  });

  it('say what the intervals do not cover, and how sure a single accuracy is', () => {
    const { caveats } = findings(fixtureReport([STUDENT, KD], 3, { testImages: 1017 }));
    // 1.96 · √(0.701 · 0.299 / 1017) = 0.02814.
    expect(caveats).toContain(
      'Intervals and p-values cover only the seeds of the students. The teacher, the training and validation split and the test images are the same for all. With 1,017 test images, an accuracy near 70.10 % is uncertain by about ±2.81 points (95 %). Differences between methods are less uncertain, because all are tested on the same images.',
    );
    // Wilson: 1.96² / 100 / 2 / (1 + 1.96² / 100) = 0.01850; the normal interval would have no width.
    const perfect = fixtureReport([methodOf('kd', 1, 1, 1)], 3, { testImages: 100 });
    expect(findings(perfect).caveats.join()).toContain('near 100.00 % is uncertain by about ±1.85 points');
    expect(findings(fixtureReport([STUDENT, KD], 3)).caveats).toContainEqual(
      expect.stringMatching(/the test images are the same for all\.$/),
    );
  });

  it('compare the teacher with the students’ best epochs, as it was measured itself', () => {
    const taught = { ...TEACHER, testAccuracy: 0.7 };
    const config = fixtureConfig([STUDENT, KD], 3);
    const caveatsOf = (best: number): string => {
      const results = fixtureResults([STUDENT, KD], 3).map((result) => ({
        ...result,
        testAccuracyBest: best,
      }));
      return findings(buildReport(config, ENVIRONMENT, taught, results)).caveats.join('\n');
    };
    // After the last epoch kd has 70.1 %.
    expect(caveatsOf(0.69)).not.toContain('no better than');
    expect(caveatsOf(0.7001)).toContain('The teacher (70.00 %) is no better than the best student');
  });

  it('name a teacher that knows hardly more than chance', () => {
    // Guessing among three classes gives 1/3, and a quarter of the way from there to 1 is 1/2.
    const caveatsOf = (testAccuracy: number): string => {
      const report = fixtureReport([STUDENT, KD], 3);
      const teacher = { ...report.teacher, testAccuracy };
      return findings({ ...report, teacher, classNames: ['a', 'b', 'c'] }).caveats.join('\n');
    };
    expect(caveatsOf(0.499)).toContain(
      'The teacher has learned little: 49.90 % of the test images, where guessing gives 33.33 %.',
    );
    expect(caveatsOf(0.5)).not.toContain('guessing');
  });

  it('pass on what the runs warned of, and what the engine does', () => {
    const results: MethodResult[] = fixtureResults(METHODS, 5).map((result) => ({
      ...result,
      warnings: ['loss jumped'],
    }));
    const report = buildReport(fixtureConfig(METHODS, 5), ENVIRONMENT, TEACHER, results);
    expect(findings(report).caveats).toContain(
      `${METHODS.map(({ name }) => `${name}, seeds 0, 1, 2, 3, 4`).join('; ')}: loss jumped`,
    );
    expect(findings(fixtureReport()).caveats.at(-1)).toContain('The engine node is not exactly reproducible');
  });

  it('say with how many threads TensorFlow rounded, and whether that differed', () => {
    const lastCaveat = (threads: (seed: number) => number): string | undefined => {
      const results = fixtureResults(METHODS, 5).map((result) => ({
        ...result,
        madeWith: { engine: 'node (tfjs)', threads: threads(result.seed), node: 'v20', packages: {} },
      }));
      return findings(buildReport(fixtureConfig(METHODS, 5), ENVIRONMENT, TEACHER, results)).caveats.at(-1);
    };
    expect(lastCaveat(() => 1)).toMatch(/Every training had 1 thread; with another number/);
    expect(lastCaveat((seed) => (seed < 3 ? 2 : 1))).toMatch(/differ in their number of threads \(1 and 2\)/);
  });
});
