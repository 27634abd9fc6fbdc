import { homedir } from 'node:os';
import { z } from 'zod';

/*
 * The kinds of values in a configuration. The message of each states the right value, in the words that follow "expected"; a
 * second line is a hint. Problems are composed of it and the actual value (problem.ts).
 */

/** Bounds that no sensible run comes near; the machine's memory is checked separately (memory-rules.ts). */
export const MOST = {
  images: 10_000_000,
  classes: 10_000,
  edge: 2048,
  batch: 65_536,
  epochs: 100_000,
  networks: 64,
};

/** The message of a check that has a hint. */
export const withHint = (expected: string, hint: string): string => `${expected}\n${hint}`;

/**
 * A whole number from `least` to `most`; −0 is 0.
 *
 * @param missing what is expected where the value is missing. Default: the same
 */
export function whole(least: number, most: number, missing?: string): z.ZodInt {
  const low = `a whole number of at least ${least}`;
  const high = `a whole number of at most ${most.toLocaleString('en-US')}`;
  return z
    .int({
      error: ({ code, input }) =>
        code === 'too_big' ? high : input === undefined && missing !== undefined ? missing : low,
    })
    .min(least, { error: low })
    .max(most, { error: high })
    .overwrite((value) => value + 0);
}

/** A number above 0 and at most 1e6, more than any training needs. */
export function positive(): z.ZodNumber {
  const error = 'a number above 0';
  return z
    .number({ error })
    .positive({ error })
    .max(LARGEST, { error: atMost(LARGEST) });
}

/** Learning rates, weight decays and factors beyond this overflow 32-bit floats sooner or later. */
const LARGEST = 1e6;
const atMost = (most: number): string => `a number of at most ${most.toLocaleString('en-US')}`;

/** A number of at least 0. */
export function nonNegative(): z.ZodNumber {
  const error = 'a number of at least 0';
  return z
    .number({ error })
    .min(0, { error })
    .max(LARGEST, { error: atMost(LARGEST) });
}

/** A number from `least` to `most`, both included. */
export function between(least: number, most: number): z.ZodNumber {
  const error = `a number from ${least} to ${most}`;
  return z.number({ error }).min(least, { error }).max(most, { error });
}

/** A number of at least 0 and below 1. */
export function belowOne(): z.ZodNumber {
  const error = 'a number of at least 0 and below 1';
  return z.number({ error }).min(0, { error }).lt(1, { error });
}

/** A number between 0 and 1, both excluded. */
export function share(): z.ZodNumber {
  const error = 'a number between 0 and 1';
  return z.number({ error }).gt(0, { error }).lt(1, { error });
}

/** A text that is not empty. */
export function text(error = 'a non-empty string'): z.ZodString {
  return z.string({ error }).min(1, { error });
}

/**
 * A path or URL: a text that file systems accept.
 *
 * @param missing what is expected where the value is missing
 */
export function path(missing?: string): z.ZodString {
  const error = 'a path without control characters';
  return text(missing)
    .regex(/\S/, { error: missing ?? 'a non-empty string' })
    .regex(/^\P{Cc}*$/u, { error })
    .regex(/^(?!~(?:[\\/]|$))/, {
      error: withHint('a path without ~, which only a shell expands', `Write ${homedir()} instead.`),
    })
    .max(4096, { error: 'a path of at most 4,096 characters' });
}

/** `true` or `false`. */
export function flag(): z.ZodBoolean {
  return z.boolean({ error: 'true or false' });
}

/**
 * One of these words.
 *
 * @param what the kind of thing that the words name, e.g. `a network of the zoo`
 */
export function oneOf<const Word extends string>(
  words: readonly Word[],
  what: string,
): z.ZodEnum<Record<Word, Word>> {
  const entries = Object.fromEntries(words.map((word) => [word, word])) as Record<Word, Word>;
  return z.enum(entries, { error: what });
}

/** A list of at least `least` entries. */
export function list<Entry extends z.ZodType>(entry: Entry, least: number, most = 1000): z.ZodArray<Entry> {
  const wanted = least === 0 ? 'a list' : 'a list that is not empty';
  // What `--set methods.7.as=…` leaves where the list is shorter (layers.ts).
  const isPositions = (input: unknown): boolean =>
    isMapping(input) && Object.keys(input).length > 0 && Object.keys(input).every((key) => /^\d+$/.test(key));
  const error = ({ input }: { readonly input?: unknown }): string =>
    isPositions(input) ? withHint('positions of entries that are there', 'They count from 0.') : wanted;
  return z
    .array(entry, { error })
    .min(least, { error })
    .max(most, { error: `a list of at most ${most} entries` });
}

/** The keys of a mapping, for messages; without `given`, which only `runBench` sets. */
export const fieldNames = (shape: object): string =>
  Object.keys(shape)
    .filter((key) => key !== 'given')
    .join(', ');

/**
 * A mapping with these keys and no others. The message for an unknown key is the list of valid keys.
 */
export function mapping<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
): z.ZodObject<Shape, z.core.$strict> {
  const keys = fieldNames(shape);
  return z.strictObject(shape, {
    error: ({ code }) => (code === 'unrecognized_keys' ? keys : `a mapping with ${keys}`),
  });
}

/**
 * A field that belongs to another variant. It may hold its neutral value, as in a completed configuration.
 *
 * @param variant the variant without such a field
 * @param owner the variant that has it
 */
export function foreign<const Neutral extends number | boolean>(
  neutral: Neutral,
  variant: string,
  owner: string,
): z.ZodDefault<z.ZodLiteral<Neutral>> {
  const error = withHint(`nothing with ${variant}`, `It belongs to ${owner}.`);
  return z.literal(neutral, { error }).default(neutral as z.util.NoUndefined<Neutral>);
}

/**
 * Messages of a union of mappings.
 *
 * @param unknown for an unknown variant
 * @param other for anything but a mapping
 */
export const variantWords =
  (unknown: string, other: string) =>
  ({ code }: { readonly code: string }): string =>
    code === 'invalid_union' ? unknown : other;

/** Fills in the name of a mapping that has none: its default variant. */
export function namedByDefault<Schema extends z.ZodType>(
  name: string,
  schema: Schema,
): z.ZodPreprocess<Schema> {
  return z.preprocess(
    (value) => (isMapping(value) && value['name'] === undefined ? { name, ...value } : value),
    schema,
  );
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The lowest and the highest of a range, above 0. */
export function span(most: number, error: string): z.ZodType<[number, number], [number, number]> {
  return z
    .tuple([z.number({ error }), z.number({ error })], { error })
    .refine(([low, high]) => low > 0 && low <= high && high <= most, { error });
}
