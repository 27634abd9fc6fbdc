import { DistillError } from '../error/index.js';
import { isNode } from '../platform/node-module.js';

const SWITCH = [/^[01]$/, '0 or 1'] as const;

/** Environment variables of engines and their values. DISTILLJS_ENGINE is checked where its name is looked up. */
const VARIABLES = {
  DISTILLJS_THREADS: [/^[1-9]\d*$/, 'a whole number of at least 1'],
  DISTILLJS_REPEAT: [/^(?:[01]|check)$/, '0, 1 or check'],
  DISTILLJS_GRAPH: SWITCH,
  DISTILLJS_WINOGRAD: SWITCH,
} as const;

/** @throws DistillError code `option` for a variable with another value, which would be ignored */
export function expectVariables(): void {
  if (!isNode()) return;
  for (const [where, [fits, expected]] of Object.entries(VARIABLES)) {
    const got = process.env[where];
    if (got && !fits.test(got)) throw new DistillError({ code: 'option', where, expected, got: `'${got}'` });
  }
}
