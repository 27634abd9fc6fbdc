import { resolveEngine } from '@distilljs/core';
import { testEngines } from '@distilljs/core/testing';
import { beforeAll, describe } from 'vitest';

const engines = await testEngines();

/** Runs a suite once per engine; one that does not load is skipped, and the suite's name says why. */
export function describeOnEngines(title: string, suite: () => void): void {
  for (const { name, skipped } of engines) {
    const why = skipped === undefined ? '' : ` (skipped: ${skipped})`;
    describe.skipIf(skipped !== undefined)(`${title} on ${name}${why}`, () => {
      beforeAll(async () => {
        await resolveEngine(name);
      });
      suite();
    });
  }
}
