import { isDistillError } from '@distilljs/core';
import type { DistillError } from '@distilljs/core';

/** The branded error that a call must end with; anything else fails the test. */
export async function caught(call: () => unknown): Promise<DistillError> {
  let result: unknown;
  try {
    result = await call();
  } catch (error) {
    if (isDistillError(error)) return error;
    throw error;
  }
  throw new Error(`expected a DistillError, got ${String(result)}`);
}
