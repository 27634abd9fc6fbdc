import { nearestNameHint } from '@distilljs/core';
import { z } from 'zod';
import { isMapping, list, mapping, whole } from './fields.js';
import type { Conflict } from './problem.js';
import { counted } from '../terminal/index.js';

/** One set of options to try. */
export type Trial = Readonly<Record<string, unknown>>;

const VALUES = 'a list of values that is not empty';
const GRID = 'a mapping of options to lists of values, or a list of mappings of options';

/** Maximum number of trials per method; each is one training per tuning seed. */
const MOST_TRIALS = 1000;

const values = z.array(z.unknown(), { error: VALUES }).min(1, { error: VALUES });

/**
 * The trials of a method. A mapping of options to values gives every combination. Options below `zip` vary together: the first value of
 * each, then the second of each. A list names each trial in full.
 */
const grid = z.unknown().transform((value, context): readonly Trial[] => {
  const refuse = (path: readonly PropertyKey[], message: string): never => {
    context.addIssue({ code: 'custom', path: [...path], message });
    return z.NEVER;
  };
  if (Array.isArray(value)) {
    const wrong = value.findIndex((trial) => !isMapping(trial));
    if (wrong >= 0) return refuse([wrong], 'a mapping of options');
    if (value.length === 0 || value.length > MOST_TRIALS)
      return refuse([], `a list of 1 to ${MOST_TRIALS} mappings of options`);
    return value as Trial[];
  }
  if (!isMapping(value) || Object.keys(value).length === 0) return refuse([], GRID);
  let trials: Trial[] = [{}];
  for (const [key, entry] of Object.entries(value)) {
    const isZip = key === 'zip' && isMapping(entry);
    const columns = isZip ? entry : { [key]: entry };
    for (const [option, column] of Object.entries(columns)) {
      const { error } = values.safeParse(column);
      if (error !== undefined) return refuse(isZip ? [key, option] : [option], VALUES);
    }
    const rows = zipped(columns as Readonly<Record<string, readonly unknown[]>>);
    if (rows === undefined) return refuse([key], 'lists of equal length, because they vary together');
    if (trials.length * rows.length > MOST_TRIALS) return refuse([], `at most ${MOST_TRIALS} combinations`);
    trials = trials.flatMap((trial) => rows.map((row) => ({ ...trial, ...row })));
  }
  return trials;
});

/** Rows of the first values, the second values, …; undefined where the columns differ in length. */
function zipped(columns: Readonly<Record<string, readonly unknown[]>>): readonly Trial[] | undefined {
  const entries = Object.entries(columns);
  const length = entries[0]?.[1].length ?? 0;
  if (length === 0 || entries.some(([, column]) => column.length !== length)) return undefined;
  return Array.from({ length }, (_, row) =>
    Object.fromEntries(entries.map(([option, column]) => [option, column[row]])),
  );
}

/** Far from any seed that runs use. */
const TUNING_SEED = 1_000_000_007;

export const tuneFields = {
  /** Options to try, by the method's name in the run; the best on the validation images become the method's. */
  tune: z.record(z.string(), grid, { error: 'a mapping of methods to options' }).optional(),
  tuning: mapping({
    /** Seeds of the trials; the run's seeds must not be among them. */
    seeds: list(whole(0, Number.MAX_SAFE_INTEGER), 1).default([TUNING_SEED]),
    /** Whether every method has to have the same number of trials. */
    budget: z.enum(['equal', 'unequal'], { error: 'equal or unequal' }).default('equal'),
  }).optional(),
};

/** The default of `tuning`. */
export const TUNING: { seeds: number[]; budget: 'equal' | 'unequal' } = {
  seeds: [TUNING_SEED],
  budget: 'equal',
};

interface Tuned {
  readonly tune?: Readonly<Record<string, readonly Trial[]>> | undefined;
  readonly tuning?: { readonly seeds: readonly number[]; readonly budget: 'equal' | 'unequal' } | undefined;
}

/** Conflicts of tuning: seeds that the run also uses, and unequal numbers of trials. */
export function tuningConflicts({
  tune,
  tuning: given,
  seeds,
}: Tuned & { readonly seeds: readonly number[] }): Conflict[] {
  if (tune === undefined) {
    const hint = 'It belongs to tune.';
    return given === undefined
      ? []
      : [{ path: ['tuning'], expected: 'nothing without tune', hint, isKey: true }];
  }
  const tuning = given ?? TUNING;
  const found: Conflict[] = tuning.seeds.flatMap((seed, place) => {
    const path = ['tuning', 'seeds', place];
    if (tuning.seeds.indexOf(seed) < place) return [{ path, expected: 'a seed that is not in the list yet' }];
    const hint = 'Options chosen with a seed look better than they are with that same seed.';
    return seeds.includes(seed) ? [{ path, expected: 'a seed that the run does not use', hint }] : [];
  });
  const counts = Object.entries(tune).map(([method, trials]) => [method, trials.length] as const);
  const [first] = counts;
  const other = counts.find(([, count]) => count !== first?.[1]);
  if (first !== undefined && other !== undefined && tuning.budget === 'equal') {
    found.push({
      path: ['tune', other[0]],
      expected: `${counted(first[1], 'trial')}, as many as ${first[0]} has`,
      got: String(other[1]),
      hint: 'More trials give a method an advantage. tuning: {budget: unequal} allows it; the report says so.',
    });
  }
  return found;
}

interface TunedMethod {
  readonly options: Trial;
}

/**
 * Conflicts of trials: unknown methods, and options that a method refuses. Trials of the wrong form are skipped.
 *
 * @param methods by their names in the run; undefined for one that cannot be checked
 * @param check finds problems of a method, with paths within its entry
 */
export function trialConflicts<Method extends TunedMethod>(
  tune: Readonly<Record<string, unknown>>,
  methods: ReadonlyMap<string, Method | undefined>,
  check: (method: Method) => readonly Conflict[],
): readonly Conflict[] {
  return Object.entries(tune).flatMap(([as, written]): readonly Conflict[] => {
    const path = ['tune', as];
    if (!methods.has(as)) {
      const hint = nearestNameHint(as, [...methods.keys()]);
      return [{ path, expected: 'a method of the run', got: `'${as}'`, hint, isKey: true }];
    }
    const { data: trials } = grid.safeParse(written);
    const method = methods.get(as);
    if (method === undefined || trials === undefined) return [];
    // Problems of the method itself are already reported.
    const known = new Set(check(method).map(({ path: [, option] }) => option));
    if (known.has(undefined)) return [];
    const own = Object.entries(method.options).filter(([option]) => !known.has(option));
    const placed = trials.flatMap((trial, at) =>
      check({ ...method, options: { ...Object.fromEntries(own), ...trial } }).map((conflict) => ({
        ...conflict,
        path: [...path, ...(Array.isArray(written) ? [at] : []), ...conflict.path.slice(1)],
      })),
    );
    return [...new Map(placed.map((conflict) => [JSON.stringify(conflict), conflict])).values()];
  });
}
