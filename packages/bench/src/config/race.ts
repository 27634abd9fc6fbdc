import { z } from 'zod';
import { mapping, share, whole, withHint } from './fields.js';
import type { Conflict } from './problem.js';

const DURATION = withHint('a duration such as 45m, 2h or 1h30m', 'A number is taken as seconds.');
const UNITS: Readonly<Record<string, number>> = { d: 86_400, h: 3600, m: 60, s: 1 };

/** Seconds of `1h30m`, `2h`, `45m`, `90s`, `1d`; undefined for anything else. */
export function secondsOf(text: string): number | undefined {
  const compact = text.toLowerCase().replaceAll(' ', '');
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
  /** What the run may take, the teacher included; left out: until one method is left, or `most` seeds are used. */
  budget: duration.optional(),
  /** Seeds at most: those of the run, and the whole numbers that follow. */
  most: whole(3, 1000).default(20),
  /** Fresh seeds that the winner and its strongest rival are trained with. */
  confirm: whole(2, 100).default(5),
  /** Probability at most that a method that is truly best is dropped. */
  level: share().default(0.05),
});

/** `true`, or how to race; `false` takes back what a preset or a file says. */
export const race = z.preprocess(
  (value) => (value === true ? {} : value === false ? undefined : value),
  fields.optional(),
);

/** `true`, or what decides the noise; `false` takes back what a preset or a file says. */
export const corruptions = z.preprocess(
  (value) => (value === true ? {} : value === false ? undefined : value),
  mapping({ seed: whole(0, Number.MAX_SAFE_INTEGER).default(0) }).optional(),
);

export type Race = z.output<typeof fields>;

interface Raced {
  readonly seeds: readonly number[];
  readonly race?: Race | undefined;
}

/** The seeds of a race in the order of their use: those given, then the whole numbers after the largest of them. */
export const raceSeeds = ({ seeds, race: how }: Raced): readonly number[] =>
  how === undefined ? seeds : [...seeds, ...after(seeds, how.most - seeds.length)];

/** Seeds that no one was chosen with: those after the race's. Empty for a run that is no race. */
export const confirmSeeds = (config: Raced): readonly number[] =>
  config.race === undefined ? [] : after(raceSeeds(config), config.race.confirm);

/** All seeds that a run may have trainings with. */
export const allSeeds = (config: Raced): readonly number[] => [...raceSeeds(config), ...confirmSeeds(config)];

function after(seeds: readonly number[], count: number): readonly number[] {
  const largest = seeds.reduce((most, seed) => Math.max(most, seed), -1);
  return Array.from({ length: Math.max(0, count) }, (_, at) => largest + 1 + at);
}

/** Ranks over tasks need every method on each of them. */
export function studyRace({ race }: Readonly<Record<string, unknown>>): readonly Conflict[] {
  const hint =
    'A race drops methods, so that tasks could not be compared. Race in one run, then compare what is left on several.';
  return race === undefined || race === false
    ? []
    : [{ path: ['race'], expected: 'no such field with several runs', hint, isKey: true }];
}
