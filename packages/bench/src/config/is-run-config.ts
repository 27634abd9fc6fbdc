import type { MethodConfig, RunConfig } from './resolve.js';
import { runSchema } from './schema.js';

/** Fields that every configuration has once it is resolved. */
const WRITTEN = ['dataset', 'student', 'epochs', 'batchSize', 'optimizer', 'schedule'] as const;

/** True for what {@link resolveConfig} made, read from a file: a mapping of the configuration's fields and no others. */
export function isRunConfig(value: unknown): value is RunConfig {
  const { data } = runSchema.safeParse(value);
  if (data === undefined) return false;
  // What a user may leave out is in a folder's configuration.
  const given = value as Partial<Record<keyof RunConfig, unknown>>;
  const isNamed = (given.methods as readonly Partial<MethodConfig>[]).every(
    ({ as, options }) => as !== undefined && options !== undefined,
  );
  const isWhole =
    WRITTEN.every((name) => given[name] !== undefined) && (given.seeds ?? given.race) !== undefined;
  return isNamed && isWhole && data.teacher.epochs !== undefined && data.teacher.learningRate !== undefined;
}
