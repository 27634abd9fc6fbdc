import { resolveEngine } from '@distilljs/core';
import { beforeAll, describe } from 'vitest';

const absent = new Map<string, string>();
for (const name of ['cpu', 'wasm', 'node']) {
  await resolveEngine(name).catch((error: unknown) => absent.set(name, String(error)));
}

/** Runs a suite once per engine; one that does not load is skipped, and the suite's name says why. */
export function describeOnEngines(title: string, suite: (engine: string) => void): void {
  for (const engine of ['cpu', 'wasm', 'node']) {
    const reason = absent.get(engine);
    describe.skipIf(reason !== undefined)(
      `${title} on ${engine}${reason === undefined ? '' : ` (${reason})`}`,
      () => {
        beforeAll(async () => {
          await resolveEngine(engine);
        });
        suite(engine);
      },
    );
  }
}
