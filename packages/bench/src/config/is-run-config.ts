import type { RunConfig } from './complete.js';
import { runSchema } from './schema.js';

/** True for what {@link resolveConfig} made, read from a file: a mapping of the configuration's fields and no others. */
export function isRunConfig(value: unknown): value is RunConfig {
  return runSchema.safeParse(value).success;
}
