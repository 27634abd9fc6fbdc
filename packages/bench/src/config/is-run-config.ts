import { isDeepStrictEqual } from 'node:util';
import type { RunConfig } from './resolve.js';
import { runSchema } from './schema.js';

/** True for what {@link resolveConfig} made, read from a file: a mapping of the configuration's fields and no others. */
export function isRunConfig(value: unknown): value is RunConfig {
  const { data } = runSchema.safeParse(value);
  if (data === undefined) return false;
  // What a user may leave out is in a folder's configuration: the schema fills nothing in. A race has no seeds.
  const given = value as RunConfig;
  const filled = { ...data, ...(given.race !== undefined && { seeds: given.seeds }) };
  const isWhole = isDeepStrictEqual(plain(filled), plain(given));
  return isWhole && isTeacher(given.teacher) && given.methods.every(isNamed);
}

/** As it reads from JSON. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const isTeacher = ({ model, path, given, epochs, learningRate }: Partial<RunConfig['teacher']>): boolean =>
  [model, path, given].some((source) => source !== undefined) &&
  epochs !== undefined &&
  learningRate !== undefined;

/** These depend on other methods of the run, and on the method: no schema fills them in. */
const isNamed = ({ as, options }: Partial<RunConfig['methods'][number]>): boolean =>
  as !== undefined && options !== undefined;
