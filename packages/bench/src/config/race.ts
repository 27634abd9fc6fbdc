import { z } from 'zod';
import { mapping, share, whole, withHint } from './fields.js';
import type { Conflict } from './problem.js';

const DURATION = withHint('a duration such as 45m, 2h or 1h30m', 'A number is taken as seconds.');
const UNITS: Readonly<Record<string, number>> = { d: 86_400, h: 3600, m: 60, s: 1 };

/** Seconds of `1h30m`, `2h`, `45m`, `90s`, `1d` or `90`; undefined for anything else. */
export function secondsOf(text: string): number | undefined {
  const compact = text.toLowerCase().replaceAll(' ', '');
  if (/^\d+\.?\d*$/.test(compact)) return Number(compact);
  if (!/^(?:(?:\d+\.?\d*|\.\d+)[dhms])+$/.test(compact)) return undefined;
  const parts = [...compact.matchAll(/([\d.]+)([dhms])/g)];
  return parts.reduce((sum, [, number, unit = '']) => sum + Number(number) * (UNITS[unit] ?? 0), 0);
}

/** Seconds of a year: no budget is larger. */
const MOST_SECONDS = 365 * 86_400;

const duration = z.preprocess(
  (value) => (typeof value === 'string' ? (secondsOf(value) ?? value) : value),
  z.number({ error: DURATION }).positive({ error: DURATION }).max(MOST_SECONDS, { error: 'at most a year' }),
);

const fields = mapping({
  /** Time for the run, the teacher included. Default: until one method is left, or `most` seeds are used. */
  budget: duration.optional(),
  /** Maximum number of seeds: those of the run, then the integers after them. */
  most: whole(3, 1000).default(20),
  /** Number of fresh seeds for the winner and its strongest rival. */
  confirm: whole(2, 100).default(5),
  /** Upper bound of the probability that a truly best method is dropped. */
  level: share().default(0.05),
});

/** `true`, or the race's settings; `false` cancels the race of a preset or file. */
export const race = z.preprocess(
  (value) => (value === true ? {} : value === false ? undefined : value),
  fields.optional(),
);

/** `true`, or the seed of the noise; `false` cancels the setting of a preset or file. */
export const corruptions = z.preprocess(
  (value) => (value === true ? {} : value === false ? undefined : value),
  mapping({ seed: whole(0, Number.MAX_SAFE_INTEGER).default(0) }).optional(),
);

export type Race = z.output<typeof fields>;

interface Raced {
  readonly seeds: readonly number[];
  readonly race?: Race | undefined;
}

/** The seeds of a race in order of use: the given ones, then the integers after the largest. */
export const raceSeeds = ({ seeds, race: how }: Raced): readonly number[] =>
  how === undefined ? seeds : [...seeds, ...after(seeds, how.most - seeds.length)];

/** The fresh seeds, after those of the race. Empty for a run that is not a race. */
export const confirmSeeds = (config: Raced): readonly number[] =>
  config.race === undefined ? [] : after(raceSeeds(config), config.race.confirm);

/** All seeds that a run may train with. */
export const allSeeds = (config: Raced): readonly number[] => [...raceSeeds(config), ...confirmSeeds(config)];

function after(seeds: readonly number[], count: number): readonly number[] {
  const largest = seeds.reduce((most, seed) => Math.max(most, seed), -1);
  return Array.from({ length: Math.max(0, count) }, (_, at) => largest + 1 + at);
}

/** Refuses a race in a study: ranks over tasks need every method on every task. */
export function studyRace({ race }: Readonly<Record<string, unknown>>): readonly Conflict[] {
  const hint =
    'A race drops methods, so that tasks could not be compared. Race in one run, then compare what is left on several.';
  return race === undefined || race === false
    ? []
    : [{ path: ['race'], expected: 'no such field with several runs', hint, isKey: true }];
}
