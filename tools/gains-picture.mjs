import { differenceText } from './report-text.mjs';

/** @import { TopLevelSpec } from 'vega-lite' */
/** @import { Gains } from './gains-table.mjs' */

/** Sizes in pixels: of all columns together, and of a row. */
const WIDTH = 580;
const ROW = 24;
const GAP = 18;
/** Width of a letter of a column's title. */
const LETTER = 6.5;

/**
 * Gains over `kd` as a plot: a column per comparison, each with a scale of its own, and a row per method. A dot is the mean, its line the 95 %
 * interval; it is filled where the interval has no 0.
 *
 * @param {readonly Gains[]} found
 * @param {readonly string[]} methods
 * @returns {TopLevelSpec}
 */
export function pictureOfGains(found, methods) {
  const width = Math.round((WIDTH - GAP * (found.length - 1)) / found.length);
  const titles = found.map(({ label }) => linesOf(label, width / LETTER));
  const lines = Math.max(...titles.map((title) => title.length));
  return {
    spacing: GAP,
    // Axes and titles do not widen a column.
    bounds: 'flush',
    hconcat: found.map(({ gains }, at) =>
      columnOf(gains, methods, { width, isFirst: at === 0 }, [
        ...(titles[at] ?? []),
        ...Array.from({ length: lines - (titles[at]?.length ?? 0) }, () => ''),
      ]),
    ),
  };
}

/**
 * @param {Gains['gains']} gains
 * @param {readonly string[]} methods
 * @param {{ readonly width: number, readonly isFirst: boolean }} place
 * @param {string[]} title
 * @returns {any}
 */
function columnOf(gains, methods, { width, isFirst }, title) {
  const values = gains.flatMap((gain, at) => {
    if (gain === null) return [];
    const [low, high] = gain.ci95 ?? [gain.mean, gain.mean];
    const isClear = gain.ci95 !== null && (low > 0 || high < 0);
    return [{ method: methods[at], mean: 100 * gain.mean, low: 100 * low, high: 100 * high, isClear }];
  });
  const x = { type: 'quantitative', scale: { zero: true, nice: false } };
  const y = {
    ...{ field: 'method', type: 'nominal', scale: { domain: methods }, title: null },
    axis: isFirst
      ? { ticks: false, domain: false, grid: false, labelPadding: 10, labelLimit: 0, labelFontSize: 13 }
      : null,
  };
  const colour = { condition: { test: 'datum.isClear', value: 'var(--accent)' }, value: 'currentColor' };
  const axis = { tickCount: Math.round(width / 35), grid: true, gridOpacity: 0.1, domain: false };
  return {
    width,
    height: ROW * methods.length,
    title: {
      text: title,
      anchor: 'start',
      frame: 'group',
      fontSize: 12,
      fontWeight: 'normal',
      color: 'currentColor',
      offset: 6,
    },
    data: { values },
    encoding: { y },
    layer: [
      {
        data: { values: [{ zero: 0 }] },
        mark: { type: 'rule', opacity: 0.5 },
        encoding: { y: null, x: { field: 'zero', ...x } },
      },
      {
        mark: { type: 'rule', strokeWidth: 1.75 },
        encoding: {
          x: { field: 'low', ...x, title: ['points', 'above kd'], axis },
          x2: { field: 'high' },
          color: colour,
        },
      },
      {
        mark: { type: 'point', shape: 'circle', size: 52, opacity: 1, strokeWidth: 1.75 },
        encoding: {
          x: { field: 'mean', ...x },
          stroke: colour,
          fill: { condition: { test: 'datum.isClear', value: 'var(--accent)' }, value: 'var(--paper)' },
        },
      },
    ],
  };
}

/**
 * The plot in words, for those who cannot see it.
 *
 * @param {readonly Gains[]} found
 * @param {readonly string[]} methods
 */
export function wordsOfGains(found, methods) {
  const columns = found.map(({ label, gains }) => {
    const each = gains.flatMap((gain, at) =>
      gain === null ? [] : [`${String(methods[at])} ${differenceText(gain)}`],
    );
    return `${label}: ${each.join(', ')}`;
  });
  return `Points above kd, with 95 % intervals. ${columns.join('; ')}.`;
}

/** Breaks a title into lines of at most `most` letters. @param {string} text @param {number} most */
function linesOf(text, most) {
  /** @type {string[]} */
  const lines = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= most) lines.splice(-1, 1, `${last} ${word}`);
    else lines.push(word);
  }
  return lines;
}
