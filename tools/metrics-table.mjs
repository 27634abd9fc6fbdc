import { differenceText, markdownTable, meanText, percent, trainingText } from './report-text.mjs';

/** @import { ComparePaired, Summary } from './report-text.mjs' */

/**
 * @typedef {{ readonly method: string, readonly seed?: number, readonly measures: Readonly<Record<string, number>> }} Measured
 * @typedef {{ readonly networks: readonly Measured[], readonly source: string }} Metrics
 */

/** The measures in the table. */
const MEASURES = ['rank-1', 'mAP'];

/**
 * The table of a kept metrics.json: a row per method, for each measure its mean and the difference to `kd`, paired over seeds.
 *
 * @param {Metrics} metrics
 * @param {readonly string[]} methods all but the teacher's, if empty
 * @param {{ readonly summarize: (values: readonly number[]) => Summary, readonly comparePaired: ComparePaired }} statistics the bench's own
 * @returns {string} Markdown
 */
export function tableOfMetrics({ networks, source }, methods, { summarize, comparePaired }) {
  const students = networks.filter(({ seed }) => seed !== undefined);
  const names = methods.length > 0 ? methods : [...new Set(students.map(({ method }) => method))];
  const bySeed = (/** @type {string} */ name, /** @type {string} */ measure) =>
    new Map(
      students
        .filter(({ method }) => method === name)
        .map(({ seed, measures }) => [Number(seed), measures[measure] ?? NaN]),
    );
  const rows = names.map((name) => [
    `\`${name}\``,
    ...MEASURES.flatMap((measure) => [
      meanText(summarize([...bySeed(name, measure).values()])),
      name === 'kd' ? '' : differenceText(comparePaired(bySeed(name, measure), bySeed('kd', measure))),
    ]),
  ]);
  const head = MEASURES.flatMap((measure) => [`${measure}, %`, 'against `kd`']);
  const teacher = networks.find(({ seed }) => seed === undefined);
  const taught =
    teacher === undefined
      ? ''
      : ` The teacher has ${MEASURES.map((measure) => `${measure} ${percent(teacher.measures[measure] ?? NaN)} %`).join(', ')}.`;
  const seeds = bySeed(names[0] ?? '', MEASURES[0] ?? '').size;
  return `${markdownTable(['method', ...head], rows)}\n\n${seeds} seeds; in brackets 95 % intervals, paired over seeds.${taught} ${source}`;
}

/**
 * The part of a metrics.json that is kept.
 *
 * @param {any} given
 * @param {any} config config.json of its run
 * @returns {Metrics}
 */
export function keptMetrics({ networks, images }, config) {
  const { student, engine } = config;
  return {
    networks: networks.map((/** @type {Measured} */ { method, seed, measures }) => ({
      ...{ method, seed },
      measures: Object.fromEntries(MEASURES.map((measure) => [measure, measures[measure]])),
    })),
    source: `Measured: ${images}. Student ${student.model}, ${trainingText(config)}; engine ${engine}.`,
  };
}
