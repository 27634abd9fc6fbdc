import type { z } from 'zod';
import { isMapping } from './fields.js';

/*
 * A configuration with mistakes as far as it is right: one mistake is not to hide what is wrong elsewhere.
 */

/** Thrown where a rule reads what is wrong by itself. */
const WRONG = Symbol('a part that is wrong by itself');

/** What a mapping has to have, in place of one that is missing: no rule reads it. */
const MISSING: Readonly<Record<string, unknown>> = { dir: '.', file: '.', views: 1 };

/** What of a value is right. */
interface RightFields<Value> {
  /** The value as its schema makes it, without the fields that are wrong; undefined where nothing of it is right. */
  readonly data: Value | undefined;
  /** Names of the fields that are wrong. */
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

/** The same in one: whoever reads a field that is wrong gets {@link WRONG} thrown. */
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

/** What a rule finds; nothing where it reads a part that is wrong by itself. */
export function ifRight<Found>(rule: () => readonly Found[]): readonly Found[] {
  try {
    return rule();
  } catch (thrown) {
    if (thrown === WRONG) return [];
    throw thrown;
  }
}
