import { isDeepStrictEqual } from 'node:util';
import { accuraciesOf } from './report-text.mjs';

/** @import { ComparePaired, Report, Row } from './report-text.mjs' */

/**
 * @typedef {{ readonly summarize: (values: readonly number[]) => any, readonly comparePaired: ComparePaired }} Statistics
 *   the bench's own
 */

/**
 * A kept report with the seeds and methods of another added. Both must belong to one comparison: the same configuration, engine and
 * teacher, and at least one common training. All common trainings must have the same accuracy.
 *
 * @param {Report} kept
 * @param {Report} more
 * @param {Statistics} statistics
 * @returns {Report}
 */
export function withAdded(kept, more, { summarize, comparePaired }) {
  for (const part of /** @type {const} */ (['config', 'engine', 'teacher', 'testImages'])) {
    if (!isDeepStrictEqual(comparable(part, kept), comparable(part, more)))
      throw new Error(`the other report has another ${part}`);
  }
  const names = [...new Set([...kept.rows, ...more.rows].map(({ method }) => method))];
  const rows = names.map((name) => {
    const [first, second] = [kept, more].map(({ rows }) => rows.find(({ method }) => method === name));
    return { name, first, second, accuracies: new Map([...accuraciesOf(first), ...accuraciesOf(second)]) };
  });
  const changed = rows.find(
    ({ first, second }) => first && second && !isDeepStrictEqual(first.options, second.options),
  );
  if (changed !== undefined) throw new Error(`'${changed.name}' has other options in the other report`);
  const shared = rows.flatMap(({ first, second }) =>
    [...accuraciesOf(first)]
      .filter(([seed]) => accuraciesOf(second).has(seed))
      .map(([seed, accuracy]) => accuracy === accuraciesOf(second).get(seed)),
  );
  if (shared.length === 0)
    throw new Error('the reports have no training in common that could show they are of one comparison');
  if (shared.includes(false)) throw new Error('a training that both reports have ended differently');
  const versus = (/** @type {string} */ other, /** @type {(typeof rows)[number]} */ row) => {
    const found = rows.find(({ name }) => name === other);
    return found === undefined || found === row ? null : comparePaired(row.accuracies, found.accuracies);
  };
  return {
    ...kept,
    config: {
      ...kept.config,
      seeds: sorted(rows.flatMap(({ accuracies }) => [...accuracies.keys()])),
      methods: names.map((name) =>
        [kept, more].flatMap(({ config }) => config.methods).find(({ as }) => as === name),
      ),
    },
    rows: rows.map((row) => ({
      .../** @type {Row} */ (row.first ?? row.second),
      seeds: sorted(row.accuracies.keys()),
      testAccuracyLast: summarize([...row.accuracies.values()]),
      deltaVsKd: versus('kd', row),
      deltaVsStudent: versus('student', row),
      perSeed: sorted(row.accuracies.keys()).map((seed) => ({
        ...{ seed, testAccuracyLast: row.accuracies.get(seed) ?? NaN },
        ...ensembleOf([row.second, row.first], seed),
      })),
    })),
  };
}

/** The accuracy of the ensemble, where one of the rows has it. @param {readonly (Row | undefined)[]} rows @param {number} seed */
function ensembleOf(rows, seed) {
  const found = rows.map((row) => row?.perSeed?.find((each) => each.seed === seed)?.ensembleAccuracyLast);
  const ensembleAccuracyLast = found.find((accuracy) => accuracy !== undefined);
  return ensembleAccuracyLast === undefined ? {} : { ensembleAccuracyLast };
}

/** @param {Iterable<number>} seeds */
const sorted = (seeds) => [...new Set(seeds)].sort((a, b) => a - b);

/**
 * The part that must be equal. Methods, what was tuned, and seeds may differ, and so may whether the teacher was trained or loaded:
 * common trainings show whether it is the same.
 *
 * @param {'config' | 'engine' | 'teacher' | 'testImages'} part @param {Report} report
 */
function comparable(part, report) {
  // A trained teacher is counted with its batch norm folded, a loaded one as its file has it.
  if (part === 'teacher') return { ...report.teacher, parameters: undefined };
  if (part !== 'config') return report[part];
  const teacher = { ...report.config.teacher, path: undefined };
  return {
    ...report.config,
    teacher,
    methods: undefined,
    seeds: undefined,
    tune: undefined,
    tuning: undefined,
  };
}
