import { isDistillError } from '../error/index.js';
import { resolveEngine } from '../engine/index.js';
import type { EngineName } from '../engine/index.js';

/** An engine to test on, or why it is skipped. */
export interface TestEngine {
  readonly name: EngineName;
  /** Why the engine does not run; undefined if it does. */
  readonly skipped: string | undefined;
}

/**
 * The engines that tests run on: `cpu` and `wasm` always, `node` if its native binding is built. A missing
 * engine is listed with the reason, which the test's name shows. The environment variable `DISTILLJS_ENGINE`
 * narrows the list.
 */
export async function testEngines(): Promise<readonly TestEngine[]> {
  const only = process.env['DISTILLJS_ENGINE'];
  const wanted: readonly EngineName[] = ['cpu', 'wasm', 'node'];
  const engines: TestEngine[] = [];
  for (const name of wanted) {
    if (only !== undefined && only !== '' && only !== 'auto' && only !== name) continue;
    try {
      await resolveEngine(name);
      engines.push({ name, skipped: undefined });
    } catch (error) {
      if (name !== 'node' || !isDistillError(error)) throw error;
      engines.push({ name, skipped: error.got });
    }
  }
  return engines;
}
