/** @import { Measurements } from './measure.mjs' */
/** @import { PeerOptions } from './options.mjs' */
/** @import { Result } from './rows.mjs' */

/**
 * The results as a table and what they were measured with.
 *
 * @param {readonly Result[]} results
 * @param {Measurements} found
 * @param {PeerOptions} options
 */
export function textOf(results, { versions, coresUsed, parameters }, { threads }) {
  const head = ['', 'ours', 'theirs', 'ratio', 'target', ''];
  const table = [head, ...results.map(cells)];
  const widths = head.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
  const missing = results.filter((result) => result.missing !== undefined);
  return [
    ...lines,
    '',
    ...missing.map(({ name, missing: why }) => `${name}: not measured. ${why}`),
    `${[...versions].map(([what, version]) => `${what} ${version}`).join(', ')}; ${threads} threads on both sides`,
    `cores used: ${[...coresUsed].map(([key, cores]) => `${key} ${cores.toFixed(2)}`).join(', ')}`,
    `parameters: ${[...parameters].join(', ')}`,
    ...differing(parameters),
  ].join('\n');
}

/** Decimal places, by unit. @type {Readonly<Record<string, number>>} */
const DIGITS = { tensors: 0, 'of the loss': 6 };

/** @param {Result} result */
function cells({ name, oursValue, theirsValue, ratio, target, met, unit }) {
  /** @param {number | null} value */
  const number = (value) => (value === null ? '–' : `${value.toFixed(DIGITS[unit] ?? 1)} ${unit}`);
  const verdict = ratio === null ? 'not measured' : met === null ? '' : met ? 'met' : 'missed';
  return [
    name,
    number(oursValue),
    number(theirsValue),
    ratio?.toFixed(3) ?? '–',
    target === null ? '' : `≤ ${+target.toFixed(3)}`,
    verdict,
  ];
}

/**
 * The results for programs; `schema` is raised when a field changes its meaning or is removed.
 *
 * @param {readonly Result[]} results
 * @param {Measurements} found
 * @param {PeerOptions} options
 */
export function jsonOf(results, { versions, coresUsed, parameters }, { threads }) {
  return {
    schema: 1,
    threads,
    versions: Object.fromEntries(versions),
    coresUsed: Object.fromEntries(coresUsed),
    parameters: [...parameters],
    ratios: Object.fromEntries(
      results.map(({ name, ratio, target, met, oursValue, theirsValue, unit, rounds, missing }) => [
        name,
        { ratio, target, met, ours: oursValue, theirs: theirsValue, unit, rounds, missing },
      ]),
    ),
  };
}

/** A warning for each network whose numbers of parameters differ between the sides. @param {ReadonlySet<string>} parameters */
function differing(parameters) {
  const networks = [...parameters].map((entry) => entry.split(' ')[0] ?? '');
  const twice = networks.filter((network, at) => networks.indexOf(network) !== at);
  return twice.map((network) => `WARNING: ${network} is not the same network on both sides`);
}
