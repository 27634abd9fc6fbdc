import { DistillError } from '@distilljs/core';
import type { OptionCheck } from '@distilljs/core';

/**
 * Throws unless an argument is what the check asks for.
 *
 * @param where function and argument, e.g. `tarAtFar(fars)`
 * @throws DistillError code `option`
 */
export function expectOption(where: string, value: unknown, check: OptionCheck): void {
  const expected = check(value);
  if (expected === undefined) return;
  throw new DistillError({ code: 'option', where, expected, got: String(value) });
}
