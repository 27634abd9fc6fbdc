import { shownText } from '@distilljs/core';
import type { PairedComparison, Summary } from '../statistics/index.js';

/** A share as a percentage with two decimals, without the % sign: 0.7132 → `71.32`. */
export function percent(share: number): string {
  return (100 * share).toFixed(2);
}

/** A difference of shares in percentage points with its sign: 0.0052 → `+0.52`. */
export function points(difference: number): string {
  const text = (100 * difference).toFixed(2);
  // The sign of −0.00 is meaningless.
  if (Number(text) === 0) return '0.00';
  return difference > 0 ? `+${text}` : text.replace('-', '−');
}

/** `71.32 ± 0.41`: mean and standard deviation in per cent; the mean alone for one seed. */
export function meanAndDeviation({ mean, sd }: Summary): string {
  return sd === null ? percent(mean) : `${percent(mean)} ± ${percent(sd)}`;
}

/** `70.30 to 72.34`: the 95 % interval in per cent; a dash for one seed. */
export function interval({ ci95 }: Summary): string {
  return ci95 === null ? NONE : `${percent(ci95[0])} to ${percent(ci95[1])}`;
}

/** `+0.52 (p 0.031)`: a paired difference in points. */
export function difference(comparison: PairedComparison | null): string {
  if (comparison === null) return NONE;
  const { mean, p } = comparison;
  return p === null ? points(mean) : `${points(mean)} (p ${probability(p)})`;
}

/** `0.031`, `<0.001`. */
export function probability(p: number): string {
  if (p < 0.001) return '<0.001';
  const text = p.toFixed(3);
  // Rounding must not hide on which side of the usual threshold it is: 0.0499.
  return p < 0.05 && Number(text) >= 0.05 ? (Math.floor(1e4 * p) / 1e4).toFixed(4) : text;
}

/** A whole number in groups of three: `278,324`. */
export function count(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return 'unknown';
  return Math.round(value).toLocaleString('en-US');
}

/** A measured figure with so many significant digits, never in exponent form for large ones: `0.0123`, `1,230`. */
export function figure(value: number, digits: number): string {
  const text = value.toPrecision(digits);
  return text.includes('e+') ? Number(text).toLocaleString('en-US') : text;
}

/** A large number in about three digits: `40.8 M`, `278 k`. */
export function magnitude(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return 'unknown';
  const units = [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const;
  const [unit, letter] = units.find(([least]) => value >= least) ?? [1, ''];
  const scaled = value / unit;
  return `${scaled.toFixed(letter === '' || scaled >= 99.95 ? 0 : 1)} ${letter}`.trimEnd();
}

/** `+35 %`. */
export function overhead(ratio: number | null): string {
  if (ratio === null) return NONE;
  const text = (100 * ratio).toFixed(0);
  if (Number(text) === 0) return '0 %';
  return `${ratio > 0 ? '+' : ''}${text.replace('-', '−')} %`;
}

/** Seconds with two or three significant digits: `0.82`, `12.4`, `310`. */
export function seconds(value: number): string {
  return value >= 99.95 ? value.toFixed(0) : value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}

/**
 * The same data with every text safe to show: names come from users' files and models. Control characters become escapes, and
 * very long texts are cut.
 */
export function printable<Data>(data: Data): Data {
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return shownText(value, 5000);
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [shownText(key), walk(inner)]));
  };
  return walk(data) as Data;
}

/** An empty table cell. */
export const NONE = '–';
