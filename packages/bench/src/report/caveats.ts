import { wilson } from '../statistics/index.js';
import { cohortWords } from './cohort-table.js';
import { count, listed, percent } from './format.js';
import { isRaced, raceCaveats } from './race-words.js';
import { SIGNIFICANT } from './ranking.js';
import type { Ranking } from './ranking.js';
import type { Report, ReportRow } from './report-data.js';
import { tuningCaveats } from './tuning-table.js';

/** Below this many seeds an interval says little. */
const FEW_SEEDS = 5;

/** The limitations of a report's numbers, one sentence or a few each. */
export function caveats(report: Report, ranking: Ranking): readonly string[] {
  const { config, engine, threads, warnings } = report;
  const together = cohortWords(report);
  return [
    ...(isRaced(report) ? raceCaveats(report) : [...fewSeeds(report.rows), ...unfinished(report, ranking)]),
    ...selection(report, ranking),
    ...mixedTeachers(report),
    ...whatVaries(report, ranking),
    ...(together === undefined ? [] : [together]),
    ...weakTeacher(report, ranking),
    ...(config.dataset.name === 'synthetic'
      ? ['The images are synthetic: the best method here need not be the best on photographs.']
      : []),
    ...tuningCaveats(report),
    ...(engine.reproducible
      ? []
      : [
          `The engine ${engine.name} is not exactly reproducible: the same seed gives slightly different numbers.${threadWords(threads)}`,
        ]),
    ...warnings,
  ];
}

/** How many threads TensorFlow had: with another number it rounds differently. */
function threadWords(threads: readonly number[]): string {
  const [first, ...others] = threads;
  if (first === undefined) return '';
  const rounds = 'with another number TensorFlow rounds differently.';
  if (others.length > 0)
    return ` The trainings differ in their number of threads (${listed(threads.map(String))}); ${rounds}`;
  return ` Every training had ${first === 1 ? '1 thread' : `${first} threads`}; ${rounds}`;
}

/** One caveat for each small number of seeds. It names the methods, except for the most frequent number. */
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
      const others = group === largest && methods.length > 1 ? 'each of the other methods' : listed(methods);
      const whose = groups.length === 1 ? '' : ` of ${others}`;
      return seeds === 1
        ? `Only 1 seed${whose}: differences cannot be distinguished from chance.`
        : `Only ${seeds} seeds${whose}: intervals are wide, and small differences cannot be distinguished from chance.`;
    });
}

function unfinished({ rows, config }: Report, { seeds: ranked, methods }: Ranking): readonly string[] {
  const comparable = rows.filter(({ ownNetwork }) => !ownNetwork);
  const left = rows.flatMap(({ method, seeds }) => {
    const missing = config.seeds.filter((seed) => !seeds.includes(seed));
    if (missing.length === 0) return [];
    const outside =
      comparable.some((row) => row.method === method) && methods.every((of) => of.method !== method);
    const place = outside ? '; it is not ranked' : '';
    return [`${method} is unfinished: ${seedList(missing)} missing${place}.`];
  });
  const absent = config.methods
    .filter(({ as }) => rows.every(({ method }) => method !== as))
    .map(({ as }) => `${as} has no finished seed.`);
  const more = comparable.some(({ seeds }) => seeds.some((seed) => !ranked.includes(seed)));
  return [
    ...left,
    ...absent,
    ...(more && ranked.length > 0
      ? [
          `The ranking uses ${seedList(ranked)}, which ${methods.length} methods have; the table uses every finished seed.`,
        ]
      : []),
  ];
}

/** The table's p-values are uncorrected, and the first was picked on the test images. */
function selection({ rows, race }: Report, { methods }: Ranking): readonly string[] {
  const columns = [
    { baseline: 'kd', tests: rows.filter(({ deltaVsKd }) => deltaVsKd?.p != null).length },
    { baseline: 'student', tests: rows.filter(({ deltaVsStudent }) => deltaVsStudent?.p != null).length },
  ].filter(({ tests }) => tests > 1);
  const chances = columns.map(({ baseline, tests }) => {
    const chance = 100 * (1 - (1 - SIGNIFICANT) ** tests);
    return `in up to ${chance.toFixed(0)} of 100 reports for the ${tests} tests against ${baseline}`;
  });
  return [
    ...(chances.length === 0
      ? []
      : [
          `The table's p-values are from paired t-tests over seeds, uncorrected. If no method made a difference, at least one would still fall below ${SIGNIFICANT} ${listed(chances)}.`,
        ]),
    ...(methods.length > 2 && race === null
      ? [
          'The first in rank was picked by its test accuracy, which is therefore more likely too high than too low.',
        ]
      : []),
  ];
}

const mixedTeachers = ({ teachers }: Report): readonly string[] =>
  teachers > 1
    ? [
        `The students had ${teachers} different teachers, and the report shows only the current one. Compare only students of the same teacher: \`distill-bench verify RUN\` names the others.`,
      ]
    : [];

/** What the intervals do not cover. */
function whatVaries({ testImages, teachers }: Report, { first: [best] }: Ranking): readonly string[] {
  const split = 'training and validation split and the test images are the same for all.';
  const fixed = `Intervals and p-values cover only the seeds of the students. The ${teachers > 1 ? '' : 'teacher, the '}${split}`;
  if (testImages === null || best === undefined) return [fixed];
  const [low, high] = wilson(best.mean, testImages);
  return [
    `${fixed} With ${count(testImages)} test images, an accuracy near ${percent(best.mean)} % is uncertain by about ±${percent((high - low) / 2)} points (95 %). Differences between methods are less uncertain, because all are tested on the same images.`,
  ];
}

/**
 * Warns of a teacher hardly better than chance, or no better than its students. The teacher's accuracy is that of its best validation
 * epoch, so it is compared with the students' at their best epochs.
 */
function weakTeacher({ rows, teacher, classNames }: Report, { methods }: Ranking): readonly string[] {
  const accuracy = `${percent(teacher.testAccuracy)} %`;
  const chance = classNames === null ? undefined : 1 / classNames.length;
  if (chance !== undefined && isNearChance(teacher.testAccuracy, chance))
    return [
      `The teacher has learned little: ${accuracy} of the test images, where guessing gives ${percent(chance)} %. No method can pass on more. Use a pretrained teacher, train it longer on more images, or give the labels a weight of 1 (\`ceWeight\`).`,
    ];
  const best = Math.max(
    ...rows
      .filter((row) => methods.some(({ method }) => method === row.method))
      .map(({ testAccuracyBest }) => testAccuracyBest.mean),
  );
  return teacher.testAccuracy > best
    ? []
    : [`The teacher (${accuracy}) is no better than the best student, so there was little to learn from it.`];
}

/** Whether a classifier is less than a quarter of the way from guessing to perfect. */
export const isNearChance = (accuracy: number, chance: number): boolean =>
  accuracy < chance + (1 - chance) / 4;

function seedList(seeds: readonly number[]): string {
  return `${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')}`;
}
