import { differenceText, markdownTable } from './report-text.mjs';

/** @import { Report } from './report-text.mjs' */

/**
 * What a mark asks for: `leaders="CIFAR-10" cifar100="CIFAR-100" methods: mhgd+kd rtk` are two columns and two rows.
 *
 * @param {string} text
 */
export function gainsAsked(text) {
  const [given = '', methods = ''] = text.split(' methods: ');
  const columns = [...given.matchAll(/([\w-]+)="([^"]+)"/g)].map(([, name = '', label = '']) => ({
    name,
    label,
  }));
  return { columns, methods: methods.split(' ').filter(Boolean) };
}

/**
 * What methods gain over `kd` in several comparisons: a row per method, a column per report.
 *
 * @param {readonly { readonly label: string, readonly report: Report }[]} columns
 * @param {readonly string[]} methods a report may lack some
 * @returns {string} Markdown
 */
export function tableOfGains(columns, methods) {
  const found = columns.map(({ label, report: { rows } }) => ({
    label,
    rows: rows.filter(({ method }) => methods.includes(method)),
  }));
  const unknown = methods.find((name) =>
    found.every(({ rows }) => rows.every(({ method }) => method !== name)),
  );
  if (unknown !== undefined) throw new Error(`no report has a method '${unknown}'`);
  const heads = found.map(({ label, rows }) => {
    const counts = rows.map(({ deltaVsKd }) => deltaVsKd?.seeds?.length ?? 0);
    const [least, most] = [Math.min(...counts), Math.max(...counts)];
    return `${label}, ${least === most ? most : `${least} to ${most}`} seeds`;
  });
  const lines = methods.map((name) => [
    `\`${name}\``,
    ...found.map(({ rows }) => differenceText(rows.find(({ method }) => method === name)?.deltaVsKd ?? null)),
  ]);
  return `${markdownTable(['method', ...heads], lines)}\n\nPoints above \`kd\` of the same run; in brackets 95 % intervals, paired over seeds.`;
}
