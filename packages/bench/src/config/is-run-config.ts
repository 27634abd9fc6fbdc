import { isDeepStrictEqual } from 'node:util';
import type { RunConfig } from './resolve.js';
import { runSchema } from './schema.js';

/** Whether a value read from a file is a configuration that {@link resolveConfig} made: all of its fields and no others. */
export function isRunConfig(value: unknown): value is RunConfig {
  const { data } = runSchema.safeParse(value);
  if (data === undefined) return false;
  // A run folder's configuration has every optional field, so the schema must fill nothing in. Seeds of a race are exempt.
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

/** Whether `as` and `options` are there: no schema fills them in. */
const isNamed = ({ as, options }: Partial<RunConfig['methods'][number]>): boolean =>
  as !== undefined && options !== undefined;
