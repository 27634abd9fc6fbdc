import { beforeAll, describe } from 'vitest';
import { resolveEngine } from '../engine/index.js';
import type { EngineName } from '../engine/index.js';
import { testEngines } from './test-engines.js';

/**
 * Runs a suite once per engine of `testEngines()`. An engine that does not load is skipped; the suite's name
 * says why.
 *
 * ```ts
 * await describeOnEngines('the loss', () => {
 *   it('is 0 when student and teacher agree', () => …);
 * });
 * ```
 */
export async function describeOnEngines(title: string, suite: (engine: EngineName) => void): Promise<void> {
  for (const { name, skipped } of await testEngines()) {
    const why = skipped === undefined ? '' : ` (skipped: ${skipped})`;
    describe.skipIf(skipped !== undefined)(`${title} on ${name}${why}`, () => {
      beforeAll(async () => {
        await resolveEngine(name);
      });
      suite(name);
    });
  }
}
