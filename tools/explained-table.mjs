import { markdownTable, trainingText } from './report-text.mjs';

/*
 * Tables of `distill-bench explain` over seeds, from a kept report/explain.json: a row per training, then a row per pair of trainings.
 */

/**
 * @typedef {{ readonly mean: number, readonly ci95: readonly [number, number] | null }} Estimate
 * @typedef {{ readonly method: string, readonly seeds: readonly number[], readonly testAccuracy: Estimate, readonly entropy: Estimate,
 *   readonly levels?: readonly { readonly name: string, readonly entropy: Estimate }[],
 *   readonly conflict?: { readonly negativeShare: Estimate }, readonly stability: readonly Estimate[] }} Training
 * @typedef {{ readonly measure: 'entropy' | 'conflict' | 'accuracy', readonly first: string, readonly second: string,
 *   readonly difference: Estimate & { readonly p: number | null } }} Comparison
 * @typedef {{ readonly summaries: readonly Training[], readonly comparisons: readonly Comparison[], readonly source: string,
 *   readonly mapsSummaries?: readonly { readonly method: string, readonly squared: Estimate & { readonly n: number }, readonly standardized: Estimate }[],
 *   readonly mapsComparisons?: readonly { readonly first: string, readonly second: string, readonly squared: Estimate, readonly standardized: Estimate }[] }} Explained
 */

const MEASURES = {
  entropy: { name: 'mean entropy, nats', scale: 1, digits: 3 },
  conflict: { name: 'pairs in conflict, points', scale: 100, digits: 1 },
  accuracy: { name: 'test accuracy, points', scale: 100, digits: 1 },
};

/**
 * @param {Estimate | undefined} estimate
 * @param {{ readonly scale: number, readonly digits: number }} unit
 */
function text(estimate, { scale, digits }) {
  if (estimate === undefined) return '';
  const number = (/** @type {number} */ value) => (scale * value).toFixed(digits).replace(/^-/, '−');
  const { mean, ci95 } = estimate;
  return ci95 === null ? number(mean) : `${number(mean)} (${number(ci95[0])} to ${number(ci95[1])})`;
}

/**
 * @param {Explained} explained
 * @param {readonly string[]} [methods] only the rows of these trainings, without their differences. Default: everything
 * @returns {string} Markdown
 */
export function tableOfExplained(explained, methods = []) {
  if (methods.length > 0) return tableOfExplained(rowsOf(explained, methods));
  const { summaries, comparisons, mapsSummaries = [], mapsComparisons = [], source } = explained;
  const seeds = summaries[0]?.seeds.length ?? mapsSummaries[0]?.squared.n ?? 0;
  return [
    ...(summaries.length === 0 ? [] : tablesOfTrainings(summaries, comparisons)),
    ...(mapsSummaries.length === 0 ? [] : tablesOfMaps(mapsSummaries, mapsComparisons)),
    `In brackets: 95 % intervals over ${seeds} seeds.${comparisons.length === 0 ? '' : ' p-values are uncorrected.'} ${source}`,
  ].join('\n\n');
}

/** @param {Explained} explained @param {readonly string[]} methods @returns {Explained} */
function rowsOf({ summaries, mapsSummaries = [], source }, methods) {
  const isAsked = (/** @type {{ readonly method: string }} */ { method }) => methods.includes(method);
  const [rows, maps] = [summaries.filter(isAsked), mapsSummaries.filter(isAsked)];
  const missing = methods.filter((name) => ![...rows, ...maps].some(({ method }) => method === name));
  if (missing.length > 0) throw new Error(`no training ${missing.join(', ')}`);
  return { summaries: rows, comparisons: [], mapsSummaries: maps, source };
}

/**
 * @param {NonNullable<Explained['mapsSummaries']>} summaries
 * @param {NonNullable<Explained['mapsComparisons']>} comparisons
 */
function tablesOfMaps(summaries, comparisons) {
  const head = ['MMD² of maps as they are', 'MMD², channels standardized'];
  const methods = summaries.map(({ method, squared, standardized }) => [
    `\`${method}\``,
    text(squared, MEASURES.entropy),
    text(standardized, MEASURES.entropy),
  ]);
  const pairs = comparisons.map(({ first, second, squared, standardized }) => [
    `\`${first}\` − \`${second}\``,
    text(squared, MEASURES.entropy),
    text(standardized, MEASURES.entropy),
  ]);
  return [markdownTable(['method', ...head], [...methods, ...pairs])];
}

/**
 * @param {readonly Training[]} summaries
 * @param {readonly Comparison[]} comparisons
 */
function tablesOfTrainings(summaries, comparisons) {
  const trainings = summaries.map(({ method, testAccuracy, entropy, conflict, stability }) => [
    `\`${method}\``,
    text(testAccuracy, MEASURES.accuracy),
    text(entropy, MEASURES.entropy),
    text(conflict?.negativeShare, MEASURES.conflict),
    text(stability.at(-1), MEASURES.entropy),
  ]);
  const pairs = comparisons.map(({ measure, first, second, difference }) => [
    `${MEASURES[measure].name}: \`${first}\` − \`${second}\``,
    text(difference, MEASURES[measure]),
    difference.p === null ? '' : difference.p < 0.001 ? '< 0.001' : difference.p.toFixed(3),
  ]);
  const head = ['training', 'test %', 'mean entropy, nats', 'pairs in conflict, %'];
  return [
    markdownTable([...head, 'agreement of class groups (adjusted Rand index)'], trainings),
    ...(pairs.length === 0 ? [] : levelsOf(summaries)),
    ...(pairs.length === 0 ? [] : [markdownTable(['paired over seeds', 'difference', 'p'], pairs)]),
  ];
}

/** The entropy of each level, where all trainings have the same ones. @param {readonly Training[]} summaries */
function levelsOf(summaries) {
  const names = summaries[0]?.levels?.map(({ name }) => name) ?? [];
  const rows = summaries.map(({ method, levels = [] }) => [
    `\`${method}\``,
    ...names.map((name) => text(levels.find((level) => level.name === name)?.entropy, MEASURES.entropy)),
  ]);
  return names.length === 0 ? [] : [markdownTable(['entropy by level, nats', ...names], rows)];
}

/**
 * The part of an explain.json that is kept.
 *
 * @param {any} explained
 * @param {{ readonly config: any, readonly teacher: any }} run config.json and teacher/result.json of its run
 */
export function keptExplained(explained, { config, teacher }) {
  const { schema, summaries, comparisons, mapsSummaries, mapsComparisons } = explained;
  const { dataset } = config;
  const size =
    dataset.trainSize === undefined
      ? ''
      : `, first ${dataset.trainSize.toLocaleString('en-US')} training images`;
  const taught = `teacher ${teacher.model} (${(100 * teacher.testAccuracy).toFixed(2)} %)`;
  const source = `${dataset.name}${size}; ${taught}; ${trainingText(config)}.`;
  return { schema, summaries, comparisons, mapsSummaries, mapsComparisons, source };
}
