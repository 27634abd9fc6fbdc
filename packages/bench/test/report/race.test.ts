import { describe, expect, it } from 'vitest';
import { findings, renderHtml, renderMarkdown, renderTerminal } from '../../src/report/index.js';
import type { RaceReport, Report } from '../../src/report/index.js';
import { comparePaired } from '../../src/statistics/index.js';
import { withFigures } from './figures-fixture.js';
import { fixtureReport, fixtureResults, methodOf } from './report-fixture.js';

const METHODS = [
  methodOf('kd', 0.7, 0.71, 0.7, 0.72, 0.71, 0.705),
  methodOf('cckd', 0.72, 0.73, 0.715, 0.74, 0.725, 0.72),
  methodOf('student', 0.65, 0.66, 0.64, 0.65),
];

/** Four seeds of the race, two fresh ones. */
const RACE: RaceReport = {
  ...{ level: 0.05, seeds: [0, 1, 2, 3], most: 20, left: ['cckd'], end: 'winner', validationImages: 5000 },
  ...{ trainings: 16, fullTrainings: 12, seconds: 5400, budget: 7200 },
  methods: [
    { method: 'kd', seeds: 4, validationAccuracy: 0.71 },
    { method: 'cckd', seeds: 4, validationAccuracy: 0.73 },
    { method: 'student', seeds: 3, validationAccuracy: 0.66 },
  ],
  dropped: [
    { method: 'student', seed: 2, seeds: 3, by: 'cckd', difference: 0.07, evidence: 81.4, needed: 60 },
    { method: 'kd', seed: 3, seeds: 4, by: 'cckd', difference: 0.02, evidence: 65, needed: 60 },
  ],
  confirmation: {
    ...{ winner: 'cckd', rival: 'kd', seeds: [4, 5, 6] },
    comparison: comparePaired(
      new Map([
        [4, 0.725],
        [5, 0.72],
      ]),
      new Map([
        [4, 0.71],
        [5, 0.7045],
      ]),
    ),
  },
};

const reported = (race: Partial<RaceReport> = {}): Report =>
  fixtureReport(METHODS, 6, { race: { ...RACE, ...race }, testImages: 10_000 });
const said = (race: Partial<RaceReport> = {}): string => {
  const { headline, verdicts } = findings(reported(race));
  return [headline, ...verdicts].join(' ');
};
const confirmed = (first: readonly number[], second: readonly number[]): Partial<RaceReport> => {
  const of = (values: readonly number[]): ReadonlyMap<number, number> =>
    new Map(values.map((value, at) => [at + 4, value]));
  return {
    confirmation: {
      ...{ winner: 'cckd', rival: 'kd', seeds: [4, 5, 6] },
      comparison: comparePaired(of(first), of(second)),
    },
  };
};

describe('the report of a race', () => {
  it('leads with the winner on fresh seeds', () => {
    expect(said()).toMatch(
      /^cckd won the race, and has 72\.25 % test accuracy on 2 fresh seeds, 1\.52 points above kd\. 95 % interval \+1\.21 to \+1\.84, p = 0\.010: fresh seeds confirm that cckd is better\. Of 3 fresh seeds 1 is missing\./,
    );
    expect(said()).toContain('chosen on 5,000 validation images, not on test images; 2 of 3 were dropped.');
    expect(said()).toMatch(
      /It took 1 h 30 min of a budget of 2 h 0 min: 16 trainings, 4 of them with fresh seeds\. .* 12\.$/,
    );
  });

  it('says when fresh seeds do not confirm the winner, or contradict it', () => {
    expect(said(confirmed([0.72, 0.7, 0.71], [0.7, 0.72, 0.7]))).toContain(
      'fresh seeds do not confirm that it is better, nor the opposite',
    );
    expect(said(confirmed([0.7, 0.71, 0.7], [0.75, 0.761, 0.749]))).toMatch(
      /points below kd\. .*fresh seeds contradict the race: kd is better on the test images/,
    );
    expect(said({ confirmation: null })).toMatch(/^cckd won the race after 4 seeds\. Methods/);
  });

  it.each([
    ['tie', 'cckd and kd tie: 4 seeds cannot tell them apart. It is open'],
    ['budget', 'cckd and kd are still in the race: the budget ended after 4 seeds. It is open'],
    ['unfinished', 'The race is not over: cckd and kd are left after 4 seeds.'],
  ] as const)('says how it stands: %s', (end, text) => {
    const open = { end, left: ['cckd', 'kd'], dropped: RACE.dropped.slice(0, 1), confirmation: null };
    expect(said(open)).toContain(text);
  });

  it('says what was dropped when, why and by how much evidence, on the page, in Markdown and in a terminal', async () => {
    const page = await renderHtml(reported(), fixtureResults(METHODS, 6, 4));
    const section = /<section id="race".*?<\/section>/s.exec(page)?.[0] ?? '';
    const rows = [...section.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = '']) =>
      [...row.matchAll(/>([^<]+)</g)].map(([, cell]) => cell),
    );
    expect(rows.slice(1)).toEqual([
      ['cckd', '4', '73.00', 'won', '–', '–', '–'],
      ['kd', '4', '71.00', 'out after 4 seeds', 'cckd', '+2.00', '65 of 60'],
      ['student', '3', '66.00', 'out after 3 seeds', 'cckd', '+7.00', '81 of 60'],
    ]);
    expect(renderMarkdown(reported())).toMatch(/\| student +\| 3 +\| 66\.00 +\| out after 3 seeds/);
    expect(renderTerminal(reported())).toContain('cckd won the race');
    // That dropped methods have fewer seeds is no defect of the run.
    expect(findings(reported()).caveats.join(' ')).not.toContain('is unfinished');
    expect(findings(reported()).caveats.join(' ')).toContain('Dropped methods have fewer seeds');
  });
});

describe('large reports', { timeout: 120_000 }, () => {
  it('of 25 methods with 5 seeds stay below 5 MB', async () => {
    const many = Array.from({ length: 25 }, (_, at) =>
      methodOf(
        `method-${at}`,
        ...[0, 1, 2, 3, 4].map((seed) => 0.6 + 0.004 * at + 0.002 * ((seed * 7 + at) % 5)),
      ),
    );
    const classes = Array.from({ length: 100 }, (_, at) => `class ${at}`);
    const page = await renderHtml(withFigures(fixtureReport(many, 5), classes), fixtureResults(many, 5, 60));
    expect(Buffer.byteLength(page)).toBeLessThan(5e6);
  });
});
