import { resolveEngine } from '@distilljs/core';
import type { EngineName } from '@distilljs/core';
import type { TestEngine } from '@distilljs/core/testing';
import { beforeAll, describe } from 'vitest';

/** A suite per engine; one that is not there stands in the report as skipped, with the reason. */
export function describeOn(
  engines: readonly TestEngine[],
  title: string,
  body: (engine: EngineName) => void,
): void {
  for (const { name, skipped } of engines) {
    const reason = skipped === undefined ? '' : ` (skipped: ${skipped})`;
    describe.skipIf(skipped !== undefined)(`${title} on ${name}${reason}`, () => {
      beforeAll(async () => {
        await resolveEngine(name);
      });
      body(name);
    });
  }
}

/** The engines on which one seed gives the same bytes on every run; both are always there. */
export const REPRODUCIBLE: readonly TestEngine[] = [
  { name: 'cpu', skipped: undefined },
  { name: 'wasm', skipped: undefined },
];
