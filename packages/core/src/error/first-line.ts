import { describeValue } from './describe-value.js';
import { DistillError, isDistillError } from './distill-error.js';
import type { DistillErrorFields } from './distill-error.js';

/** The first line of an error's message that says something; the error's name where no line does. */
export function firstLine(error: unknown): string {
  const isError = error instanceof Error;
  const text = isError ? error.message : typeof error === 'string' ? error : describeValue(error);
  return /\S.*/.exec(text)?.[0].trim() ?? (isError ? error.name : "''");
}

/**
 * What was thrown by something that is not ours, as an error that says where. One of ours passes as it is.
 *
 * @param fields where it came from, and what was expected of it
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

/** What `read` returns; what it throws is told by {@link asDistillError}: fields that users hand in may be getters. */
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
