import { describeValue } from './describe-value.js';
import { DistillError, isDistillError } from './distill-error.js';
import type { DistillErrorFields } from './distill-error.js';

/** The first non-blank line of an error's message; the error's name if there is none. */
export function firstLine(error: unknown): string {
  const isError = error instanceof Error;
  const text = isError ? error.message : typeof error === 'string' ? error : describeValue(error);
  return /\S.*/.exec(text)?.[0].trim() ?? (isError ? error.name : "''");
}

/**
 * Wraps any thrown value in a DistillError that says where it arose. A DistillError is returned unchanged.
 *
 * @param fields where it arose, and what was expected
 */
export function asDistillError(
  error: unknown,
  fields: Omit<DistillErrorFields, 'got' | 'cause'>,
): DistillError {
  if (isDistillError(error)) return error;
  const { path } = (typeof error === 'object' && error !== null ? error : {}) as { readonly path?: unknown };
  const line = firstLine(error);
  const file = typeof path === 'string' && !line.includes(path) ? ` (${path})` : '';
  return new DistillError({ ...fields, got: `${line}${file}`, cause: error });
}

/** Calls `read` and wraps what it throws with {@link asDistillError}: fields of user objects may be getters. */
export function readOrRefuse<Value>(
  fields: Omit<DistillErrorFields, 'got' | 'cause'>,
  read: () => Value,
): Value {
  try {
    return read();
  } catch (error) {
    throw asDistillError(error, fields);
  }
}
