import { cohortWords } from './cohort-table.js';
import { count, listed, percent } from './format.js';
import { SIGNIFICANT } from './headline.js';
import type { Ranking } from './ranking.js';
import type { Report, ReportRow } from './report-data.js';

/** Below this many seeds an interval says little. */
const FEW_SEEDS = 5;
/** Standard errors to either side that hold 95 % of a normal distribution. */
const NORMAL_95 = 1.96;

/** What limits the numbers of a report. */
export function caveats(report: Report, ranking: Ranking): readonly string[] {
  const { config, engine, warnings } = report;
  const together = cohortWords(report);
  return [
    ...fewSeeds(report.rows),
    ...unfinished(report, ranking),
    ...selection(report, ranking),
    ...whatVaries(report, ranking),
    ...(together === undefined ? [] : [together]),
    ...weakTeacher(report, ranking),
    ...(config.dataset.name === 'synthetic'
      ? ['The images are synthetic: what does best here need not do best on photographs.']
      : []),
    ...(engine.reproducible
      ? []
      : [`On the engine ${engine.name} the same seed does not give exactly the same numbers again.`]),
    ...warnings,
  ];
}

/** Per number of seeds that is small, with the methods that have it; the most frequent one needs no names. */
function fewSeeds(rows: readonly ReportRow[]): readonly string[] {
  const counts = [...new Set(rows.map(({ seeds }) => seeds.length))].sort((a, b) => a - b);
  const groups = counts.map((seeds) => ({
    seeds,
    methods: rows.filter((row) => row.seeds.length === seeds).map(({ method }) => method),
  }));
  const most = Math.max(...groups.map(({ methods }) => methods.length));
  const largest = groups.findLast(({ methods }) => methods.length === most);
  return groups
    .filter(({ seeds }) => seeds < FEW_SEEDS)
    .map((group) => {
      const { seeds, methods } = group;
      const others = group === largest ? 'each of the other methods' : listed(methods);
      const whose = groups.length === 1 ? '' : ` of ${others}`;
      return seeds === 1
        ? `Only 1 seed${whose}: nothing tells a difference from chance.`
        : `Only ${seeds} seeds${whose}: intervals are wide, and small differences cannot be told from chance.`;
    });
}

function unfinished({ rows, config }: Report, { seeds: ranked, methods }: Ranking): readonly string[] {
  const comparable = rows.filter(({ ownNetwork }) => !ownNetwork);
  const left = rows.flatMap(({ method, seeds }) => {
    const missing = config.seeds.filter((seed) => !seeds.includes(seed));
    if (missing.length === 0) return [];
    const outside =
      comparable.some((row) => row.method === method) && methods.every((of) => of.method !== method);
    const place = outside ? '; it is left out of the ranking' : '';
    return [`${method} is not finished: ${seedList(missing)} missing${place}.`];
  });
  const absent = config.methods
    .filter(({ as }) => rows.every(({ method }) => method !== as))
    .map(({ as }) => `${as} has not finished any seed.`);
  const more = comparable.some(({ seeds }) => seeds.some((seed) => !ranked.includes(seed)));
  return [
    ...left,
    ...absent,
    ...(more && ranked.length > 0
      ? [
          `The ranking is over ${seedList(ranked)}, which ${methods.length} methods have; the table has what is finished.`,
        ]
      : []),
  ];
}

/** The table's p values are not corrected, and whoever is first was picked on the test images. */
function selection({ rows }: Report, { methods }: Ranking): readonly string[] {
  const columns = [
    { baseline: 'kd', tests: rows.filter(({ deltaVsKd }) => deltaVsKd?.p != null).length },
    { baseline: 'student', tests: rows.filter(({ deltaVsStudent }) => deltaVsStudent?.p != null).length },
  ].filter(({ tests }) => tests > 1);
  const chances = columns.map(({ baseline, tests }) => {
    const chance = 100 * (1 - (1 - SIGNIFICANT) ** tests);
    return `among the ${tests} against ${baseline} in up to ${chance.toFixed(0)} of 100 such reports`;
  });
  return [
    ...(chances.length === 0
      ? []
      : [
          `Each p of the table is for its test alone. If no method made any difference, some p would still fall below ${SIGNIFICANT}: ${chances.join(', ')}.`,
        ]),
    ...(methods.length > 2
      ? ['Whoever comes first was picked on the test images: its accuracy is likelier too high than too low.']
      : []),
  ];
}

/** Intervals know of the seeds alone. */
function whatVaries({ testImages }: Report, { first: [best] }: Ranking): readonly string[] {
  const fixed =
    'Intervals and p cover the seeds of the students alone: one teacher, one split into training and validation images, one set of test images.';
  if (testImages === null || best === undefined) return [fixed];
  const error = NORMAL_95 * Math.sqrt((best.mean * (1 - best.mean)) / testImages);
  return [
    `${fixed} With ${count(testImages)} test images, an accuracy near ${percent(best.mean)} % is itself known to about ±${percent(error)} points only (95 %); differences are surer than that, since all methods see the same images.`,
  ];
}

/** The teacher's accuracy is that of its best validation epoch, so it is compared with the students' there. */
function weakTeacher({ rows, teacher }: Report, { methods }: Ranking): readonly string[] {
  const best = Math.max(
    ...rows
      .filter((row) => methods.some(({ method }) => method === row.method))
      .map(({ testAccuracyBest }) => testAccuracyBest.mean),
  );
  return teacher.testAccuracy > best
    ? []
    : [
        `The teacher (${percent(teacher.testAccuracy)} %) is no better than the best student: there was little to learn from it.`,
      ];
}

function seedList(seeds: readonly number[]): string {
  return `${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')}`;
}
