import type { z } from 'zod';
import { isMapping } from './fields.js';

/*
 * The valid parts of a configuration with mistakes: one mistake must not hide others elsewhere.
 */

/** Thrown where a rule reads an invalid part. */
const WRONG = Symbol('a part that is wrong by itself');

/** Placeholders for required fields that are missing; no rule reads them. */
const MISSING: Readonly<Record<string, unknown>> = { dir: '.', file: '.', views: 1 };

/** The valid part of a value. */
interface RightFields<Value> {
  /** The value as its schema parses it, without the invalid fields; undefined where nothing is valid. */
  readonly data: Value | undefined;
  /** Names of the invalid fields. */
  readonly wrong: ReadonlySet<string>;
}

export function rightFields<Schema extends z.ZodType>(
  schema: Schema,
  written: unknown,
): RightFields<z.output<Schema>> {
  const { data: whole, error } = schema.safeParse(written);
  const wrong = new Set<string>();
  if (error === undefined || !isMapping(written)) return { data: whole, wrong };
  const unknown = new Set<string>();
  for (const issue of error.issues)
    if (issue.code === 'unrecognized_keys' && issue.path.length === 0)
      for (const key of issue.keys) unknown.add(key);
    else wrong.add(String(issue.path[0]));
  const right = Object.entries(written).filter(([key]) => !wrong.has(key) && !unknown.has(key));
  const filled = [...wrong].flatMap((key) =>
    written[key] === undefined && key in MISSING ? [[key, MISSING[key]] as const] : [],
  );
  return { data: schema.safeParse(Object.fromEntries([...right, ...filled])).data, wrong };
}

/** The valid part as one value, whose invalid fields throw {@link WRONG} when read. */
export function rightParts<Schema extends z.ZodType>(
  schema: Schema,
  written: unknown,
): z.output<Schema> | undefined {
  const { data, wrong } = rightFields(schema, written);
  return typeof data === 'object' && data !== null && wrong.size > 0 ? withWrong(data, wrong) : data;
}

/** An object with properties that throw {@link WRONG} when they are read. */
export function withWrong<Value extends object>(value: Value, names: Iterable<string>): Value {
  const get = (): never => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- it is no error, and nobody but `ifRight` sees it
    throw WRONG;
  };
  return Object.defineProperties(
    { ...value },
    Object.fromEntries([...names].map((name) => [name, { get, enumerable: false, configurable: true }])),
  );
}

/** The findings of a rule; none where it reads an invalid part. */
export function ifRight<Found>(rule: () => readonly Found[]): readonly Found[] {
  try {
    return rule();
  } catch (thrown) {
    if (thrown === WRONG) return [];
    throw thrown;
  }
}
