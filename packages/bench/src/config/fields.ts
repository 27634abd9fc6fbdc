import { z } from 'zod';

/*
 * Kinds of values that a configuration is made of. The message of each is what would have been right, in the words that
 * follow "expected": problems are put together from it and from what was there (see problem.ts).
 */

/** A whole number from `least` to `most`. */
export function whole(least: number, most: number = Number.MAX_SAFE_INTEGER): z.ZodInt {
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  const error = `a whole number ${range}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
}

/** A number above 0. */
export function positive(): z.ZodNumber {
  const error = 'a number above 0';
  return z.number({ error }).positive({ error });
}

/** A number from `least` to `most`, both included. */
export function between(least: number, most: number): z.ZodNumber {
  const error = most === Infinity ? `a number of at least ${least}` : `a number from ${least} to ${most}`;
  const atLeast = z.number({ error }).min(least, { error });
  return most === Infinity ? atLeast : atLeast.max(most, { error });
}

/** A number between 0 and 1, both excluded. */
export function share(): z.ZodNumber {
  const error = 'a number between 0 and 1';
  return z.number({ error }).gt(0, { error }).lt(1, { error });
}

/** A text that is not empty. */
export function text(): z.ZodString {
  const error = 'a text that is not empty';
  return z.string({ error }).min(1, { error });
}

/** `true` or `false`. */
export function flag(): z.ZodBoolean {
  return z.boolean({ error: 'true or false' });
}

/**
 * One of these words.
 *
 * @param what the kind of thing that they name, e.g. `a network of the zoo`
 */
export function oneOf<const Word extends string>(
  words: readonly Word[],
  what: string,
): z.ZodEnum<Record<Word, Word>> {
  const entries = Object.fromEntries(words.map((word) => [word, word])) as Record<Word, Word>;
  return z.enum(entries, { error: what });
}

/** A list of at least `least` entries. */
export function list<Entry extends z.ZodType>(entry: Entry, least: number): z.ZodArray<Entry> {
  const error = least === 0 ? 'a list' : 'a list that is not empty';
  return z.array(entry, { error }).min(least, { error });
}

/**
 * A mapping with these keys and no others. The message for a foreign key is the list of keys that there are.
 */
export function mapping<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
): z.ZodObject<Shape, z.core.$strict> {
  const keys = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: ({ code }) => (code === 'unrecognized_keys' ? keys : `a mapping with ${keys}`),
  });
}
