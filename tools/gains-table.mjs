import { accuraciesOf, differenceText, markdownTable } from './report-text.mjs';

/** @import { ComparePaired, Difference, Report } from './report-text.mjs' */

/**
 * Parses a mark: `leaders="CIFAR-10" rtk+third="both teachers" methods: mhgd+kd rtk` means two columns and two rows. The second column
 * pools the pairs of two reports.
 *
 * @param {string} text
 */
export function gainsAsked(text) {
  const [given = '', methods = ''] = text.split(' methods: ');
  const columns = [...given.matchAll(/([\w+-]+)="([^"]+)"/g)].map(([, names = '', label = '']) => ({
    names: names.split('+'),
    label,
  }));
  return { columns, methods: methods.split(' ').filter(Boolean) };
}

/** @typedef {{ readonly label: string, readonly reports: readonly Report[] }} Comparison a report, or several pooled */
/** @typedef {{ readonly label: string, readonly gains: readonly (Difference | null)[] }} Gains in the order of the methods */

/**
 * Gains of methods over `kd` in several comparisons. Seeds are paired within their report.
 *
 * @param {readonly Comparison[]} columns
 * @param {readonly string[]} methods a report may lack some
 * @param {ComparePaired} compare
 * @returns {Gains[]}
 */
export function gainsOf(columns, methods, compare) {
  const unknown = methods.find((name) =>
    columns.every(({ reports }) => reports.every(({ rows }) => rows.every(({ method }) => method !== name))),
  );
  if (unknown !== undefined) throw new Error(`no report has a method '${unknown}'`);
  // One number for each seed of each report, so that the seeds of pooled reports stay apart.
  const numbers = new Map();
  const numberOf = (/** @type {number} */ report, /** @type {number} */ seed) => {
    const key = `${report} ${seed}`;
    if (!numbers.has(key)) numbers.set(key, numbers.size);
    return /** @type {number} */ (numbers.get(key));
  };
  const accuracies = (/** @type {readonly Report[]} */ reports, /** @type {string} */ name) =>
    new Map(
      reports.flatMap(({ rows }, at) =>
        [...accuraciesOf(rows.find(({ method }) => method === name))].map(
          ([seed, accuracy]) => /** @type {const} */ ([numberOf(at, seed), accuracy]),
        ),
      ),
    );
  return columns.map(({ label, reports }) => ({
    label,
    gains: methods.map((name) => compare(accuracies(reports, name), accuracies(reports, 'kd'))),
  }));
}

/**
 * A table of gains: a row per method, a column per comparison.
 *
 * @param {readonly Gains[]} found
 * @param {readonly string[]} methods
 * @returns {string} Markdown
 */
export function tableOfGains(found, methods) {
  const heads = found.map(({ label, gains }) => {
    const counts = gains.flatMap((gain) => (gain === null ? [] : [gain.seeds?.length ?? 0]));
    if (counts.length === 0) throw new Error(`the comparison '${label}' has none of these methods`);
    const [least, most] = [Math.min(...counts), Math.max(...counts)];
    return `${label}, ${least === most ? most : `${least} to ${most}`} ${most === 1 ? 'pair' : 'pairs'}`;
  });
  const lines = methods.map((name, at) => [
    `\`${name}\``,
    ...found.map(({ gains }) => differenceText(gains[at] ?? null)),
  ]);
  return `${markdownTable(['method', ...heads], lines)}\n\nPoints above \`kd\` of the same run; in brackets 95 % intervals, paired over seeds.`;
}
