// Not from the package: tests of what needs no tensors should not wait for tfjs to load.
import { isDistillError } from '../src/error/index.js';
import type { DistillError } from '../src/error/index.js';

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
